# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2016 # run.sh and lib.sh set the variables
# Files that are not what they should be: kernels, initrds and command lines. None of this gets as
# far as KVM; that the images are good where nothing is done to them is what make_good_ones shows.

kernel=$work/kernel
initrd=$work/initrd

# broken NAME MAKE LINES POKE...: a good image of MAKE with POKE="OFFSET BYTES VALUE" done to it.
broken() {
    broken_name=$1
    broken_lines=$3
    "$2" "$kernel"
    shift 3
    for change; do
        # shellcheck disable=SC2086 # three words
        poke "$kernel" $change
    done
    check "$broken_name" 2 "$broken_lines" "$minivmm" "$kernel"
}

# cut NAME MAKE BYTES LINES: a good image of MAKE with only its first BYTES.
cut_off() {
    "$2" "$kernel"
    truncate -s "$(($3))" "$kernel"
    check "$1" 2 "$4" "$minivmm" "$kernel"
}

# Their entry is UD2, at which this KVM stops: the line has its address and bytes.
make_good_ones() {
    for good in "make_bzimage 0x1000200" "make_elf 0x1000000" "make_multiboot 0x100020"; do
        "${good% *}" "$kernel"
        check "$good is a kernel" 6 "this KVM cannot run .* at RIP ${good#* }, bytes 0f 0b 00 .*" \
            env "$fake_kvm" FAKE_KVM_GUEST=internal-error "$minivmm" "$kernel"
    done
}
make_good_ones

# Not a kernel.
: >"$kernel"
check 'an empty file' 2 '.*/kernel: the file is empty' "$minivmm" "$kernel"
printf 'a text\n' >"$kernel"
not_a_kernel='.*/kernel: not a bzImage, an ELF vmlinux or a Multiboot image \(it starts with'
a_text='.*/kernel: a text, not a bzImage, an ELF vmlinux or a Multiboot image \(it starts with'
check 'a text' 2 "$a_text 61 20 74 65\\)" "$minivmm" "$kernel"
printf x >"$kernel"
check 'a file of one byte' 2 "$a_text 78 00 00 00\\)" "$minivmm" "$kernel"
printf 'a text\n' | gzip >"$kernel"
check 'a packed file' 2 '.*/kernel: a packed file; unpack it, or give <\(gzip -dc .*/kernel\) in its place' \
    "$minivmm" "$kernel"
check 'a program' 2 '.*: a program for an operating system, not a kernel; .*' "$minivmm" /bin/sh
rm -f "$kernel"
truncate -s 3G "$kernel"
check 'zeros, more than there is memory' 2 "$not_a_kernel 00 00 00 00\\)" "$minivmm" "$kernel"
rm -f "$kernel"
check 'a file that is not there' 2 '.*/kernel: No such file or directory' "$minivmm" "$kernel"
check 'a folder' 2 '.*: Is a directory' "$minivmm" "$work"
check 'a device' 2 '/dev/zero: Neither a regular file nor a pipe' "$minivmm" /dev/zero
ln -sf loop "$work/loop"
check 'a symbolic link to itself' 2 '.*: Too many levels of symbolic links' "$minivmm" "$work/loop"
rm -f "$work/loop"
check 'control characters in a name do not make a second line' 2 '.*a\?b: No such file or directory' \
    "$minivmm" 'a
b'
long_name=$work/$(printf %0200d 1)/$(printf %0200d 2)
mkdir -p "$long_name"
printf 'a text\n' >"$long_name/kernel"
check 'a long name leaves room for what is wrong' 2 "$a_text 61 20 74 65\\)" \
    "$minivmm" "$long_name/kernel"
rm -rf "${work:?}/$(printf %0200d 1)"

# Pipes: /dev/fd/3 is what a shell's <(COMMAND) stands for.
make_multiboot "$kernel"
mkfifo "$work/fifo"
check 'a named pipe that nobody writes to' 2 '.*/fifo: Nothing came out of this pipe' "$minivmm" "$work/fifo"
cat "$kernel" >"$work/fifo" &
check 'a kernel from a named pipe' 6 'this KVM cannot run .* at RIP 0x100020, bytes 0f 0b 00 .*' \
    env "$fake_kvm" FAKE_KVM_GUEST=internal-error "$minivmm" "$work/fifo"
wait $!
cat "$kernel" >"$work/fifo" &
exec 3<"$work/fifo"
check 'a kernel from a pipe of the shell' 6 'this KVM cannot run .* at RIP 0x100020, bytes 0f 0b 00 .*' \
    env "$fake_kvm" FAKE_KVM_GUEST=internal-error "$minivmm" /dev/fd/3
exec 3<&-
wait $!
rm -f "$work/fifo"

# A bzImage that is cut off, or lies.
cut_off 'a bzImage cut off before its magic ends' make_bzimage 0x204 '.*/kernel: a boot sector, .*'
cut_off 'a bzImage cut off before its version' make_bzimage 0x206 '.*: truncated: .*'
cut_off 'a bzImage cut off in its header' make_bzimage 0x230 '.*: truncated: .*'
cut_off 'a bzImage cut off at the end of its header' make_bzimage 0x26c '.*: truncated bzImage: .*'
cut_off 'a bzImage cut off in its setup code' make_bzimage 1024 '.*: truncated bzImage: .*its setup code.*'
cut_off 'a bzImage without a kernel' make_bzimage "$bz_setup_bytes" '.*: truncated bzImage: .*'
cut_off 'a bzImage cut off in its kernel' make_bzimage $((bz_setup_bytes + 32768)) \
    '.*: truncated bzImage: its kernel has 65536 bytes \(syssize\), the file only 32768 of them'
cut_off 'a bzImage cut off before its last 16 bytes' make_bzimage $((bz_setup_bytes + bz_kernel_bytes - 16)) \
    '.*: truncated bzImage: .*'

broken 'setup_sects longer than the file' make_bzimage '.*: truncated bzImage: .*' "$bz_setup_sects 1 255"
broken 'setup_sects shorter than the kernel needs' make_bzimage \
    ".*: truncated bzImage: its kernel has 1048560 bytes .*" "$bz_setup_sects 1 1" "$bz_syssize 4 0xffff"
broken 'syssize of 64 GiB' make_bzimage '.*: truncated bzImage: .*' "$bz_syssize 4 -1"
broken 'syssize of nothing' make_bzimage '.*: damaged bzImage: a kernel of 0 bytes' "$bz_syssize 4 0"
broken 'syssize too small for the entry' make_bzimage '.*: damaged bzImage: a kernel of 512 bytes' \
    "$bz_syssize 4 32"
broken 'a payload that starts past the kernel' make_bzimage '.*: damaged bzImage: a payload of .*' \
    "$bz_payload_offset 4 0x20000"
broken 'a payload that ends past the kernel' make_bzimage '.*: damaged bzImage: a payload of .*' \
    "$bz_payload_length 4 0x10000"
broken 'a payload whose end overflows' make_bzimage '.*: damaged bzImage: a payload of .*' \
    "$bz_payload_offset 4 -1" "$bz_payload_length 4 -1"
broken 'a bzImage without the boot flag' make_bzimage '.*: damaged bzImage: boot flag 0x0000 .*' \
    "$bz_boot_flag 2 0"
broken 'a header that its jump leaves too early' make_bzimage '.*: damaged bzImage: .*' "$bz_jump_length 1 0x10"
broken 'a header that its jump leaves too late' make_bzimage '.*: damaged bzImage: .*' "$bz_jump_length 1 0xff"
broken 'a bzImage without a jump' make_bzimage '.*: damaged bzImage: no jump .*' '0x200 1 0x90'
broken 'boot protocol 2.05' make_bzimage '.* boot protocol 2.05; 2.06 .* is needed' "$bz_version 2 0x205"
broken 'boot protocol 0' make_bzimage '.* boot protocol 0.00; 2.06 .* is needed' "$bz_version 2 0"
broken 'a zImage' make_bzimage '.*: a zImage, loaded below 1 MiB; use a bzImage' "$bz_loadflags 1 0"
broken 'kernel_alignment 0' make_bzimage '.*kernel_alignment 0x0 is not a power of two' "$bz_kernel_alignment 4 0"
broken 'kernel_alignment 3' make_bzimage '.*kernel_alignment 0x3 is not a power of two' "$bz_kernel_alignment 4 3"
broken 'kernel_alignment of 2 GiB and pref_address above 2 GiB' make_bzimage '.*images must lie below 3 GiB' \
    "$bz_kernel_alignment 4 0x80000000" "$bz_pref_address 8 0x80000001"
broken 'pref_address below 1 MiB' make_bzimage '.*preferred address 0x1000 is not in 1 MiB to 3 GiB' \
    "$bz_pref_address 8 0x1000"
broken 'pref_address at the end of all addresses' make_bzimage '.*preferred address 0xf+ is not in .*' \
    "$bz_pref_address 8 -1"
broken 'init_size of 4 GiB' make_bzimage '.*images must lie below 3 GiB' "$bz_init_size 4 -1"
broken 'init_size that is more than the memory' make_bzimage \
    '.*: the kernel does not fit in --memory 512M: it needs 1040 MiB; use --memory 1040M or more' \
    "$bz_init_size 4 0x40000000"
make_bzimage "$kernel"
check 'a kernel in too little memory' 2 \
    '.*: the kernel does not fit in --memory 4M: it needs 24 MiB; use --memory 24M or more' \
    "$minivmm" --memory 4M "$kernel"

# The initrd.
make_bzimage "$kernel"
check 'an initrd that is not there' 2 '.*/initrd: No such file or directory' \
    "$minivmm" --initrd "$initrd" "$kernel"
: >"$initrd"
check 'an initrd that is empty' 2 '.*/initrd: the initrd is empty' "$minivmm" --initrd "$initrd" "$kernel"
check 'an initrd that is a folder' 2 '.*: Is a directory' "$minivmm" --initrd "$work" "$kernel"
check 'an initrd that is a device' 2 '/dev/zero: Neither a regular file nor a pipe' "$minivmm" -i /dev/zero "$kernel"
truncate -s 40M "$initrd"
check 'an initrd that does not fit in the memory' 2 \
    '.*/initrd: the initrd does not fit in --memory 32M beside the kernel: 64 MiB are needed; use --memory 64M or more' \
    "$minivmm" --memory 32M --initrd "$initrd" "$kernel"
poke "$kernel" "$bz_initrd_addr_max" 4 0x1fffff
check 'an initrd above the limit of the kernel' 2 '.*: an initrd of 40 MiB is too large: between the kernel and .* at 0x200000 there are 0 MiB' \
    "$minivmm" --initrd "$initrd" "$kernel"
truncate -s 8E "$initrd" 2>/dev/null || truncate -s 8T "$initrd"
check 'an initrd of terabytes' 2 '.*: an initrd of [0-9]+ MiB is too large: between the kernel and .* there are [0-9]+ MiB' \
    "$minivmm" --initrd "$initrd" "$kernel"
rm -f "$initrd"

# The command line.
make_bzimage "$kernel"
poke "$kernel" "$bz_cmdline_size" 4 255
words=$(printf %0255d 0)
check 'a command line one byte too long' 2 \
    '.*: the command line has 256 bytes, but this kernel takes 255; shorten it' \
    "$minivmm" --cmdline "0$words" "$kernel"
check 'a command line of just the limit' 6 'this KVM cannot run .*' \
    env "$fake_kvm" FAKE_KVM_GUEST=internal-error "$minivmm" --cmdline "$words" "$kernel"
check '--append that makes the command line too long' 2 '.*: the command line has .*; shorten it' \
    "$minivmm" --append "$words" "$kernel"
poke "$kernel" "$bz_cmdline_size" 4 -1
check 'a command line of 100 KB' 2 '.*: the command line has 100000 bytes, but there is room for 20479; shorten it' \
    "$minivmm" --cmdline "$(printf %0100000d 0)" "$kernel"

# ELF.
cut_off 'an ELF file that is only its magic' make_elf 4 '.*: truncated or damaged ELF file: .*'
cut_off 'an ELF file cut off in its header' make_elf 40 '.*: truncated or damaged ELF file: .*'
cut_off 'an ELF file cut off in its program headers' make_elf 120 '.*: truncated ELF file: 2 program headers .*'
cut_off 'an ELF file cut off in a segment' make_elf 8192 '.*: truncated ELF file: segment 1 .*'
broken 'ELF segments that overlap' make_elf '.*: damaged ELF file: segments 0 .* and 1 .* overlap' \
    "$(phdr_paddr 1) 8 0x1000800"
broken 'an ELF segment within another' make_elf '.* overlap' \
    "$(phdr_memsz 0) 8 0x100000" "$(phdr_paddr 1) 8 0x1080000"
broken 'an ELF segment larger than the memory' make_elf '.*: the kernel does not fit in --memory 512M: .*' \
    "$(phdr_memsz 1) 8 0x40000000"
broken 'an ELF segment as large as all addresses' make_elf '.* runs past the last address' \
    "$(phdr_memsz 1) 8 -1"
broken 'an ELF segment that ends past the last address' make_elf '.* runs past the last address' \
    "$(phdr_paddr 1) 8 -2048"
broken 'an ELF segment above 3 GiB' make_elf '.*images must lie below 3 GiB' "$(phdr_paddr 1) 8 0xc0000000"
broken 'an ELF segment at address 0' make_elf '.*below 1 MiB only 0x8000 to 0x9fc00 is free.*' \
    "$(phdr_paddr 1) 8 0"
broken 'an ELF segment on the ACPI tables' make_elf '.*below 1 MiB only .* is free.*' \
    "$(phdr_paddr 1) 8 0xe0000"
broken 'an ELF segment with more in the file than in memory' make_elf '.*: damaged ELF file: segment 1 .*' \
    "$(phdr_memsz 1) 8 4095"
broken 'an ELF segment of which the file has nothing' make_elf '.*: truncated ELF file: segment 1 .*' \
    "$(phdr_offset 1) 8 -4096"
broken 'an ELF file with nothing to load' make_elf '.*nothing to load \(no PT_LOAD\)' \
    "$(phdr_type 0) 4 0" "$(phdr_type 1) 4 0"
broken 'an ELF file without program headers' make_elf '.*nothing to load \(no PT_LOAD\)' "$elf_phnum 2 0"
broken 'an ELF file with 65535 program headers' make_elf '.*: truncated ELF file: 65535 program headers .*' "$elf_phnum 2 -1"
broken 'ELF program headers past the end' make_elf '.*: truncated ELF file: 2 program headers .*' "$elf_phoff 8 -1"
broken 'an ELF entry outside of all segments' make_elf '.*: its entry 0x2000000 is outside of every segment' \
    "$elf_entry 8 0x2000000"
broken 'an ELF file for Arm' make_elf '.*for another machine \(64-bit Arm\), not x86-64' "$elf_machine 2 183"
broken 'an ELF object file' make_elf '.*: an object file or a kernel module \(e_type 1\), not a kernel; .*' "$elf_type 2 1"
broken 'an ELF file of an unknown class' make_elf '.*damaged ELF file: its first bytes \(e_ident\) .*' "$elf_class 1 9"
broken 'ELF notes of gigabytes' make_elf '.*: damaged ELF file: notes \(segment 0\) .*' \
    "$(phdr_type 0) 4 4" "$(phdr_filesz 0) 8 0x7fffffff"
broken 'ELF notes of which the file has nothing' make_elf '.*: damaged ELF file: notes \(segment 0\) .*' \
    "$(phdr_type 0) 4 4" "$(phdr_offset 0) 8 0x10000000"
broken 'ELF notes whose sizes lie' make_elf '.*: its entry 0x1000000 is outside of every segment' \
    "$(phdr_type 0) 4 4" "4096 4 -1" "4100 4 -1" "4104 4 18"

# Multiboot.
broken 'a Multiboot image that wants a video mode' make_multiboot '.* requires .*: a video mode\)' \
    "$mb_flags 4 0x10004" "$mb_checksum 4 $((-(0x1badb002 + 0x10004)))"
broken 'a Multiboot image without addresses' make_multiboot '.*without load addresses in a file that is not ELF' \
    "$mb_flags 4 0" "$mb_checksum 4 $((-0x1badb002))"
broken 'a Multiboot image with a wrong checksum' make_multiboot "$not_a_kernel 02 b0 ad 1b\\)" "$mb_checksum 4 1"
broken 'a Multiboot image loaded below its header' make_multiboot '.*: damaged Multiboot header: .*' \
    "$mb_header_addr 4 0x100010"
broken 'a Multiboot image loaded above its header' make_multiboot '.*: damaged Multiboot header: .*' \
    "$mb_load_addr 4 0x200000"
broken 'a Multiboot image that ends before it starts' make_multiboot '.* do not ascend' \
    "$mb_load_end_addr 4 0x1000"
broken 'a Multiboot bss that ends before its data' make_multiboot '.* do not ascend' "$mb_bss_end_addr 4 0x100800"
broken 'a Multiboot image longer than its file' make_multiboot '.*: truncated: .*' \
    "$mb_load_end_addr 4 0x110000" "$mb_bss_end_addr 4 0x110000"
broken 'a Multiboot image up to 4 GiB' make_multiboot '.*images must lie below 3 GiB' "$mb_bss_end_addr 4 -1"
broken 'a Multiboot bss larger than the memory' make_multiboot '.*: the kernel does not fit in --memory 512M: .*' \
    "$mb_bss_end_addr 4 0x40000000"
broken 'a Multiboot image in the BIOS area' make_multiboot '.*below 1 MiB only .*' \
    "$mb_header_addr 4 0xf0000" "$mb_load_addr 4 0xf0000" "$mb_load_end_addr 4 0xf1000" "$mb_bss_end_addr 4 0"
broken 'a Multiboot entry outside of the image' make_multiboot '.*: entry_addr 0x0 is outside of the image' \
    "$mb_entry_addr 4 0"
cut_off 'a Multiboot header that is cut off' make_multiboot 20 '.*: truncated Multiboot header at offset 0'

# A kernel as Debian ships it, where one has been fetched already.
debian_kernel=$(find_debian_kernel)
debian_cut() {
    if [ -z "$debian_kernel" ]; then
        skip "$1" 'no Debian kernel in the cache'
        return
    fi
    # shellcheck disable=SC2034 # an argument says it
    size=$(stat -Lc %s "$debian_kernel")
    rm -f "$kernel"
    head -c "$(($2))" "$debian_kernel" >"$kernel"
    check "$1" 2 "$3" "$minivmm" "$kernel"
}
debian_cut "Debian's bzImage cut off in its header" 0x220 '.*: truncated: .*'
debian_cut "Debian's bzImage cut off in its setup code" 4096 '.*: truncated bzImage: .*its setup code.*'
debian_cut "Debian's bzImage cut off in its kernel" 'size / 2' '.*: truncated bzImage: its kernel has .*'
debian_cut "Debian's bzImage cut off before its last sectors" 'size - 4096' '.*: truncated bzImage: its kernel has .*'
rm -f "$kernel"
