# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2016 # run.sh and lib.sh set the variables
# minivmm doctor: on KVMs that are played and lack something, and on this machine's own one.

# examined NAME STATUS LINES LINE-OF-STDOUT [VARIABLE=VALUE]...: on a KVM that runs tiny guests.
examined() {
    examined_name="doctor: $1"
    examined_status=$2
    examined_lines=$3
    examined_out=$4
    shift 4
    check_output "$examined_name" "$examined_status" "$examined_lines" "$examined_out" \
        env "$fake_kvm" FAKE_KVM_GUEST=tiny-guests "$@" "$minivmm" doctor
}

examined 'a KVM with all that is used boots Linux' 0 '' 'Linux can be booted here'
examined 'a TSC offset that a guest does not find is ignored' 0 '' \
    'TSC offset        limit  accepted by KVM and ignored, as a guest finds that reads its TSC'
if [ "$({ capability_rows true && capability_rows false; } | wc -l)" -eq "$(grep -c '^ *ROW(' vmm/kvm/kvm_capabilities.c)" ]; then
    ok 'each capability of the table is hidden in turn'
else
    not_ok 'each capability of the table is hidden in turn' 'capability_rows does not find all of them'
fi
for capability in $(capability_rows true); do
    examined "a KVM without $capability boots no Linux" 18 '' "capability        no     $capability is missing: .*" \
        FAKE_KVM_HIDE="$capability"
done
for capability in $(capability_rows false); do
    examined "a KVM without $capability boots Linux" 0 '' "capability        limit  $capability is missing: .*" \
        FAKE_KVM_HIDE="$capability"
done
examined 'a KVM that cannot run kernel code, and then hangs' 18 '' \
    'kernel-mode code  no     KVM stops \(KVM_EXIT_INTERNAL_ERROR\) at cpuid; no end of int3' \
    FAKE_KVM_GUEST=internal-error
examined 'a KVM whose guest faults' 18 '' 'kernel-mode code  no     CPUID offers and the guest faults at cpuid; .*' \
    FAKE_KVM_GUEST=triple-fault
examined 'a KVM that makes other exits' 18 '' 'kernel-mode code  no     no end of .*; a wrong exit at cpuid' \
    FAKE_KVM_GUEST=failed-entry
examined 'a signal that comes while an instruction runs is not the end of it' 0 '' \
    'Linux can be booted here' FAKE_KVM_INTERRUPT=KVM_RUN
examined 'a device that does not answer as KVM does' 18 'KVM_GET_API_VERSION: Cannot allocate memory' \
    ' +-> /dev/kvm does not answer as KVM does \(Cannot allocate memory\): load .*' FAKE_KVM_FAIL=KVM_GET_API_VERSION
for call in KVM_CREATE_VM KVM_SET_USER_MEMORY_REGION KVM_CREATE_VCPU KVM_GET_SUPPORTED_CPUID KVM_SET_CPUID2 \
    KVM_GET_SREGS KVM_SET_SREGS KVM_SET_REGS KVM_RUN; do
    check "doctor: $call fails" 2 "(a guest in kernel mode: )?$call: Cannot allocate memory" \
        env "$fake_kvm" FAKE_KVM_GUEST=tiny-guests FAKE_KVM_FAIL="$call" "$minivmm" doctor
done
check 'doctor: a result that cannot be written' 2 'stdout: No space left on device' \
    sh -c 'exec env "$1" FAKE_KVM_GUEST=tiny-guests "$2" doctor >/dev/full' - "$fake_kvm" "$minivmm"
check 'doctor: another format' 2 "--format 'tap': accepted is table or json" "$minivmm" doctor --format tap
check_output 'doctor --help' 0 '' 'Usage: minivmm doctor .*' "$minivmm" doctor --help

# The host: another /dev, another clock.
if "$with_dev" "$work/dev" : true 2>/dev/null; then
    check_output 'doctor: no /dev/kvm' 18 '' ' +-> no /dev/kvm: load kvm-intel or kvm-amd, and .*' \
        "$with_dev" "$work/dev" : "$minivmm" doctor
else
    skip 'doctor: no /dev/kvm' 'this user may not mount'
fi
group_only=': >kvm && chgrp games kvm && chmod 660 kvm'
# shellcheck disable=SC2086 # $as_nobody is a list of words
if "$with_dev" "$work/dev" "$group_only" $as_nobody true 2>/dev/null; then
    check_output 'doctor: no permission for /dev/kvm' 18 '' \
        ' +-> no permission for /dev/kvm: join the group games that owns it .*' \
        "$with_dev" "$work/dev" "$group_only" $as_nobody "$minivmm" doctor
else
    skip 'doctor: no permission for /dev/kvm' 'this user may not mount, or not become another user'
fi
echo hpet >"$work/clocksource"
if "$with_file" "$work/clocksource" "$clocksource_file" true 2>/dev/null; then
    check_output 'doctor: a host that keeps time by another clock' 0 '' \
        'clocksource       limit  the host keeps time by hpet' \
        "$with_file" "$work/clocksource" "$clocksource_file" env "$fake_kvm" FAKE_KVM_GUEST=tiny-guests "$minivmm" doctor
else
    skip 'doctor: a host that keeps time by another clock' 'this user may not mount'
fi

# follows_schema NAME [VARIABLE=VALUE]...: a validator, not of ours.
follows_schema() {
    schema_name="doctor: JSON follows the schema, $1"
    shift
    env "$@" "$minivmm" doctor --format json >"$work/doctor.json" 2>"$work/err"
    if python3 -c 'import json, jsonschema, sys
jsonschema.validate(json.load(open(sys.argv[2])), json.load(open(sys.argv[1])))' \
        check/doctor.schema.json "$work/doctor.json" 2>"$work/err"; then
        ok "$schema_name"
    else
        not_ok "$schema_name" "$(tail -n 1 "$work/err")"
    fi
}
follows_schema 'with a KVM' "$fake_kvm" FAKE_KVM_GUEST=tiny-guests
follows_schema 'with a device that is none' "$fake_kvm" FAKE_KVM_FAIL=KVM_GET_API_VERSION
follows_schema 'on this machine'

# This machine's own KVM: with VMX or SVM it runs kernel code; one that has neither interprets it.
own="doctor: this machine's own KVM"
if ! can_open_kvm; then
    skip "$own" 'there is no /dev/kvm here that this user may open'
elif grep -qEw 'vmx|svm' /proc/cpuinfo; then
    check_output "$own" 0 '' 'kernel-mode code  ok     runs: cpuid, int3, .*' "$minivmm" doctor
else
    check_output "$own" 18 '' 'kernel-mode code  no     KVM stops \(KVM_EXIT_INTERNAL_ERROR\) at .*' "$minivmm" doctor
fi
