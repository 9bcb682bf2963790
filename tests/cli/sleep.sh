# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2016 # run.sh, lib.sh and kvm.sh set the variables
# A guest that sleeps (S3), on this machine's own KVM, and what a user does to it: the payload `sleep`, which
# looks at what it finds when it wakes, and ends with status 1 if that is right.

naps=$work/naps
mkdir -p "$naps"
export naps minivmm tools

# run_guest COMMAND... runs one whose console is $naps/console; ctl is a client of it; await STATUS waits for a
# status; ended prints how it ended, and by which of its checks it failed.
naps_script='
run_guest() { "$minivmm" "$@" --console "file:$naps/console" --control "$naps/socket" & run=$!; }
ctl() { "$minivmm" ctl "$naps/socket" "$@"; }
await() { until ctl query-status 2>/dev/null | grep -q "\"$1\""; do sleep 0.02; done; }
ended() { status=0; wait "$run" || status=$?; grep "^not ok" "$naps/console"; echo "$status $1"; }
fall_asleep() { run_guest --timeout 90 --memory 16 --cpus 2 --append "cpus=2 alarm=0" "$tools/sleep.elf"; await suspended; }
'

# slept NAME LINES OUTPUT SCRIPT
slept() {
    if ! can_open_kvm; then
        skip "$1" 'there is no /dev/kvm here that this user may open'
        return
    fi
    rm -f "$naps"/*
    check_output "a guest that sleeps: $1" 0 "$2" "$3" sh -c "$naps_script $4"
}

slept 'system_wakeup wakes it, and an event says so' '' '1 WAKEUP SHUTDOWN ' '
    fall_asleep
    ctl --events system_wakeup >"$naps/events"
    ended "$(jq -r .event "$naps/events" | tr "\n" " ")"'
slept 'a snapshot of it sleeps, too, and wakes elsewhere' 'saved to .*, and ended' '1 restored' '
    fall_asleep
    ctl snapshot-save "file=$naps/saved" then=quit
    wait "$run"
    run_guest restore --time advance --timeout 90 "$naps/saved"
    await suspended
    ctl system_wakeup
    ended restored'
slept 'one that is awake is not woken' "$(lines 'system_wakeup: the guest does not sleep' 'ended by SIGTERM')" '130 2' '
    run_guest --timeout 90 --grace 0 --append end=hang "$tools/send.elf"
    await running
    failed=0
    ctl system_wakeup || failed=$?
    kill -TERM "$run"
    ended "$failed"'
