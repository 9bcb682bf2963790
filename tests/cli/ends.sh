# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2016 # run.sh and lib.sh set the variables
# The ways a run ends, and what is left of the terminal then.

kernel=$work/kernel
make_multiboot "$kernel"
# The fake KVM aborts if not. Linux before 6.7, and newer ones for a size that is no multiple of 2 MiB, put memory
# anywhere.
for memory in 65M 5121M; do
    check_output "--memory $memory is where KVM can make huge pages of it" 0 '' ready \
        env "$fake_kvm" FAKE_KVM_GUEST='ready power-off' "$minivmm" --memory "$memory" "$kernel"
done

# The guest ends it.
driven 'the guest powers off' 0 '' 'ready power-off'
driven 'the guest sets its TSC, for which no VM is made any more' 0 '' 'ready set-tsc power-off'
driven 'the guest resets the machine' 0 '' 'ready reset'
driven 'the guest writes 0x10 to the debug-exit port' 33 '' 'ready debug-exit'
driven 'the guest triple-faults' 4 'guest triple-faulted on vCPU 0' 'ready triple-fault'
if [ -z "$variant" ]; then
    # A sanitized program has no sandbox.
    check_output '--sandbox off says a line' 0 \
        '--sandbox off: a guest that breaks out of minivmm can do what its user can' ready \
        env "$fake_kvm" FAKE_KVM_GUEST='ready power-off' "$minivmm" --sandbox off "$kernel"
    check_output 'a host without seccomp runs the guest, and says a line' 0 \
        "this host's kernel has no seccomp \(Function not implemented\): the run goes on without a sandbox" ready \
        env "$fake_kvm" FAKE_KVM_NO_SECCOMP=1 FAKE_KVM_GUEST='ready power-off' "$minivmm" "$kernel"
fi
driven 'the guest powers off, on a terminal' 0 "$escape" 'ready power-off' -t
driven 'the guest triple-faults, on a terminal' 4 "$(two "$escape" 'guest triple-faulted on vCPU 0')" \
    'ready triple-fault' -t
driven 'the KVM cannot go on, on a terminal' 6 "$(two "$escape" 'this KVM cannot run .*')" \
    'ready internal-error' -t

# A signal ends it.
driven 'SIGINT' 130 'interrupted by SIGINT' 'ready wait' "$ready" signal:INT
driven 'SIGHUP' 130 'interrupted by SIGHUP' 'ready wait' "$ready" signal:HUP
driven 'SIGINT, on a terminal' 130 "$(two "$escape" 'interrupted by SIGINT')" 'ready wait' \
    -t "$ready" raw signal:INT
driven 'SIGTERM presses the power button, and the guest obeys' 0 "$button" 'ready button power-off' \
    "$ready" signal:TERM
driven 'a second SIGTERM ends a guest that does not' 130 "$(two "$button" 'ended by a second SIGTERM')" 'ready wait' \
    "$ready" signal:TERM wait:second signal:TERM
driven 'a second SIGTERM, on a terminal' 130 "$(
    two "$escape" "$button"
    echo
    echo 'ended by a second SIGTERM'
)" 'ready wait' -t "$ready" raw signal:TERM wait:pressed signal:TERM
# graced NAME SECONDS LINES WORDS ACTION...: with --grace SECONDS, the guest does not obey, and no second SIGTERM comes.
graced() {
    graced_name=$1
    graced_seconds=$2
    graced_lines=$3
    graced_words=$4
    shift 4
    check_output "$graced_name" 130 "$graced_lines" ready \
        "$drive" "$@" -- env "$fake_kvm" FAKE_KVM_GUEST="$graced_words" "$minivmm" --grace "$graced_seconds" "$kernel"
}
button_graced="SIGTERM: pressed the guest's power button; the run ends in 0.3 s, or at once at a second SIGTERM"
over='the guest did not power off within 0.3 s of SIGTERM'
graced 'one SIGTERM ends a guest that does not obey' 0.3 "$(two "$button_graced" "$over")" 'ready wait' \
    "$ready" signal:TERM
graced 'one SIGTERM, on a terminal' 0.3 "$(
    two "$escape" "$button_graced"
    echo
    echo "$over"
)" 'ready wait' -t "$ready" raw signal:TERM
graced '--grace 0: one SIGTERM ends at once' 0 'ended by SIGTERM' 'ready wait' "$ready" signal:TERM
for signal in QUIT:3 ALRM:14 SEGV:11 ABRT:6 XCPU:24; do
    driven "SIG${signal%:*} kills, and the terminal is restored" $((128 + ${signal#*:})) "$escape" 'ready wait' \
        -t "$ready" raw "signal:${signal%:*}"
done
for number in 35 64; do
    driven "real-time signal $number kills, and the terminal is restored" $((128 + number)) "$escape" 'ready wait' \
        -t "$ready" raw "signal:$number"
done
driven 'SIGKILL leaves nothing behind' 137 '' 'ready wait' "$ready" signal:KILL
driven 'SIGHUP that the caller ignores, as nohup does' 130 'interrupted by SIGINT' 'ready wait' \
    ignore:HUP "$ready" signal:HUP signal:INT
driven 'every signal blocked by the caller' 0 '' 'ready power-off' block-all
driven 'SIGINT blocked by the caller' 130 'interrupted by SIGINT' 'ready wait' block-all "$ready" signal:INT

# A pause. The fake KVM ignores TSC offsets, though it reads them back.
resumed='resumed after [0-9.]+ s, in which guest time stood still; the TSC went on, as this KVM ignores TSC offsets'
button_paused="SIGTERM: pressed the guest's power button, which it sees when SIGUSR2 resumes it; the run ends in 5 s, or at once at a second SIGTERM"
driven 'SIGUSR1 pauses and SIGUSR2 resumes, and the guest sees what came between' 0 \
    "$(lines "$paused" "$button_paused" "$resumed")" 'ready button power-off' \
    "$ready" signal:USR1 'wait:stands still' signal:TERM wait:second signal:USR2
driven 'pausing and resuming twice is harmless' 130 \
    "$(lines 'SIGUSR2: the guest is not paused' "$paused" 'SIGUSR1: the guest is paused already' "$resumed" \
        'interrupted by SIGINT')" 'ready wait' "$ready" signal:USR2 'wait:is not paused' signal:USR1 \
    'wait:stands still' signal:USR1 wait:already signal:USR2 'wait:stood still' signal:INT
driven 'a second SIGTERM ends a paused guest' 130 \
    "$(lines "$paused" "$button_paused" 'ended by a second SIGTERM')" 'ready wait' \
    "$ready" signal:USR1 'wait:stands still' signal:TERM wait:second signal:TERM
graced 'one SIGTERM ends a paused guest' 0.3 \
    "$(two "$paused" "SIGTERM: pressed the guest's power button, which it sees when SIGUSR2 resumes it; the run ends in 0.3 s, .*")
$over" 'ready wait' "$ready" signal:USR1 'wait:stands still' signal:TERM
driven 'the escape key ends a paused guest' 130 \
    "$(lines "$escape" "$paused" 'ended from the console')" 'ready wait' \
    -t "$ready" raw signal:USR1 'wait:stands still' "keys:${control_a}x"
check_output '--timeout ends a paused guest' 124 \
    "$(lines "$paused, the time of --timeout goes on" 'timed out after 0.5 s')" ready \
    "$drive" "$ready" signal:USR1 -- \
    env "$fake_kvm" FAKE_KVM_STILL=kick FAKE_KVM_GUEST='ready wait' "$minivmm" --timeout 0.5 "$kernel"
check_output '--on-resume advance' 130 \
    "$(lines 'paused by SIGUSR1, SIGUSR2 resumes; guest time goes on' \
        'resumed after [0-9.]+ s, in which guest time went on' 'interrupted by SIGINT')" ready \
    "$drive" "$ready" signal:USR1 'wait:goes on' signal:USR2 'wait:went on' signal:INT -- \
    env "$fake_kvm" FAKE_KVM_GUEST='ready wait' "$minivmm" --on-resume advance "$kernel"
goes_on="paused by SIGUSR1, SIGUSR2 resumes; guest time goes on, as this KVM cannot intercept hypercalls, \
by which a guest sees the host's; --on-resume freeze hides KVM from it"
check_output 'a pause, on a KVM that answers hypercalls itself' 130 \
    "$(lines "$goes_on" 'resumed after [0-9.]+ s, in which guest time went on' 'interrupted by SIGINT')" ready \
    "$drive" "$ready" signal:USR1 'wait:goes on' signal:USR2 'wait:went on' signal:INT -- \
    env "$fake_kvm" FAKE_KVM_HIDE=KVM_CAP_XEN_HVM FAKE_KVM_GUEST='ready wait' "$minivmm" "$kernel"
check_output 'a pause that freezes guest time, on such a KVM' 130 \
    "$(lines "--on-resume freeze: $hypercalls" "$paused" "$resumed" 'interrupted by SIGINT')" ready \
    "$drive" "$ready" signal:USR1 'wait:stands still' signal:USR2 'wait:stood still' signal:INT -- \
    env "$fake_kvm" FAKE_KVM_HIDE=KVM_CAP_XEN_HVM FAKE_KVM_GUEST='ready wait' "$minivmm" --on-resume freeze "$kernel"

# The host ends it.
driven 'more files to wait for than the program may have open' 2 'poll: Invalid argument' 'ready wait' \
    "$ready" files:4 signal:CONT

# The user ends it.
driven 'the escape key' 130 "$(two "$escape" 'ended from the console')" 'ready wait' \
    -t "$ready" raw "keys:${control_a}x"
driven 'the list of keys' 130 \
    "$(lines "$escape" 'Ctrl-A x ends the run, Ctrl-A b sends a break, Ctrl-A Ctrl-A sends Ctrl-A' 'ended from the console')" \
    'ready wait' -t "$ready" raw "keys:${control_a}?${control_a}b${control_a}x"
# Bash, as its fg sends a job that runs no SIGCONT; it takes the terminal of its stderr.
job='exec 3>&2 2>&1; set -m; "$@" 2>&3 & read -r line; fg'
check_output 'the escape key of a job that was started in the background' 130 'ended from the console' ready \
    "$drive" -t "$ready_cooked" "keys:go
" turn-raw "keys:${control_a}x" -- bash -c "$job" - \
    env "$fake_kvm" FAKE_KVM_GUEST='ready wait' "$minivmm" "$kernel"
driven 'the escape key, behind more than a guest that hangs can take' 130 \
    "$(lines "$escape" 'console: the guest has left 65536 bytes of input unread; what comes beyond them is lost' \
        'console: [0-9]+ bytes of input are lost' 'ended from the console')" 'ready wait' \
    -t "$ready" raw "keys:$(printf '%070000d' 0)${control_a}x"
driven 'the terminal is closed' 130 "$(two "$escape" 'interrupted by SIGHUP|ended from the console')" 'ready wait' \
    -t "$ready" raw hangup
driven 'a terminal that controls nothing is closed' 130 "$(two "$escape" 'ended from the console')" 'ready wait' \
    -T "$ready" raw hangup
check_output '--timeout' 124 'timed out after 0.3 s' ready \
    env "$fake_kvm" FAKE_KVM_STILL=wait FAKE_KVM_GUEST='ready wait' "$minivmm" --timeout 0.3 "$kernel"
check_output '--timeout on a terminal' 124 "$(two "$escape" 'timed out after 0.3 s')" ready \
    "$drive" -t -- env "$fake_kvm" FAKE_KVM_STILL=wait FAKE_KVM_GUEST='ready wait' "$minivmm" --timeout 0.3 "$kernel"

rm -f "$kernel"
