#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Inside the lab: boot the same kernels and initrd by each program, in turns. A round has several boots
# of the small kernel, which are short, and one of Debian's.
#
# usage: in-lab.sh ROUNDS
# prints: MEASURE PROGRAM VALUE lines, among others; status 0, or 1 if a boot cannot be measured
set -eu

memory_mib=512
command_line='console=ttyS0 pci=off loglevel=3 panic=-1'
first_line='minivmm clock probe'
kernels_of_a_round='small small small debian'
tries_max=3

fail() {
    echo "bench: $1" >&2
    exit 1
}

# try COMMAND...: the emulation of the lab's CPU ends a guest now and then (tests/lab/svm.sh), which is
# none of the program's doing.
try() {
    tries=1
    until ./stopwatch "$memory_mib" "$first_line" "$@" >figures 2>stderr; do
        cat stderr
        [ "$tries" -lt "$tries_max" ] || fail "$program did not boot the kernel $kernel"
        echo "bench: $program is tried once more"
        tries=$((tries + 1))
    done
}

# measure PROGRAM COMMAND...
measure() {
    program=$1
    shift
    try "$@"
    while read -r ms _ _ peak_kib; do
        echo "boot-$kernel-ms $program $ms"
        echo "boot-$kernel-kib $program $peak_kib"
    done <figures
}

# Both with the host's CPU, as minivmm has it, which is quicker than QEMU's default.
boot_qemu() {
    machine=$1
    shift
    measure "$@" qemu-system-x86_64 -accel kvm -cpu host -machine "$machine" -m "$memory_mib" \
        -nodefaults -no-user-config -display none -no-reboot \
        -chardev stdio,id=com1,signal=off -device isa-serial,chardev=com1,index=0 \
        -kernel "$kernel" -initrd initramfs.cpio -append "$command_line"
}

# microvm without option ROMs boots by its own firmware, which is quicker; without an RTC Linux would
# look for one for some seconds.
boot_by_each() {
    measure minivmm ./minivmm --memory "${memory_mib}M" --initrd initramfs.cpio \
        --cmdline "$command_line" "$kernel"
    boot_qemu microvm,isa-serial=off,x-option-roms=off,rtc=on qemu-microvm
    boot_qemu q35 qemu-q35
}

round=0
while [ "$round" -lt "$1" ]; do
    for kernel in $kernels_of_a_round; do
        boot_by_each
    done
    round=$((round + 1))
done
