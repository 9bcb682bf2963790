# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2016 # run.sh and lib.sh set the variables
# Where the guest's output and the program's messages go: what is lost is a failure, and nothing waits for ever.

kernel=$work/kernel
make_multiboot "$kernel"

# Nobody reads stderr, whose pipe is full: a message blocks nothing.
for signal in INT TERM HUP; do
    check_output "SIG$signal, with a message that stderr does not take" 130 '' ready \
        "$drive" stuff-stderr "$ready" signal:USR1 "signal:$signal" -- \
        env "$fake_kvm" FAKE_KVM_GUEST='ready wait' "$minivmm" --grace 0 "$kernel"
done
check_output '--timeout, with a message that stderr does not take' 124 '' ready \
    "$drive" stuff-stderr "$ready" signal:USR1 -- \
    env "$fake_kvm" FAKE_KVM_STILL=kick FAKE_KVM_GUEST='ready wait' "$minivmm" --timeout 0.3 "$kernel"
check_output 'the guest powers off, with a message that stderr does not take' 0 '' ready \
    "$drive" stuff-stderr "$ready" signal:TERM -- \
    env "$fake_kvm" FAKE_KVM_GUEST='ready button power-off' "$minivmm" "$kernel"
driven 'a message that stderr takes later' 130 "$(lines "$paused" 'interrupted by SIGINT')" 'ready wait' \
    stuff-stderr "$ready" signal:USR1 relieve 'wait:stands still' signal:INT

# whole_lines NAME STATUS WORDS ACTION...: the guest's console and stderr are one pipe.
whole_lines() {
    whole_name=$1
    whole_status=$2
    whole_words=$3
    shift 3
    check_output "$whole_name" "$whole_status" '' 'minivmm: .*' \
        "$drive" "$@" -- sh -c 'exec "$@" 2>&1' - \
        env "$fake_kvm" FAKE_KVM_STILL=signal FAKE_KVM_GUEST="$whole_words" "$minivmm" "$kernel"
    ! grep -q '.minivmm:' "$work/out" || not_ok "$whole_name" "stdout is '$(one_line "$work/out")'"
}
whole_lines "a message waits for the end of the guest's line" 0 'part button rest power-off' wait:part signal:TERM
whole_lines "a message does not wait for ever for the end of the guest's line" 130 'part wait' \
    wait:part signal:USR1 'wait:stands still' signal:INT
whole_lines "the last message leaves the guest's last line whole" 4 'part triple-fault'

# Standard descriptors that are closed, or lead nowhere. The guest does not notice.
redirected='exec env "$1" FAKE_KVM_GUEST="ready power-off" "$2" "$3"'
check_output 'stdin is closed' 0 '' ready sh -c "$redirected <&-" - "$fake_kvm" "$minivmm" "$kernel"
check_output 'stdin is a folder' 0 '' ready sh -c "$redirected </" - "$fake_kvm" "$minivmm" "$kernel"
check 'stdout is closed' 2 "$(two "console: Bad file descriptor; what the guest sends from here on is lost" "console: $lost")" \
    sh -c "$redirected >&-" - "$fake_kvm" "$minivmm" "$kernel"
check 'stdout is a full disk' 2 "$(two "console: No space left on device; what the guest sends .*" "console: $lost")" \
    sh -c "$redirected >/dev/full" - "$fake_kvm" "$minivmm" "$kernel"
check 'stderr is closed' 2 '' sh -c '"$1" --cpus 0 2>&-' - "$minivmm"
check 'all three are closed' 2 '' sh -c "$redirected <&- >&- 2>&-" - "$fake_kvm" "$minivmm" "$kernel"
driven 'the reader of stdout is gone' 2 "$(
    two "$button" 'console: Broken pipe; what the guest sends .*'
    echo
    echo "console: $lost"
)" 'ready button ready power-off' "$ready" deafen signal:TERM
check '--console to a full disk' 2 "$(two "console: No space left on device; what the guest sends .*" "console: $lost")" \
    env "$fake_kvm" FAKE_KVM_GUEST='ready power-off' "$minivmm" --console file:/dev/full "$kernel"
check '--console to a file beyond the limit of its size' 2 "$(two "console: File too large; what the guest sends .*" "console: $lost")" \
    prlimit --fsize=8192 env "$fake_kvm" FAKE_KVM_GUEST='flood flood flood power-off' \
    "$minivmm" --console "file:$work/console" "$kernel"
rm -f "$work/console"
check '--console to a file beyond --output-limit' 2 \
    "$(two "console: the file has reached --output-limit; what the guest sends .*" "console: $lost")" \
    env "$fake_kvm" FAKE_KVM_GUEST='flood flood flood power-off' \
    "$minivmm" --output-limit 5K --console "file:$work/console" "$kernel"
[ "$(stat -c %s "$work/console")" = 5120 ] || not_ok '--output-limit' "the file has $(stat -c %s "$work/console") bytes"
rm -f "$work/console"
check '--output-limit does not concern a device' 0 '' env "$fake_kvm" FAKE_KVM_GUEST='flood flood flood power-off' \
    "$minivmm" --output-limit 5K --console file:/dev/null "$kernel"
check '--console none' 0 '' env "$fake_kvm" FAKE_KVM_GUEST='ready power-off' "$minivmm" --console none "$kernel"
check '--console to a file' 0 '' \
    env "$fake_kvm" FAKE_KVM_GUEST='ready power-off' "$minivmm" --console "file:$work/console" "$kernel"
if [ "$(cat "$work/console")" = ready ]; then
    ok 'the file has what the guest said'
else
    not_ok 'the file has what the guest said' "it has '$(cat "$work/console")'"
fi
rm -f "$work/console"

# What is lost is a failure, unless the guest's own status says more.
check '--report to a full disk' 2 "$(two "report: No space left on device; what the guest sends .*" "report: $lost")" \
    env "$fake_kvm" FAKE_KVM_GUEST='begun power-off' "$minivmm" --report /dev/full "$kernel"
check 'a guest that crashes, and its output is lost' 4 \
    "$(lines "console: No space left on device; what the guest sends .*" "console: $lost" 'guest triple-faulted on vCPU 0')" \
    env "$fake_kvm" FAKE_KVM_GUEST='ready triple-fault' "$minivmm" --console file:/dev/full "$kernel"
check 'a guest with a status of its own, and its output is lost' 33 \
    "$(two "console: No space left on device; what the guest sends .*" "console: $lost")" \
    env "$fake_kvm" FAKE_KVM_GUEST='ready debug-exit' "$minivmm" --console file:/dev/full "$kernel"

# At the end, readers that pause. The fake KVM ends a wait of a fixed time at once. With -v the guest's end is told of.
# What it sends fits the console's ring: a guest that does not look for room would lose it otherwise.
flood='flood flood flood'
ended='wait:to ports without a device'
# paused_reader NAME STATUS OUTPUT OPTION VALUE ACTION...: the guest sends more than a pipe takes.
paused_reader() {
    paused_name=$1
    paused_status=$2
    paused_output=$3
    paused_option="$4 $5"
    shift 5
    unsaid=.
    # shellcheck disable=SC2086 # an option and its value
    check_output "$paused_name" "$paused_status" '' "$paused_output" \
        "$drive" pause-reader "$@" -- env "$fake_kvm" FAKE_KVM_IMPATIENT=1 FAKE_KVM_STILL=wait FAKE_KVM_GUEST="stray $flood rest power-off" \
        "$minivmm" -v $paused_option "$kernel"
    unsaid=
}
paused_reader 'a reader of stdout that pauses at the end is waited for' 0 rest --grace 5 "$ended" asleep resume-reader
for signal in INT TERM HUP; do
    paused_reader "SIG$signal ends the wait for a reader" 2 '' --grace 5 "$ended" asleep "signal:$signal"
done
paused_reader '--output-wait ends the wait for a reader' 2 '' --output-wait 0.1
paused_reader '--timeout ends the wait for a reader' 2 '' --timeout 0.5

# A user at a terminal on which nothing comes; once, as it takes the 5 s.
[ -n "$variant" ] || check_output 'a hint while the console is silent' 130 '' \
    'minivmm: nothing on the console for 5 s; with -a loglevel=7 Linux prints what it does' \
    "$drive" -t wait:loglevel=7 signal:INT -- sh -c 'exec "$@" 2>&1' - \
    env "$fake_kvm" FAKE_KVM_GUEST=wait "$minivmm" "$kernel"
rm -f "$kernel"
