#!/bin/sh
# Inside the lab: boot the same kernel and initrd by each program, in turns.
#
# usage: in-lab.sh ROUNDS
# prints: MEASURE PROGRAM VALUE lines, among others; status 0, or 1 if a boot cannot be measured
set -eu

memory_mib=512
command_line='console=ttyS0 pci=off loglevel=3 panic=-1'
first_line='minivmm clock probe'

fail() {
    echo "bench: $1" >&2
    exit 1
}

# measure PROGRAM COMMAND...
measure() {
    program=$1
    shift
    ./stopwatch "$memory_mib" "$first_line" "$@" >figures 2>stderr || {
        cat stderr
        fail "$program did not boot"
    }
    while read -r ms _ _ peak_kib; do
        echo "boot-ms $program $ms"
        echo "boot-peak-kib $program $peak_kib"
    done <figures
}

boot_qemu() {
    machine=$1
    shift
    measure "$@" qemu-system-x86_64 -accel kvm -machine "$machine" -m "$memory_mib" \
        -nodefaults -no-user-config -display none -no-reboot \
        -chardev stdio,id=com1,signal=off -device isa-serial,chardev=com1,index=0 \
        -kernel vmlinuz -initrd initramfs.cpio -append "$command_line"
}

round=0
while [ "$round" -lt "$1" ]; do
    measure minivmm ./minivmm --memory "${memory_mib}M" --initrd initramfs.cpio \
        --cmdline "$command_line" vmlinuz
    boot_qemu microvm,isa-serial=off qemu-microvm
    boot_qemu q35 qemu-q35
    round=$((round + 1))
done
