# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2016 # run.sh and lib.sh set the variables
# What the host lacks or refuses: KVM, permissions, memory, threads, room for output.

kernel=$work/kernel
make_multiboot "$kernel"

for capability in $(capability_rows true); do
    check "a KVM without $capability" 2 "/dev/kvm lacks $capability; Linux [0-9.]+ or newer has it" \
        env "$fake_kvm" FAKE_KVM_HIDE="$capability" "$minivmm" "$kernel"
done

# Each call that sets the machine up fails once; and, for those made for every vCPU, on the third.
for call in KVM_GET_API_VERSION KVM_GET_VCPU_MMAP_SIZE KVM_CREATE_VM KVM_SET_USER_MEMORY_REGION KVM_SET_TSS_ADDR \
    KVM_CREATE_IRQCHIP KVM_SET_GSI_ROUTING KVM_ENABLE_CAP KVM_X86_SET_MSR_FILTER KVM_XEN_HVM_CONFIG KVM_GET_SUPPORTED_CPUID \
    KVM_CREATE_VCPU KVM_SET_CPUID2 KVM_SET_MSRS KVM_GET_SREGS KVM_SET_SREGS KVM_SET_REGS; do
    check "$call fails" 2 "$call.*: Cannot allocate memory" \
        env "$fake_kvm" FAKE_KVM_FAIL="$call" "$minivmm" "$kernel"
done
for call in KVM_CREATE_VCPU KVM_SET_CPUID2 KVM_SET_MSRS; do
    check "$call fails on the third of four vCPUs" 2 "$call: Cannot allocate memory" \
        env "$fake_kvm" FAKE_KVM_FAIL="$call" FAKE_KVM_FAIL_AFTER=2 "$minivmm" --cpus 4 "$kernel"
done
# 16 is EBUSY: KVM finds VMX or SVM in use.
check 'another hypervisor has the CPUs' 2 \
    "KVM_CREATE_VM: Device or resource busy; another hypervisor has this host's VMX or SVM: end its .*" \
    env "$fake_kvm" FAKE_KVM_FAIL=KVM_CREATE_VM FAKE_KVM_FAIL_ERRNO=16 "$minivmm" "$kernel"
check 'mapping the page of the third of four vCPUs fails' 2 'vCPU 2: mapping its kvm_run page: .*' \
    env "$fake_kvm" FAKE_KVM_FAIL=mmap FAKE_KVM_FAIL_AFTER=2 "$minivmm" --cpus 4 "$kernel"
check 'a signal interrupts KVM_CREATE_VM' 0 '' \
    env "$fake_kvm" FAKE_KVM_INTERRUPT=KVM_CREATE_VM FAKE_KVM_GUEST=power-off "$minivmm" "$kernel"
# Threads are the one that asks for CPUID, which is not needed, then the vCPUs, then the timer's.
check 'starting every thread fails' 2 'vCPU 0: cannot start its thread: Resource temporarily .*' \
    env "$fake_kvm" FAKE_KVM_FAIL=pthread_create "$minivmm" "$kernel"
check 'starting the timer thread fails' 2 'cannot start the timer thread: Resource temporarily .*' \
    env "$fake_kvm" FAKE_KVM_FAIL=pthread_create FAKE_KVM_FAIL_AFTER=3 FAKE_KVM_GUEST=wait "$minivmm" --cpus 2 "$kernel"
check 'starting the third of four vCPUs fails' 2 'vCPU 2: cannot start its thread: Resource temporarily .*' \
    env "$fake_kvm" FAKE_KVM_FAIL=pthread_create FAKE_KVM_FAIL_AFTER=3 FAKE_KVM_GUEST=wait "$minivmm" --cpus 4 "$kernel"
check 'KVM_RUN fails' 2 'vCPU [0-3]: KVM_RUN: Cannot allocate memory' \
    env "$fake_kvm" FAKE_KVM_FAIL=KVM_RUN FAKE_KVM_FAIL_AFTER=3 "$minivmm" --cpus 4 "$kernel"
check 'a KVM that does not tell of EOIs' 0 '' \
    env "$fake_kvm" FAKE_KVM_FAIL=KVM_IRQFD FAKE_KVM_GUEST=power-off "$minivmm" "$kernel"
check 'more vCPUs than this KVM has' 2 '--cpus 65: this KVM has at most 64' \
    env "$fake_kvm" "$minivmm" --cpus 65 "$kernel"
check 'a KVM that cannot run the code of the guest' 6 \
    "this KVM cannot run the guest's code: KVM_EXIT_INTERNAL_ERROR \(suberror 1\) at RIP 0x100020, bytes 0f 0b 00 .*; use .*" \
    env "$fake_kvm" FAKE_KVM_GUEST=internal-error "$minivmm" "$kernel"
check 'an exit that the program does not know' 2 'vCPU 0: exit 9 \(failed entry\) at RIP 0x100020 is not handled' \
    env "$fake_kvm" FAKE_KVM_GUEST=failed-entry "$minivmm" "$kernel"
cannot="this KVM cannot intercept hypercalls \(KVM_CAP_XEN_HVM\), by which a guest gets the host's time in spite of it"
hypercalls="$cannot: KVM's CPUID signature is hidden, and kvm-clock with it"
check 'a date, on a KVM that answers hypercalls itself' 0 "--rtc base=: $hypercalls" env "$fake_kvm" \
    FAKE_KVM_HIDE=KVM_CAP_XEN_HVM FAKE_KVM_GUEST=power-off "$minivmm" --rtc base=2030-01-01T00:00:00 "$kernel"
check 'a date and no kvm-clock, on such a KVM' 0 "--rtc base=: $hypercalls" env "$fake_kvm" \
    FAKE_KVM_HIDE=KVM_CAP_XEN_HVM FAKE_KVM_GUEST=power-off "$minivmm" --kvmclock off --rtc base=2030-01-01T00:00:00 "$kernel"
for deviating in '--rtc base=2030-01-01T00:00:00' '--on-resume freeze'; do
    # shellcheck disable=SC2086 # an option and its value
    check "kvm-clock and ${deviating%%20*}, on such a KVM" 2 \
        "${deviating%%20*}: $cannot; leave out --kvmclock, so that KVM's CPUID signature is hidden, and kvm-clock with it" \
        env "$fake_kvm" FAKE_KVM_HIDE=KVM_CAP_XEN_HVM "$minivmm" --kvmclock user $deviating "$kernel"
done
check 'steal time and a date, on such a KVM' 2 \
    "--rtc base=: $cannot; leave out --steal, so that KVM's CPUID signature is hidden, and kvm-clock with it" \
    env "$fake_kvm" FAKE_KVM_HIDE=KVM_CAP_XEN_HVM "$minivmm" --steal 25% --rtc base=2030-01-01T00:00:00 "$kernel"
check 'a date, on a KVM that lets user space answer hypercalls' 0 '' env "$fake_kvm" \
    FAKE_KVM_GUEST=power-off "$minivmm" --rtc base=2030-01-01T00:00:00 "$kernel"
# late_date NAME LINES DATE OPTION...
late_date() {
    late_name=$1
    late_lines=$2
    late_date=$3
    shift 3
    check "$late_name" 0 "$late_lines" env "$fake_kvm" FAKE_KVM_GUEST=power-off "$minivmm" --rtc "base=$late_date" "$@" "$kernel"
}
late_date "the last date of kvm-clock's wall time" '' 2106-02-07T06:28:15
late_date 'a date after that' \
    'kvm-clock counts the seconds of its wall time with 32 bits, to 2106-02-07T06:28:15: the guest reads it 2\^32 s early; the RTC shows the date' \
    2106-02-07T06:28:16
late_date 'a date after that, without kvm-clock' '' 2199-12-31T23:59:59 --kvmclock off
late_date "a date after that, with KVM's kvm-clock" '' 2199-12-31T23:59:59 --kvmclock kernel
check 'a date after that, where kvm-clock is hidden' 0 "--rtc base=: $hypercalls" env "$fake_kvm" \
    FAKE_KVM_HIDE=KVM_CAP_XEN_HVM FAKE_KVM_GUEST=power-off "$minivmm" --rtc base=2106-02-07T06:28:16 "$kernel"
check 'a KVM that cannot let a guest halt by itself' 2 \
    '--halt-in-guest: this KVM cannot do it \(KVM_CAP_X86_DISABLE_EXITS\); leave it out' \
    env "$fake_kvm" FAKE_KVM_HIDE=KVM_CAP_X86_DISABLE_EXITS "$minivmm" --halt-in-guest "$kernel"
check 'and one that can' 0 '' env "$fake_kvm" FAKE_KVM_GUEST=power-off "$minivmm" --halt-in-guest "$kernel"
# ASan itself needs terabytes of address space.
[ -n "$preload" ] || check 'less address space than --memory' 2 '--memory 4096M: the host has no room for it \(.*\); use less' \
    prlimit --as=1073741824 "$minivmm" --memory 4G "$kernel"

# Another /dev, in a mount namespace of our own: check_dev NAME LINES SCRIPT [PREFIX...]
check_dev() {
    dev_name=$1
    dev_lines=$2
    dev_script=$3
    shift 3
    if "$with_dev" "$work/dev" "$dev_script" "$@" true 2>/dev/null; then
        check "$dev_name" 2 "$dev_lines" "$with_dev" "$work/dev" "$dev_script" "$@" "$minivmm" "$kernel"
    else
        skip "$dev_name" 'this user may not mount, or not become another user'
    fi
}
with_dev=$PWD/tests/cli/with-dev.sh
mkdir -p "$work/dev"
as_nobody='setpriv --reuid 65534 --regid 65534 --clear-groups'

check_dev 'no /dev/kvm' 'no /dev/kvm: load kvm-intel or kvm-amd, and enable virtualization in .*' :
check_dev 'a /dev/kvm that is not KVM' 'KVM_GET_API_VERSION: Inappropriate ioctl for device' ': >kvm'
# shellcheck disable=SC2086 # $as_nobody is a list of words
{
    check_dev 'no permission for /dev/kvm, which the group games has' \
        'no permission for /dev/kvm: join the group games that owns it \(usermod -aG games USER\), then log in again' \
        ': >kvm && chgrp games kvm && chmod 660 kvm' $as_nobody
    check_dev 'no permission for /dev/kvm, which a group without a name has' \
        'no permission for /dev/kvm: join the group 54321 that owns it \(usermod -aG 54321 USER\), then log in again' \
        ': >kvm && chgrp 54321 kvm && chmod 660 kvm' $as_nobody
    check_dev 'no permission for /dev/kvm, which no group has' \
        'no permission for /dev/kvm, nor has its group games: as root, .* and join that' \
        ': >kvm && chgrp games kvm && chmod 600 kvm' $as_nobody
}

# A host with another clocksource: check_clocksource NAME CLOCKSOURCE LINES [OPTION VALUE]
with_file=$PWD/tests/cli/with-file.sh
check_clocksource() {
    clocksource_name=$1
    clocksource_lines=$3
    echo "$2" >"$work/clocksource"
    shift 3
    set -- "$with_file" "$work/clocksource" "$clocksource_file" \
        env "$fake_kvm" FAKE_KVM_GUEST=power-off "$minivmm" --cpus 1 "$@" "$kernel"
    says_clock=yes
    if ! "$with_file" "$work/clocksource" "$clocksource_file" true 2>/dev/null; then
        skip "$clocksource_name" 'this user may not mount'
    elif ! grep -qw nonstop_tsc /proc/cpuinfo; then
        skip "$clocksource_name" 'the CPU of this host does not say that its TSC is constant'
    else
        check "$clocksource_name" 0 "$clocksource_lines" "$@"
    fi
    says_clock=
}
check_clocksource 'a host that keeps time by its TSC' tsc ''
check_clocksource 'a host that keeps time by another clock has no TSC_STABLE, and it is said' hpet \
    "the host keeps time by 'hpet', not by its TSC: no TSC_STABLE in kvm-clock"
check_clocksource 'without a kvm-clock of ours there is nothing to say' hpet '' --kvmclock off

# Files that the user may not read or write; root may all.
if [ "$(id -u)" -ne 0 ]; then
    unprivileged='env'
else
    unprivileged=$as_nobody
fi
check_unprivileged() {
    # shellcheck disable=SC2086 # a list of words
    if $unprivileged true 2>/dev/null; then
        check "$1" 2 "$2" $unprivileged env "$fake_kvm" "$minivmm" "$3" "$4" "$5"
    else
        skip "$1" 'this user cannot become another one'
    fi
}
cp "$kernel" "$work/secret"
chmod 0 "$work/secret"
mkdir -p "$work/closed"
chmod 0 "$work/closed"
check_unprivileged 'a kernel that the user may not read' '.*/secret: Permission denied' --cpus 1 "$work/secret"
check_unprivileged 'a kernel in a folder that the user may not enter' '.*/closed/kernel: Permission denied' \
    --cpus 1 "$work/closed/kernel"
check_unprivileged 'an initrd that the user may not read' '.*/secret: Permission denied' \
    --initrd "$work/secret" "$kernel"
check_unprivileged 'a console file in a folder that the user may not enter' \
    "console: cannot open '.*/closed/file': Permission denied" --console "file:$work/closed/file" "$kernel"
check_unprivileged 'a report file that the user may not write' \
    "report: cannot open '.*/secret': Permission denied" --report "$work/secret" "$kernel"
rm -rf "$work/secret" "$work/closed"

# Output that has nowhere to go.
nowhere=$work/nowhere/file
check 'a console file in a folder that is not there' 2 "console: cannot open '$nowhere': No such file or directory" \
    env "$fake_kvm" "$minivmm" --console "file:$nowhere" "$kernel"
check 'a console file that is a folder' 2 "console: cannot open '$work': Is a directory" \
    env "$fake_kvm" "$minivmm" --console "file:$work" "$kernel"
check 'a report file in a folder that is not there' 2 "report: cannot open '$nowhere': No such file or directory" \
    env "$fake_kvm" "$minivmm" --report "$nowhere" "$kernel"
check 'a report file that is a folder' 2 "report: cannot open '$work': Is a directory" \
    env "$fake_kvm" "$minivmm" --report "$work" "$kernel"
mkfifo "$work/fifo"
check 'a console file that is a named pipe without a reader' 2 "console: cannot open '.*/fifo': No such device or address" \
    env "$fake_kvm" "$minivmm" --console "file:$work/fifo" "$kernel"
rm -f "$work/fifo"
rm -f "$kernel"
