# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # variables of those who source it
# A Linux 6.12 that is told things on its console and whose init answers, in the SVM lab: sourced by date.sh and
# pause.sh, after they have set
#   root, here         the folders of the repository and of this file
#   out                where initramfs, kernel and what the lab leaves are put; it is made anew

# prepare_guest INIT APPLET...: an initramfs with that init, these programs of busybox, ptp_offset and ptp_kvm
prepare_guest() {
    rm -rf "$out"
    mkdir -p "$out/root/bin" "$out/root/proc" "$out/root/sys" "$out/root/dev"
    cp /bin/busybox "$out/root/bin/"
    cp "$here/$1" "$out/root/init"
    chmod +x "$out/root/init"
    shift
    for name; do
        ln -s busybox "$out/root/bin/$name"
    done
    gcc -O2 -static -o "$out/root/ptp_offset" "$here/ptp_offset.c"
    kernel=$("$root/guest-images/fetch-kernel.sh" 6.12)
    "$root/guest-images/kernel-module.sh" "$kernel" ptp_kvm "$out/root"
    "$root/guest-images/extract-vmlinux.sh" "$kernel" "$out/vmlinux"
    (cd "$out/root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$out/initrd"
}

# judge_guest TIMEOUT_SEC SCRIPT ARGUMENT...: by that script in the lab, which prints TAP
# status: 0 all passed; 1 not
judge_guest() {
    timeout_sec=$1 script=$2
    shift 2
    status=0
    "$root/tests/lab/svm.sh" --timeout "$timeout_sec" --output "$out" --file "$root/minivmm" --file "$out/initrd" \
        --file "$out/vmlinux" --file "$here/guest-in-lab.sh" --file "$here/$script" -- sh "./$script" "$@" >"$out/tap" ||
        status=$?
    cat "$out/tap"
    [ "$status" -eq 0 ] && grep -q '^ok' "$out/tap" && ! grep -q '^not ok' "$out/tap"
}
