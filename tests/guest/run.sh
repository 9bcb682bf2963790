#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Run the bare-metal payloads of tests/guest/cases with ./minivmm and judge each by what it printed
# and how it ended.
#
# usage: run.sh [OPTION VALUE]...
#   --cases REGEX      only cases whose name it matches
#   --payloads DIR     where NAME.elf is, build/guest by default
#   --output DIR       where consoles and messages are left
#   --lab NAME         we are inside that lab, where /dev/kvm must work
# status: 0 nothing failed; 1 something did
#
# Prints a TAP line for each check of a payload, and one for each case: its exit status, and that it
# made all the checks that it says it made. A case that failed is run once more, and what it said at first
# is shown as a comment: a shared host, and the emulator that is a lab's CPU, stand still now and then.
# Where this machine's KVM cannot be used, one line says SKIP and why; so does a case with options that it
# cannot fulfil. In a lab nothing is skipped: there it is a failure; and minivmm doctor must say that Linux
# can be booted. A busybox shell is enough.
set -u

here=$(cd "$(dirname "$0")" && pwd)
minivmm=./minivmm
payloads=build/guest
output=build/guest/results
pattern=
lab=
failures=0
clocksource_file=/sys/devices/system/clocksource/clocksource0/current_clocksource

# say_skip "CHECK # SKIP WHY"
say_skip() {
    if [ -n "$lab" ]; then
        say "not ok" "$(echo "$1" | sed 's/ # SKIP /: skipped, /')"
    else
        say ok "$1"
    fi
}

trim() {
    # shellcheck disable=SC2086,SC2116 # word splitting is what trims
    echo $1
}

say() {
    echo "$1 - guest${lab:+-$lab} $2"
}

# A file of TAP lines, which is the end of its test.
show() {
    cat "$1"
    ! grep -q '^not ok' "$1" || failures=$((failures + 1))
}

# Tries COMMAND... again until it succeeds, the guest has ended, or 30 s are over.
wait_for() {
    tries=0
    until "$@" 2>/dev/null || [ $((tries += 1)) -gt 300 ]; do
        [ ! -s "$run.pid" ] || kill -0 "$(cat "$run.pid")" 2>/dev/null || break
        sleep 0.1
    done
}

# pause SECONDS: counted from when the machine says that it is paused.
pause() {
    kill -USR1 "$(cat "$run.pid")" 2>/dev/null
    wait_for grep -q ' paused by SIGUSR1' "$run.log"
    sleep "$1"
    kill -USR2 "$(cat "$run.pid")" 2>/dev/null
}

# set_host ntp PPM, or set_host clocksource NAME: of the lab, never of a machine that is somebody's.
set_host() {
    [ -n "$lab" ] || return 0
    case ${1:-} in
    ntp) adjtimex -f $(($2 * 65536)) >/dev/null ;;
    clocksource) echo "$2" >"$clocksource_file" ;;
    esac
}

# How it was when the lab started.
reset_host() {
    [ -z "$host" ] || {
        set_host ntp 0
        set_host clocksource tsc
    }
}

# The payload says when it is ready for the case's action.
wait_until_ready() {
    wait_for grep -q '^# ready' "$console"
}

type_when_ready() {
    case $action in
    input\ *)
        wait_until_ready
        printf '%s' "${action#input }"
        ;;
    count\ *) seq 1 "${action#count }" | head -c "${action#count }" ;;
    esac
}

# One that hangs is ended by minivmm itself, and a minivmm that hangs by timeout. Its process id is
# left for the power button. $options is a list of words, in which "\ " is a space.
run_minivmm() {
    eval "timeout -s KILL 60 sh -c 'echo \$\$ >\"\$0\"; exec \"\$@\"' \"$run.pid\" \
        \"$minivmm\" --timeout 40 --report \"$run.report\" $options \"$payloads/$payload.elf\""
}

# Of 1 MiB of zeros, where the options name them.
make_disks() {
    for disk in disk disk2; do
        case $options in *"\$run.$disk"*)
            rm -f "$run.$disk"
            truncate -s 1M "$run.$disk"
            ;;
        esac
    done
}

# Runs the case in the background, with its action, and waits for it; sets status.
start() {
    rm -f "$console" "$run.pid" "$run.log"
    make_disks
    # shellcheck disable=SC2086 # words
    set_host $host
    type_when_ready | run_minivmm >"$console" 2>"$run.log" &
    job=$!
    case $action in
    term)
        wait_until_ready
        kill -TERM "$(cat "$run.pid")" 2>/dev/null
        ;;
    pause\ *)
        wait_until_ready
        pause "${action#pause }"
        ;;
    esac
    case $host in ntp\ *\ *)
        wait_until_ready
        set_host ntp "${host##* }"
        ;;
    esac
    wait "$job"
    status=$?
    reset_host
}

# What is wrong with how the case ended, beside checks that failed.
faults() {
    [ "$status" -eq "$expected" ] ||
        echo "status is $status, not $expected ($(tail -n 1 "$run.log"))"
    planned=$(tr -d '\r' <"$console" | sed -n 's/^1\.\.//p')
    made=$(grep -cE '^(not )?ok ' "$console")
    case $action in
    report\ *) grep -qx "${action#report }" "$run.report" || echo "no \"${action#report }\" on COM2" ;;
    says\ *) grep -qx "minivmm: ${action#says }" "$run.log" || echo "it does not say \"${action#says }\"" ;;
    esac
    [ "$planned" = "$made" ] || echo "it says ${planned:-nothing} of how many checks it makes and made $made"
}

# AVIC: the CPU does the EOI of an edge, and KVM cannot tell of it.
has_avic() {
    grep -q '[1Y]' /sys/module/kvm_amd/parameters/avic 2>/dev/null
}

# Why the case cannot be run here, as the error line by which minivmm declines its options; nothing if it can.
reason_to_skip_case() {
    case $name in periodic-*-apic) ! has_avic || echo "KVM does not tell of the EOI of an edge with AVIC" ;; esac
    [ -n "$lab" ] || [ "$status" -ne 2 ] ||
        grep -e '^minivmm: --tsc: vCPU .* by KVM' -e '^minivmm: --.*: this KVM cannot intercept hypercalls' \
            -e '^minivmm: --at .* needs TSC offsets' "$run.log"
}

judge_case() {
    start
    reason=$(reason_to_skip_case)
    [ -z "$reason" ] || {
        echo "ok - guest $name # SKIP $reason"
        return
    }
    while read -r line; do
        case $line in
        ok\ *\ \#\ SKIP\ *) say_skip "$name: ${line#ok }" ;;
        ok\ *) say ok "$name: ${line#ok }" ;;
        not\ ok\ *) say "not ok" "$name: ${line#not ok }" ;;
        esac
    done <"$console"
    found=$(faults)
    if [ -z "$found" ]; then
        say ok "$name ends with status $expected"
    else
        say "not ok" "$name: $found"
    fi
}

run_case() {
    run=$output/$name
    console=$run.console
    judge_case >"$run.tap"
    if grep -q '^not ok' "$run.tap"; then
        echo "# $name failed and is run once more; at first it said:"
        sed 's/^/#   /' "$run.tap"
        judge_case >"$run.tap"
    fi
    show "$run.tap"
}

# The reason why this machine's KVM cannot be used at all; nothing if it can.
reason_to_skip() {
    "$minivmm" --console none --timeout 20 --append exit=0 "$payloads/exit.elf" 2>"$output/skip.log"
    case $? in
    2) grep -m 1 /dev/kvm "$output/skip.log" ;;
    6) tail -n 1 "$output/skip.log" ;;
    esac
}

while [ $# -gt 1 ]; do
    case $1 in
    --cases) pattern=$2 ;;
    --payloads) payloads=$2 ;;
    --output) output=$2 ;;
    --lab) lab=$2 ;;
    *) echo "minivmm: unknown option $1 (usage: see the top of $0)" >&2 && exit 1 ;;
    esac
    shift 2
done
# In a lab Linux can be booted, and minivmm doctor has to see that.
examine_host() {
    "$minivmm" doctor >"$output/doctor.log" 2>&1
    status=$?
    if [ "$status" -eq 0 ]; then
        say ok "doctor: Linux can be booted here"
    else
        say "not ok" "doctor: status $status, $(grep -v '  ok  ' "$output/doctor.log" | tr '\n' '|')"
    fi >"$output/doctor.tap"
    show "$output/doctor.tap"
}

mkdir -p "$output"
reason=$(reason_to_skip)
if [ -n "$reason" ] && [ -z "$lab" ]; then
    echo "ok - guest # SKIP $reason"
    exit 0
fi
if [ -n "$lab" ] && echo doctor | grep -qE "$pattern"; then
    examine_host
fi
grep -vE '^(#|$)' "$here/cases" | grep -E "^[^|]*${pattern}[^|]*\\|" >"$output/cases" || {
    echo "minivmm: no case of $here/cases has a name like $pattern" >&2
    exit 1
}
while IFS='|' read -r name payload expected options action host; do
    name=$(trim "$name")
    payload=$(trim "$payload")
    expected=$(trim "$expected")
    action=$(trim "$action")
    host=$(trim "$host")
    run_case
done <"$output/cases"
[ "$failures" -eq 0 ]
