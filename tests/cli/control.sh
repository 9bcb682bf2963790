# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2016 # run.sh, lib.sh and ends.sh set the variables
# The control socket of a run and `minivmm ctl`, on the fake KVM.

kernel=$work/kernel
make_multiboot "$kernel"
socket=$work/control.sock
with_script=$PWD/tests/cli/with-script.sh
clients=$PWD/tests/cli
scratch=$work/control
export socket minivmm clients scratch
mkdir "$scratch"
ctl='ctl() { "$minivmm" ctl "$socket" "$@"; }; '

# controlled NAME STATUS LINES OUTPUT WORDS SCRIPT: a guest that does WORDS, and SCRIPT while it runs, for which $run is
# the process. A sanitizer keeps little of what was freed, so that the run grows no more than by itself. LINES are what both say on stderr, OUTPUT is a line that the script prints.
controlled() {
    controlled_name="control: $1"
    controlled_status=$2
    controlled_lines=$3
    controlled_out=$4
    controlled_words=$5
    controlled_script=$6
    # What an earlier run has left there must not be taken for what this one says.
    rm -f "$scratch"/*
    : >"$scratch/events"
    check_output "$controlled_name" "$controlled_status" "$controlled_lines" "$controlled_out" \
        "$with_script" "$scratch" "$ctl$controlled_script" \
        env "$fake_kvm" ASAN_OPTIONS=quarantine_size_mb=1 FAKE_KVM_GUEST="$controlled_words" "$minivmm" --cpus 2 --control "$socket" ${controlled_option:-} "$kernel"
    [ ! -e "$socket" ] || not_ok "$controlled_name" 'the socket is left'
}

stopped='paused by stop, cont resumes; guest time stands still'
quit='ended by quit of the control socket'
controlled 'stop, cont and quit, and their events' 130 "$(lines "$stopped" "$resumed" "$quit")" \
    'STOP RESUME SHUTDOWN host-qmp-quit' 'ready wait' '
    ctl --events stop >"$scratch/events" &
    until grep -q STOP "$scratch/events"; do sleep 0.1; done
    ctl cont
    ctl quit
    wait $!
    jq -r .event "$scratch/events" | tr "\n" " "
    jq -r "select(.event == \"SHUTDOWN\").data.reason" "$scratch/events"'
controlled 'the power button, which the guest obeys' 0 '' 'POWERDOWN SHUTDOWN ' 'ready button power-off' '
    ctl --events system_powerdown | jq -r .event | tr "\n" " "; echo'
controlled 'a reset' 0 'reset by system_reset of the control socket' 'host-qmp-system-reset' 'ready wait' '
    ctl --events system_reset | jq -r .data.reason | uniq'
controlled 'the end by a signal' 130 'interrupted by SIGHUP' 'SHUTDOWN host-signal false' 'ready wait' '
    ctl --events query-version >"$scratch/events" &
    until grep -q package "$scratch/events"; do sleep 0.1; done
    kill -HUP "$run"
    wait $!
    jq -r "select(.event) | .event + \" \" + .data.reason + \" \" + (.data.guest | tostring)" "$scratch/events"'
controlled 'queries' 130 "$quit" 'running 2 2 false' 'ready wait' '
    echo "$(ctl query-status | jq -r .status) $(ctl query-cpus-fast | jq "[.[] | select(.\"thread-id\" > 0)] | length")" \
        "$(ctl query-time | jq ".vcpus | length") $(ctl query-time | jq .stopped)"
    ctl quit'
controlled 'what a run refuses' 130 "$(lines 'nix: The command nix has not been found' \
    "stop: stop has no argument 'force'" 'inject-nmi: no vCPU takes it: .*' "$quit")" '2 2 2' 'ready wait' '
    a=0; b=0; c=0
    ctl nix || a=$?
    ctl stop force=true || b=$?
    ctl inject-nmi || c=$?
    echo "$a $b $c"
    ctl quit'
controlled 'a fault, and its event' 130 "$quit" 'FAULT hpet.rate 2000000 true' 'ready wait' '
    ctl --events fault hpet.rate ppb=2000000 >"$scratch/events" &
    until grep -q FAULT "$scratch/events"; do sleep 0.01; done
    jq -r "\"\(.event) \(.data.fault) \(.data.ppb) \(.data.\"guest-ns\" > 0)\"" "$scratch/events"
    ctl quit'
controlled 'faults that are refused, on a KVM that ignores TSC offsets' 130 "$(lines \
    "fault: 'jmp' is no fault; minivmm --faults lists them" 'fault: jump: by is to be a time .*' \
    'fault: jump: by is missing' "fault: the argument 'fault' is missing" \
    'fault: jump needs TSC offsets that take effect, .*' "'by=2h': by is given twice" \
    "$quit")" '2 2 2 2 2 2 jump' 'ready wait' '
    a=0; b=0; c=0; d=0; e=0; f=0
    ctl fault jmp by=1h || a=$?
    ctl fault jump by=1 || b=$?
    ctl fault jump || c=$?
    ctl fault || d=$?
    ctl fault jump by=1h || e=$?
    ctl fault jump by=1h by=2h || f=$?
    echo "$a $b $c $d $e $f $(ctl query-faults | jq -r ".[0].fault")"
    ctl quit'
export FAKE_KVM_SAVES=1
controlled 'a snapshot, and the guest goes on; another, and it stands still' 130 \
    "$(lines "saved to $(literally "$scratch/first") at guest time .* s; the guest goes on" \
        "saved to $(literally "$scratch/second") at guest time .* s; the guest is paused, SIGUSR2 or cont resumes it" \
        "$(literally "$scratch/none/third"): .*" "$quit")" \
    'running paused 2 2 2' 'ready wait' '
    ctl snapshot-save file="$scratch/first"
    first=$(ctl query-status | jq -r .status)
    ctl snapshot-save file="$scratch/second" then=stop
    a=0; b=0; c=0
    ctl snapshot-save file="$scratch/none/third" 2>/dev/null || a=$?
    ctl snapshot-save file="$scratch/fourth" then=on 2>/dev/null || b=$?
    ctl snapshot-save 2>/dev/null || c=$?
    echo "$first $(ctl query-status | jq -r .status) $a $b $c"
    for file in first second; do "$minivmm" snapshot verify "$scratch/$file" >/dev/null || echo "$file is damaged"; done
    "$minivmm" snapshot info "$scratch/first" | grep -q "^written by  *minivmm [0-9]" || echo "by nobody"
    ctl quit'
controlled 'a snapshot, and the end' 0 "saved to $(literally "$scratch/last"), and ended" 'host-qmp-quit' 'ready wait' '
    ctl --events snapshot-save file="$scratch/last" then=quit | jq -r "select(.event == \"SHUTDOWN\").data.reason"'
unset FAKE_KVM_SAVES
controlled 'the socket is for its owner alone' 130 "$quit" '600' 'ready wait' 'stat -c %a "$socket"; ctl quit'
controlled 'a second run with the same socket is refused, and the first one goes on' 130 \
    "$(lines "$(literally "$socket"): another process listens on it; give another path" "$quit")" \
    '2 running' 'ready wait' '
    a=0
    "$minivmm" --console none --control "$socket" "'"$kernel"'" || a=$?
    echo "$a $(ctl query-status | jq -r .status)"
    ctl quit'
run "$with_script" "$scratch" 'kill -KILL "$run"' \
    env "$fake_kvm" FAKE_KVM_GUEST='ready wait' "$minivmm" --control "$socket" "$kernel"
if [ -S "$socket" ]; then
    check 'ctl: a run that was killed' 2 "$(literally "$socket"): Connection refused: the process that made it has ended" \
        "$minivmm" ctl "$socket" stop
    controlled 'the socket of a run that was killed is replaced' 130 "$quit" 'running' 'ready wait' \
        'ctl query-status | jq -r .status; ctl quit'
else
    not_ok 'control: a run that was killed leaves its socket' 'it does not'
fi
check 'control: a file is no socket' 2 "$(literally "$kernel") exists and is no socket; give another path" \
    env "$fake_kvm" FAKE_KVM_GUEST='ready power-off' "$minivmm" --control "$kernel" "$kernel"
check 'ctl: there is no such socket' 2 "$(literally "$socket"): No such file or directory" "$minivmm" ctl "$socket" stop
check 'ctl: what listens is no run' 2 'qmp_capabilities: Protocol error' sh -c '
    python3 -c "import socket; s = socket.socket(socket.AF_UNIX); s.bind(\"$socket\"); s.listen(); print(flush=True)
c = s.accept()[0]; c.sendall(b\"220 mail.example.org ESMTP\\r\\n\"); c.recv(999); c.recv(999)" >"$scratch/listens" &
    until [ -s "$scratch/listens" ]; do sleep 0.1; done
    status=0
    "$minivmm" ctl "$socket" stop || status=$?
    wait $!
    rm "$socket"
    exit $status'
controlled 'clients that mean no good' 130 "$quit" 'the run has answered all along' 'ready wait' '
    python3 "$clients/hostile_clients.py" "$socket" "$run"
    ctl quit'
controlled 'a nemesis of examples/minivmm.py' 130 "$quit" 'the nemesis is done' 'ready wait' \
    'cd "$clients/../.." && python3 -B "$clients/nemesis.py" "$socket"'
if client=$(tests/cli/fetch-qemu-qmp.sh 2>"$work/why"); then
    export client
    controlled "QEMU's client for Python" 130 "$(lines "$stopped" "$resumed" "$quit")" "QEMU's client is content" \
        'ready wait' 'PYTHONPATH=$client python3 -B "$clients/qemu_client.py" "$socket"'
else
    skip "control: QEMU's client for Python" "$(cat "$work/why")"
fi
rm -f "$kernel"
