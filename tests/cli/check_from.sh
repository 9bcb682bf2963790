#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # run.sh, lib.sh and images.sh set the variables
# `minivmm check --save` and `--from` on this machine's own KVM, of a probe in a few instructions. Its report
# names as the kernel's release the orders that it got.

from_kernel=$work/kernel
from=$work/from
from_before='{"schema":"minivmm-clock-report-1","clocksource":{"current":"tsc","available":["tsc"]},"kernel":{"release":"'
# mov dx, 0x2f8; mov al, 5; out dx, al; mov dx, 0x2fd; wait: in al, dx; test al, 1; jz wait; mov dl, 0xf8
# mov esi, 0x100200; mov ecx, LENGTH; rep outsb; next: mov dx, 0x2fd; poll: in al, dx; test al, 1; jz poll
# mov dl, 0xf8; in al, dx; cmp al, 10; je done; out dx, al; jmp next; done: mov esi, 0x100400; mov ecx, 4
# rep outsb; mov dx, 0x604; mov ax, 0x2000; out dx, ax; jmp .
from_probe="66 ba f8 02 b0 05 ee 66 ba fd 02 ec a8 01 74 fb b2 f8
    be 00 02 10 00 b9 $(printf '%02x' ${#from_before}) 00 00 00 f3 6e 66 ba fd 02 ec a8 01 74 fb
    b2 f8 ec 3c 0a 74 03 ee eb ed be 00 04 10 00 b9 04 00 00 00
    f3 6e 66 ba 04 06 66 b8 00 20 66 ef eb fe"

# place OFFSET TEXT: into the kernel
place() {
    printf '%s' "$2" | dd of="$from_kernel" bs=1 seek=$(($1)) conv=notrunc status=none
}

# checked_from NAME STATUS LINES OUTPUT OPTION...
checked_from() {
    from_name="check --from: $1"
    shift
    if ! can_open_kvm; then
        skip "$from_name" 'there is no /dev/kvm here that this user may open'
        return
    fi
    check_output "$from_name" "$@"
}

if can_open_kvm; then
    # shellcheck disable=SC2086 # a list of bytes
    make_guest "$from_kernel" $from_probe
    place 0x200 "$from_before"
    place 0x400 '"}}
'
fi
checked_from '--save ends when the probe asks for orders' 0 "saved to $(literally "$from"), and ended" '' \
    "$minivmm" check --timeout 15 --memory 16 --cpus 2 --no-hpet --save "$from" "$from_kernel"
rm -f "$from_kernel"
# This KVM may ignore TSC offsets: then a guest can only go on as the host did.
set -- "$minivmm" check --timeout 15 --time advance --from "$from"
checked_from 'the machine is that of the file, and the probe gets the orders of this check' 8 '' \
    "$(literally "$from") --cpus 2 --kvmclock user --no-hpet --memory 16M \(Linux probe.within=25000\)" \
    "$@" --expect 'drift<=50ppm'
checked_from 'and of the next one, with words of --append' 0 '' \
    ".* --append 'probe.seconds=3' \(Linux probe.within=0 probe.seconds=3\)" \
    "$@" --expect clocksource=tsc --append probe.seconds=3
checked_from 'what the machine of the file contradicts is refused' 2 \
    "--expect 'clocksource=hpet' contradicts --no-hpet: leave one of them out" '' "$@" --expect clocksource=hpet
checked_from 'words of --append that are too long are refused' 2 \
    '--append: with --from the probe takes 1024 bytes at most' '' "$@" --append "probe.$(printf '%01024d' 0)"
checked_from 'COM2 has room for the orders alone' 2 \
    '--serial2: on COM2 the probe of --from gets its orders; leave it out' '' "$@" --serial2 "unix:$work/com2"
checked_from 'a date that stood still cannot be expected to be right' 2 \
    "--expect 'realtime<=1s' contradicts --from without --time advance, which leaves the guest the date of the save: leave one of them out" \
    '' "$minivmm" check --from "$from" --expect 'realtime<=1s'
rm -f "$from"
make_multiboot "$from_kernel"
check 'check: a guest whose probe asks for no orders is not saved' 2 \
    "$(literally "$from"): not saved: the guest has ended, and no probe in it asked for orders" \
    env "$fake_kvm" FAKE_KVM_GUEST='ready power-off' "$minivmm" check --save "$from" "$from_kernel"

# refused_from LINE OPTION...
refused_from() {
    refused_line=$1
    shift
    check "check: $* is refused" 2 "$refused_line" "$minivmm" check "$@"
}
refused_from '--cpus: kernel and machine are those of --from FILE' --from F --cpus 2
refused_from '--no-hpet: kernel and machine are those of --from FILE' --no-hpet --from F
refused_from "--from FILE has a kernel, and 'K' is given" --from F K
refused_from '--append: the kernel of --from has booted, so words begin with probe.' --from F --append 'probe.reads=9 quiet'
refused_from '--time is of use with --from only' --time advance K
refused_from '--save makes the file that --from begins from: give one of them' --save F --from F
refused_from '--save ends before anything is measured: --expect is for --from' --save F --expect stable K
refused_from '--save is a snapshot, and --snapshot-at another one: give one of them' --save F --snapshot-at 1,file=G K
refused_from '--matrix boots each machine: by what they differ the kernel sees at boot, and --save and --from are for one machine' \
    --matrix --save F K
refused_from '--merge takes nothing but --format and the files' --merge --save F K
refused_from 'F: cannot read the snapshot: No such file or directory' --from F
rm -f "$from_kernel"
