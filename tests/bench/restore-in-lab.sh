#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Inside the lab: from the start of a restore to the guest's first answer, by minivmm and by QEMU's -incoming from a
# file, in turns. The guest is the same Linux, whose init prints "tick" every 10 ms.
#
# usage: restore-in-lab.sh ROUNDS
# prints: MEASURE PROGRAM VALUE lines, among others; status 0, or 1 if a restore cannot be measured
set -eu

memory_mib=256
command_line='console=ttyS0 pci=off loglevel=3 panic=-1'

fail() {
    tail -n 5 said
    echo "bench: $1" >&2
    exit 1
}

# by_qemu WORDS COMMAND...: COMMAND with QEMU and WORDS behind it
by_qemu() {
    words=$1
    shift
    # shellcheck disable=SC2086 # words
    "$@" qemu-system-x86_64 -accel kvm -cpu host -machine microvm,isa-serial=off,x-option-roms=off,rtc=on \
        -m "$memory_mib" -nodefaults -no-user-config -display none -no-reboot \
        -chardev stdio,id=com1,signal=off -device isa-serial,chardev=com1,index=0 \
        -kernel kernel -initrd ticker.cpio -append "$command_line" $words
}

# until_found TEXT FILE
until_found() {
    tries=0
    until grep -q "$1" "$2" 2>/dev/null; do
        [ $((tries += 1)) -lt 1200 ] || fail "no '$1' in $2"
        sleep 0.1
    done
}

save_minivmm() {
    ./minivmm --timeout 100 --memory "${memory_mib}M" --initrd ticker.cpio --cmdline "$command_line" \
        --snapshot-at 'boot:^tick,file=by-minivmm,then=quit' kernel </dev/null >console 2>said ||
        fail 'minivmm cannot save the guest'
}

# A command to QEMU's monitor goes in by one pipe, and what it says comes out by the other.
save_qemu() {
    mkfifo monitor.in monitor.out
    cat monitor.out >said &
    by_qemu '-chardev pipe,id=monitor,path=monitor -mon chardev=monitor,mode=readline' timeout 100 </dev/null >console 2>errors &
    exec 3>monitor.in
    until_found tick console
    echo 'migrate "exec:cat >by-qemu"' >&3
    echo 'info migrate' >&3
    until_found 'status: completed' said
    echo quit >&3
    exec 3>&-
    wait
}

# measure PROGRAM COMMAND...
measure() {
    program=$1
    shift
    ./stopwatch "$memory_mib" tick "$@" >figures 2>said </dev/null || fail "$program cannot restore the guest"
    read -r ms _ <figures
    echo "answer-ms $program $ms"
}

save_minivmm
save_qemu
ls -ls by-minivmm by-qemu
round=0
while [ "$round" -lt "$1" ]; do
    measure minivmm ./minivmm restore by-minivmm
    by_qemu '-incoming exec:cat<by-qemu' measure qemu-microvm
    round=$((round + 1))
done
