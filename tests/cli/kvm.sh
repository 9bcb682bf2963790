# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2016 # run.sh and lib.sh set the variables
# Runs on this machine's own KVM: a vCPU that is in the guest when the run is to end.

kernel=$work/kernel
kvm_option=

# on_kvm NAME STATUS LINES CODE ACTION...: the guest says "ready" and runs CODE.
on_kvm() {
    kvm_name=$1
    kvm_status=$2
    kvm_lines=$3
    kvm_code=$4
    shift 4
    if ! can_open_kvm; then
        skip "$kvm_name" 'there is no /dev/kvm here that this user may open'
        return
    fi
    # shellcheck disable=SC2086 # a list of bytes
    make_guest "$kernel" $kvm_code
    check_output "$kvm_name" "$kvm_status" "$kvm_lines" ready \
        "$drive" "$@" -- "$minivmm" --timeout 90 --cpus 2 $kvm_option "$kernel"
}

spin='eb fe'            # jmp .
halt='fb f4 eb fd'      # sti; hlt; jmp to the hlt
dead='fa f4 eb fd'      # cli; hlt; jmp to the hlt
reads='e4 64 eb fc'     # in al, 0x64; jmp to it
fault='0f 01 1d 00 80 10 00 0f 0b'  # lidt [0x108000], which is zeros; ud2
# mov dx, 0x600; in ax, dx; test ah, 1; jz to the in; mov dx, 0x604; mov ax, 0x2000; out dx, ax; jmp .
obey='66 ba 00 06 66 ed f6 c4 01 74 f9 66 ba 04 06 66 b8 00 20 66 ef eb fe'

on_kvm 'SIGINT while the guest spins' 130 'interrupted by SIGINT' "$spin" "$ready" signal:INT
on_kvm 'SIGINT while the guest halts' 130 'interrupted by SIGINT' "$halt" "$ready" signal:INT
on_kvm 'SIGINT while the guest reads a port' 130 'interrupted by SIGINT' "$reads" "$ready" signal:INT
on_kvm 'SIGINT while the guest spins and the caller blocks every signal' 130 'interrupted by SIGINT' "$spin" \
    block-all "$ready" signal:INT
on_kvm 'a guest that halts with interrupts off says a line' 130 \
    'every vCPU has halted with interrupts off: nothing but an NMI wakes them; --exit-on-halt ends such a run
interrupted by SIGINT' "$dead" "$ready" wait:--exit-on-halt signal:INT
kvm_option=--exit-on-halt
on_kvm '--exit-on-halt ends a guest that halts with interrupts off' 0 'every vCPU has halted with interrupts off' "$dead"
kvm_option='--exit-on-halt --timeout 3'
on_kvm '--exit-on-halt does not end one that halts with interrupts on' 124 'timed out after 3 s' "$halt"
kvm_option=
on_kvm 'the escape key while the guest spins' 130 \
    "Ctrl-A x ends the run, Ctrl-A [?] lists the keys
ended from the console" "$spin" -t "$ready" raw "keys:$(printf '\001')x"
on_kvm 'the guest obeys the power button' 0 \
    "SIGTERM: pressed the guest's power button; the run ends in 5 s, or at once at a second SIGTERM" "$obey" "$ready" signal:TERM
on_kvm 'the guest faults without a handler' 4 'guest triple-faulted on vCPU 0' "$fault"

# What a KVM makes of a TSC offset is known only afterwards: either it takes effect, or one line says
# that it does not, and with --tsc-best-effort the guest runs all the same.
if can_open_kvm; then
    # shellcheck disable=SC2086 # a list of bytes
    make_guest "$kernel" $obey
    run "$drive" "$ready" signal:TERM -- "$minivmm" --timeout 90 --tsc offset=+1ms "$kernel"
    if [ "$status" -eq 0 ]; then
        ok 'a TSC offset that takes effect'
    else
        check 'a TSC offset that does not take effect' 2 \
            '--tsc: vCPU 0: .*, offset \+1000000 ns: (accepted and ignored|refused) by KVM.*; --tsc-best-effort .*' \
            "$minivmm" --timeout 90 --tsc offset=+1ms "$kernel"
        check_output 'with --tsc-best-effort it is a warning' 0 \
            "--tsc: vCPU 0: .*, offset \+1000000 ns: (accepted and ignored|refused) by KVM.*
SIGTERM: pressed the guest's power button; the run ends in 5 s, or at once at a second SIGTERM" ready \
            "$drive" "$ready" signal:TERM -- "$minivmm" --timeout 90 --tsc-best-effort --tsc offset=+1ms "$kernel"
    fi
else
    skip 'a TSC offset' 'there is no /dev/kvm here that this user may open'
fi

# A KVM that interprets kernel code lacks instructions that a stock kernel uses; a better one runs it.
debian_kernel=$(find_debian_kernel)
stock='a stock kernel on a KVM that cannot run it'
if ! can_open_kvm || [ -z "$debian_kernel" ]; then
    skip "$stock" 'there is no /dev/kvm here, or no Debian kernel in the cache'
elif grep -qEw 'vmx|svm' /proc/cpuinfo; then
    skip "$stock" 'the KVM of this machine can'
else
    check "$stock" 6 "this KVM cannot run the guest's code: KVM_EXIT_INTERNAL_ERROR \(suberror [0-9]+\) at RIP 0x[0-9a-f]+, bytes( [0-9a-f]{2})+; use a host .*" \
        "$minivmm" --timeout 90 --console "file:/dev/null" "$debian_kernel"
fi
rm -f "$kernel"

# An experiment whose guest looks at its own time, and waits for the fault however late the host is.
if can_open_kvm; then
    cat >"$work/stall.json" <<'END'
{ "scenario": 1, "guests": { "a": { "options": ["--cpus", "2", "--steal", "0%"] } },
  "timeline": [ { "after": "dmesg~^# ready", "fault": "vcpu.stall", "vcpu": 1, "for": "300ms" } ],
  "expect": [ "status=1", "dmesg!~^not ok" ] }
END
    printf '{ "scenario": 1, "guests": { "a": {} }, "expect": [ "offset<=1ms" ] }' >"$work/offset.json"
    unsaid=' runs\?\(s\)\?, with \| runs done, '
    check_output 'an experiment' 0 '' '  verdict: ok \(3 ok, 0 failed, 0 n/a\)' \
        "$minivmm" experiment --timeout 90 --kernel "$tools/stall.elf" "$work/stall.json"
    check_output 'an experiment reads its trace once the guest has ended' 8 '' \
        '  FAILED  offset<=1ms               there is no sample of its clock then' \
        "$minivmm" experiment --timeout 90 --kernel "$tools/clock_reads.elf" "$work/offset.json"
    unsaid=
else
    skip 'an experiment' 'there is no /dev/kvm here that this user may open'
fi
