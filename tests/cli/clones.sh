#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2016 # run.sh, lib.sh and kvm.sh set the variables
# `minivmm restore --clones` on this machine's own KVM. A guest that ignores TSC offsets can only advance.

clones=$work/clones
mkdir -p "$clones"
export clones minivmm

# restore starts three clones, of the process $run; ask N COMMAND... is `ctl` to clone N, thread N a thread of
# its, and await_all waits until all answer.
clones_script='
restore() { "$minivmm" restore --time advance --clones 3 --console none --timeout 90 "$@" "$clones/saved" & run=$!; }
ask() { number=$1; shift; "$minivmm" ctl "$clones/$number.sock" "$@"; }
thread() { ask "$1" query-cpus-fast | jq ".[0].\"thread-id\""; }
await_all() {
    for number in 1 2 3; do
        until ask "$number" query-status 2>/dev/null | grep -q running; do sleep 0.02; done
    done
}
ended() { status=0; wait "$run" || status=$?; echo "$1" $(ls "$clones"); return "$status"; }
controlled() { restore --control "$clones/%n.sock"; await_all; }
'

# cloned NAME STATUS LINES OUTPUT SCRIPT
cloned() {
    if ! can_open_kvm; then
        skip "$1" 'there is no /dev/kvm here that this user may open'
        return
    fi
    check_output "clones: $1" "$2" "$3" "$4" sh -c "$clones_script $5"
}

if can_open_kvm; then
    # shellcheck disable=SC2086 # a list of bytes
    make_guest "$work/kernel" $obey
    check_output 'clones: a guest is saved' 0 "saved to $(literally "$clones/saved"), and ended" ready \
        "$minivmm" --memory 16 --snapshot-at "boot:^ready,file=$clones/saved,then=quit" "$work/kernel"
    rm -f "$work/kernel"
fi
pressed="SIGTERM: pressed the guest's power button; the run ends in 5 s, or at once at a second SIGTERM"
any_clone='clone [123]'
cloned 'SIGTERM goes to all, and each obeys; each has an identity of its own, and no socket is left' 0 \
    "$(lines "$any_clone: $pressed" "$any_clone: $pressed" "$any_clone: $pressed")" '3 saved' '
    controlled
    identities=$(for number in 1 2 3; do ask "$number" query-vm-generation-id; done | sort -u | grep -c guid)
    kill -TERM "$run"
    ended "$identities"'
cloned 'the status is the highest' 130 'clone 2: ended by quit of the control socket' 'left: saved' '
    controlled
    for number in 1 3; do ask "$number" system_powerdown; done
    ask 2 quit
    ended left:'
cloned 'one that is killed is a host error, and the others go on' 2 'clone 3: killed by SIGKILL' 'running left: saved' '
    controlled
    kill -KILL "$(thread 3)"
    while ask 3 query-status >/dev/null 2>&1; do sleep 0.02; done
    first=$(ask 1 query-status | jq -r .status)
    for number in 1 2; do ask "$number" system_powerdown; done
    rm "$clones/3.sock"
    ended "$first left:"'
cloned 'they end with the process that started them, however that ends' 137 '' gone '
    controlled
    all="$(thread 1) $(thread 2) $(thread 3)"
    kill -KILL "$run"
    for thread in $all; do while kill -0 "$thread" 2>/dev/null; do sleep 0.02; done; done
    rm "$clones"/*.sock
    echo gone
    wait "$run"'
cloned 'each that fails says one line' 124 \
    "$(lines "$any_clone: timed out after 0.5 s" "$any_clone: timed out after 0.5 s" "$any_clone: timed out after 0.5 s")" \
    'left: 1.report 2.report 3.report saved' '
    restore --timeout 0.5 --report "$clones/%n.report"
    ended left:'
check 'clones: one file for all is refused' 2 '--report r is the same for all clones; with --clones put %n, .*' \
    "$minivmm" restore --clones 2 --report r /bin/sh
check 'clones: what is wrong with the file is said once' 2 '/bin/sh: the file is not a snapshot: an ELF file, but no core' \
    "$minivmm" restore --clones 3 /bin/sh
