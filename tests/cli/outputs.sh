# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2016 # run.sh and lib.sh set the variables
# What the program writes never replaces another file that the same run names.

folder=$work/outputs
kernel=$folder/kernel
initrd=$folder/initrd
mkdir -p "$folder"
make_multiboot "$kernel"
echo initrd >"$initrd"
echo old >"$folder/old"
ln -s kernel "$folder/link"
ln "$initrd" "$folder/hard"
ln -s missing "$folder/dangling"

# spared NAME LINE OPTION...: refused, and every file is as it was.
spared() {
    spared_name=$1
    spared_line=$2
    shift 2
    before=$(cd "$folder" && sha256sum ./* 2>&1)
    check "$spared_name is refused" 2 "$spared_line, which would be lost; give another file" \
        env "$fake_kvm" FAKE_KVM_GUEST=power-off "$minivmm" "$@" --initrd "$initrd" "$kernel"
    [ "$before" = "$(cd "$folder" && sha256sum ./* 2>&1)" ] || not_ok "$spared_name" 'a file has changed'
}

spared '--report onto the kernel' "--report $kernel is the same file as the kernel $kernel" --report "$kernel"
spared '--report onto a link to the kernel' "--report $folder/link is the same file as the kernel $kernel" \
    --report "$folder/link"
spared '--console onto a hard link of the initrd' \
    "--console file:$folder/hard is the same file as the initrd $initrd" --console "file:$folder/hard"
spared '--rtc nvram= onto the kernel' "--rtc nvram=$kernel is the same file as the kernel $kernel" \
    --rtc "nvram=$kernel"
spared '--report onto the console' "--console file:$folder/old is the same file as --report $folder/../outputs/old" \
    --console "file:$folder/old" --report "$folder/../outputs/old"
spared '--trace onto the kernel' "--trace $kernel is the same file as the kernel $kernel" --trace "$kernel"
spared '--trace onto the report' "--report $folder/old is the same file as --trace $folder/old" \
    --report "$folder/old" --trace "$folder/old"
spared '--report onto the NVRAM' "--report $folder/old is the same file as --rtc nvram=$folder/old" \
    --report "$folder/old" --rtc "nvram=$folder/old"
spared '--report onto a console that is not there yet' \
    "--console file:$folder/missing is the same file as --report $folder/dangling" \
    --console "file:$folder/missing" --report "$folder/dangling"
spared '--snapshot-at onto the console' "--console file:$folder/old is the same file as --snapshot-at file=$folder/old" \
    --console "file:$folder/old" --snapshot-at "5,file=$folder/old"
spared '--snapshot-at onto the kernel' "--snapshot-at file=$kernel is the same file as the kernel $kernel" \
    --snapshot-at "5,file=$kernel"
spared '--disk onto the kernel' "--disk $kernel is the same file as the kernel $kernel" --disk "$kernel"
spared '--console onto a disk that is read' "--console file:$folder/old is the same file as --disk $folder/old" \
    --console "file:$folder/old" --disk "$folder/old,ro"
check '--disk with a file that has a part of a sector' 2 "--disk '$folder/old': its size is 0 or no multiple of 512 bytes; truncate -s gives it another" \
    env "$fake_kvm" FAKE_KVM_GUEST=power-off "$minivmm" --disk "$folder/old" "$kernel"
check '--disk with no file' 2 "--disk '$folder/none': No such file or directory" \
    env "$fake_kvm" FAKE_KVM_GUEST=power-off "$minivmm" --disk "$folder/none" "$kernel"
truncate -s 1M "$folder/disk"
check '--disk with a disk' 0 '' env "$fake_kvm" FAKE_KVM_GUEST=power-off "$minivmm" --disk "$folder/disk" "$kernel"
"$tools/make_snapshot" "$folder/saved"
before=$(sha256sum "$folder/saved")
check 'restore --console onto the snapshot is refused' 2 \
    "--console file:$folder/saved is the same file as the snapshot $folder/saved, which would be lost; give another file" \
    "$minivmm" restore --console "file:$folder/saved" "$folder/saved"
[ "$before" = "$(sha256sum "$folder/saved")" ] || not_ok 'restore --console onto the snapshot' 'the file has changed'
check '--report onto stdin is refused' 2 "--report $folder/old is the same file as stdin /dev/stdin, .*" \
    sh -c '"$1" --report "$2" "$3" <"$2"' - "$minivmm" "$folder/old" "$kernel"
[ "$(cat "$folder/old")" = old ] || not_ok '--report onto stdin' 'the file has changed'
check '--report and --console to /dev/null' 0 '' env "$fake_kvm" FAKE_KVM_GUEST='ready power-off' \
    "$minivmm" --report /dev/null --console file:/dev/null "$kernel"
check '--serial2 onto a file is refused' 2 "$folder/old exists and is no socket; give another path" \
    env "$fake_kvm" FAKE_KVM_GUEST=power-off "$minivmm" --serial2 "unix:$folder/old" "$kernel"
[ "$(cat "$folder/old")" = old ] || not_ok '--serial2 onto a file' 'the file has changed'
check_output '--serial2 without a client' 0 '' ready \
    env "$fake_kvm" FAKE_KVM_REPORT="$folder/old" FAKE_KVM_GUEST='report ready power-off' \
    "$minivmm" --serial2 "unix:$folder/socket" "$kernel"
[ ! -e "$folder/socket" ] || not_ok '--serial2 without a client' 'the socket is left'
rm -rf "$folder"
