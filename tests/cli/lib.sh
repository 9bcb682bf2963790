# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034,SC2016 # run.sh sets what this reads, and the tests read what this sets
# Checks of a whole run of the program: what it says, its status, and what it leaves behind.
#
# Set by run.sh: $work, a folder for files; $tools, the folder of drive, libraries and payloads; $minivmm, the
# program to run; $variant, what is added to names of tests; $preload, libraries it must be run with.

# env "$fake_kvm" FAKE_KVM_GUEST=WORDS PROGRAM...: on a KVM that is played by fake_kvm.c.
fake_kvm="LD_PRELOAD=$preload $tools/fake_kvm.so"
drive=$tools/drive
# For drive: all of the line, so that nothing is left to be written.
ready='wait:ready
'
# The same on a terminal that is not raw. What is typed before the end of the line would be echoed into it.
ready_cooked="wait:ready$(printf '\r')
"
clocksource_file=/sys/devices/system/clocksource/clocksource0/current_clocksource
work_lock=$work/lock
work_empty=$work/empty
mkdir -p "$work_empty"
failed=${failed:-0}

ok() {
    echo "ok - $1$variant"
}

skip() {
    echo "ok - $1$variant # SKIP $2"
}

not_ok() {
    failed=1
    echo "not ok - $1$variant: $2"
}

# On a host whose TSC is not to be trusted each run says so: only who set $says_clock wants to see it.
host_tsc_is_trusted() {
    [ "$(cat "$clocksource_file" 2>/dev/null)" = tsc ] && grep -qw nonstop_tsc /proc/cpuinfo
}

# With $unsaid, lines on stderr that match it do not count.
#
# Runs COMMAND... in an empty folder that is its TMPDIR too, holding a lock that whoever it starts
# holds with it. Leaves $status, $work/out and $work/err.
run() {
    status=0
    (
        cd "$work_empty" || exit
        exec 9>"$work_lock"
        flock -n 9
        TMPDIR=$work_empty timeout -k 5 120 "$@" </dev/null >"$work/out" 2>"$work/err"
    ) || status=$?
    [ -n "${says_clock:-}" ] || host_tsc_is_trusted || sed -i "/: the host.*: \(no TSC_STABLE in kvm-clock\|the guest is told on your word .*\)\$/d" "$work/err"
    [ -z "${unsaid:-}" ] || sed -i "/$unsaid/d" "$work/err"
}

# Whether line N of FILE matches line N of PATTERNS, extended regular expressions, for all lines.
lines_match() {
    [ -n "$1" ] || {
        [ ! -s "$2" ]
        return
    }
    [ "$(printf '%s\n' "$1" | wc -l)" -eq "$(wc -l <"$2")" ] || return 1
    number=0
    while IFS= read -r pattern; do
        number=$((number + 1))
        sed -n "${number}p" "$2" | tr -d '\r' | grep -Eq "^minivmm: ($pattern)\$" || return 1
    done <<END
$1
END
}

one_line() {
    tr '\n' '|' <"$1" | cut -c 1-600
}

# Prints what is wrong with the run; nothing if nothing is. A process that the end of the run ends as well may
# take a moment for it.
wrong_with_run() {
    [ "$status" -eq "$1" ] || echo "status $status instead of $1; "
    lines_match "$2" "$work/err" || echo "stderr is '$(one_line "$work/err")'; "
    [ -z "$3" ] || tr -d '\r' <"$work/out" | grep -Eq "^($3)\$" || echo "stdout is '$(one_line "$work/out")'; "
    [ -n "$3" ] || [ ! -s "$work/out" ] || echo "stdout is not empty; "
    flock -w 30 "$work_lock" true || echo "a process is left; "
    [ -z "$(ls -A "$work_empty")" ] || echo "files are left: $(ls -A "$work_empty"); "
}

# check_output NAME STATUS LINES OUTPUT COMMAND...
# LINES are patterns for what stderr has to say after "minivmm: ", OUTPUT one for a line of stdout.
check_output() {
    check_name=$1
    check_status=$2
    check_lines=$3
    check_out=$4
    shift 4
    run "$@"
    wrong=$(wrong_with_run "$check_status" "$check_lines" "$check_out" | tr -d '\n')
    rm -rf "$work_empty"
    mkdir -p "$work_empty"
    if [ -z "$wrong" ]; then
        ok "$check_name"
    else
        not_ok "$check_name" "$wrong"
    fi
}

# check NAME STATUS LINES COMMAND...: the same, and nothing on stdout.
check() {
    check_name=$1
    check_status=$2
    check_lines=$3
    shift 3
    check_output "$check_name" "$check_status" "$check_lines" '' "$@"
}

# TEXT as a pattern that matches it alone.
literally() {
    printf '%s' "$1" | sed 's/[][\.*^$()+?{}|]/\\&/g'
}

# That of the labs, or an older one, if guest-images/fetch-kernel.sh has fetched it; nothing if not.
find_debian_kernel() {
    find "${MINIVMM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/minivmm}" -path '*/kernel-6.1/boot/vmlinuz-*-cloud-amd64' \
        -o -path '*/kernel-6.12/boot/vmlinuz-*-cloud-amd64' 2>/dev/null | sort -V | tail -n 1
}

# capability_rows true|false: the program's own list of those that are required, or of the others.
capability_rows() {
    sed -n "s/^ *ROW(\(KVM_CAP_[A-Z0-9_]*\), [^,]*, $1,.*/\1/p" vmm/kvm/kvm_capabilities.c
}

can_open_kvm() {
    (: <>/dev/kvm) 2>/dev/null
}

# What the program says, as patterns.
escape='Ctrl-A x ends the run, Ctrl-A [?] lists the keys'
button="SIGTERM: pressed the guest's power button; the run ends in 5 s, or at once at a second SIGTERM"
lost='[0-9]+ bytes of the guest.s output are lost'
paused='paused by SIGUSR1, SIGUSR2 resumes; guest time stands still'
control_a=$(printf '\001')

# two FIRST SECOND: lines of stderr.
two() {
    printf '%s\n%s' "$1" "$2"
}

# lines LINE...: lines of stderr.
lines() {
    printf '%s\n' "$@"
}

# driven NAME STATUS LINES WORDS ACTION... : a guest that does WORDS, on the fake KVM, under drive, with $kernel.
driven() {
    driven_name=$1
    driven_status=$2
    driven_lines=$3
    driven_words=$4
    shift 4
    check_output "$driven_name" "$driven_status" "$driven_lines" ready \
        "$drive" "$@" -- env "$fake_kvm" FAKE_KVM_STILL=signal FAKE_KVM_GUEST="$driven_words" "$minivmm" --cpus 2 "$kernel"
}
