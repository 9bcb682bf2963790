# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034 # the names of fields are for those who read this file
# Kernels made by hand, so that a test can say of each field what it should be.

# le VALUE BYTES: the number, little endian; a negative one has all bits above it set.
le() {
    le_value=$1
    le_text=
    le_left=$2
    while [ "$le_left" -gt 0 ]; do
        le_text="$le_text\\$(printf %03o $((le_value & 255)))"
        le_value=$((le_value >> 8))
        le_left=$((le_left - 1))
    done
    # shellcheck disable=SC2059 # the text is an escape for each byte
    printf "$le_text"
}

# poke FILE OFFSET BYTES VALUE
poke() {
    le "$4" "$3" | dd of="$1" bs=1 seek=$(($2)) conv=notrunc status=none
}

# A bzImage whose 64-bit entry, 0x200 into the kernel proper, is UD2. Names are the boot protocol's.
bz_setup_sects=0x1f1
bz_syssize=0x1f4
bz_boot_flag=0x1fe
bz_jump_length=0x201
bz_header=0x202
bz_version=0x206
bz_loadflags=0x211
bz_initrd_addr_max=0x22c
bz_kernel_alignment=0x230
bz_relocatable=0x234
bz_xloadflags=0x236
bz_cmdline_size=0x238
bz_payload_offset=0x248
bz_payload_length=0x24c
bz_pref_address=0x258
bz_init_size=0x260
bz_setup_bytes=2560
bz_kernel_bytes=65536

make_bzimage() {
    rm -f "$1"
    truncate -s $((bz_setup_bytes + bz_kernel_bytes)) "$1"
    poke "$1" $bz_setup_sects 1 4
    poke "$1" $bz_syssize 4 $((bz_kernel_bytes / 16))
    poke "$1" $bz_boot_flag 2 0xaa55
    poke "$1" 0x200 1 0xeb
    poke "$1" $bz_jump_length 1 0x6a
    poke "$1" $bz_header 4 0x53726448
    poke "$1" $bz_version 2 0x20f
    poke "$1" $bz_loadflags 1 1
    poke "$1" $bz_initrd_addr_max 4 0x7fffffff
    poke "$1" $bz_kernel_alignment 4 0x200000
    poke "$1" $bz_relocatable 1 1
    poke "$1" $bz_xloadflags 2 1
    poke "$1" $bz_cmdline_size 4 2047
    poke "$1" $bz_payload_offset 4 0x1000
    poke "$1" $bz_payload_length 4 0x4000
    poke "$1" $bz_pref_address 8 0x1000000
    poke "$1" $bz_init_size 4 0x800000
    poke "$1" $((bz_setup_bytes + 0x200)) 2 0x0b0f
}

# A 64-bit ELF executable with two segments of 4 KiB, at 16 MiB and above, entered at the first.
elf_class=4
elf_type=16
elf_machine=18
elf_entry=24
elf_phoff=32
elf_phnum=56
elf_bytes=12288

# phdr_FIELD INDEX: its offset in the file.
phdr_type() {
    echo $((64 + 56 * $1))
}
phdr_offset() {
    echo $((64 + 56 * $1 + 8))
}
phdr_vaddr() {
    echo $((64 + 56 * $1 + 16))
}
phdr_paddr() {
    echo $((64 + 56 * $1 + 24))
}
phdr_filesz() {
    echo $((64 + 56 * $1 + 32))
}
phdr_memsz() {
    echo $((64 + 56 * $1 + 40))
}

make_elf() {
    rm -f "$1"
    truncate -s $elf_bytes "$1"
    poke "$1" 0 8 0x00010102464c457f
    poke "$1" $elf_type 2 2
    poke "$1" $elf_machine 2 62
    poke "$1" 20 4 1
    poke "$1" $elf_entry 8 0x1000000
    poke "$1" $elf_phoff 8 64
    poke "$1" 52 2 64
    poke "$1" 54 2 56
    poke "$1" $elf_phnum 2 2
    for index in 0 1; do
        poke "$1" "$(phdr_type $index)" 4 1
        poke "$1" "$(phdr_offset $index)" 8 $((4096 * (index + 1)))
        poke "$1" "$(phdr_vaddr $index)" 8 $((0x1000000 + 4096 * index))
        poke "$1" "$(phdr_paddr $index)" 8 $((0x1000000 + 4096 * index))
        poke "$1" "$(phdr_filesz $index)" 8 4096
        poke "$1" "$(phdr_memsz $index)" 8 4096
    done
    poke "$1" 4096 2 0x0b0f
}

# A Multiboot 1 image with addresses, 4 KiB at 1 MiB, whose header is its first 32 bytes.
mb_flags=4
mb_checksum=8
mb_header_addr=12
mb_load_addr=16
mb_load_end_addr=20
mb_bss_end_addr=24
mb_entry_addr=28

make_multiboot() {
    rm -f "$1"
    truncate -s 4096 "$1"
    poke "$1" 0 4 0x1badb002
    poke "$1" $mb_flags 4 0x10000
    poke "$1" $mb_checksum 4 $((-(0x1badb002 + 0x10000)))
    poke "$1" $mb_header_addr 4 0x100000
    poke "$1" $mb_load_addr 4 0x100000
    poke "$1" $mb_load_end_addr 4 0x101000
    poke "$1" $mb_bss_end_addr 4 0x102000
    poke "$1" $mb_entry_addr 4 0x100020
    poke "$1" 32 2 0x0b0f
}

# put FILE OFFSET BYTE...: bytes in hexadecimal, without a prefix.
put() {
    put_file=$1
    put_offset=$(($2))
    shift 2
    for byte; do
        poke "$put_file" $put_offset 1 "0x$byte"
        put_offset=$((put_offset + 1))
    done
}

# A Multiboot image that says "ready" on COM1 (mov dx, 0x3f8; mov al, c; out dx, al for each c) and
# goes on with the BYTEs, 32-bit code.
make_guest() {
    make_multiboot "$1"
    put "$1" 32 66 ba f8 03 b0 72 ee b0 65 ee b0 61 ee b0 64 ee b0 79 ee b0 0a ee
    guest_file=$1
    shift
    put "$guest_file" 54 "$@"
}
