#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Inside the lab: pauses a Linux with 4 vCPUs and judges what it finds, by each --on-resume.
#
# usage: pause-in-lab.sh user|kernel    who publishes kvm-clock
#
# Prints a TAP line for each check. Its watchdogs complain of what is longer than 4 s (soft lockup) and 3 s (RCU
# stall). A pause that fails is made once more (in-lab.sh says why), and the failed one is shown.
#
# Only what is certain is compared: what the guest says lies between what is sent to it and its answer.

pause_sec=6
words='watchdog_thresh=2 rcupdate.rcu_cpu_stall_timeout=3 rdinit=/init'
tests=linux-pause
. ./guest-in-lab.sh

now_ms() {
    awk '{ printf "%d", $1 * 1000 }' /proc/uptime
}

up_ms() {
    sed -n "s/^up at $1: \([0-9.]*\) s.*/\1/p" "$out.console" | awk '{ printf "%d", $1 * 1000 }'
}

ask() {
    echo "$1" >&3
    wait_for "^up at $1" "$out.console"
}

# Leaves asked_ms, paused_ms, resumed_ms and answered_ms, the lab's time.
pause_and_resume() {
    wait_for '^# ready' "$out.console" || return
    asked_ms=$(now_ms)
    ask first || return
    kill -USR1 "$pid"
    wait_for ' paused by' "$out.log" || return
    paused_ms=$(now_ms)
    sleep "$pause_sec"
    resumed_ms=$(now_ms)
    kill -USR2 "$pid"
    wait_for ' resumed after' "$out.log" && ask last || return
    answered_ms=$(now_ms)
    sleep 5
    echo >&3
}

# pause NAME OPTION...: fails if the guest did not answer all along; guest_ms is the time it saw pass
pause() {
    name=$1
    out=/out/pause-$1
    shift
    # Of a try before.
    rm -f "$out.console" "$out.log"
    mkfifo /keys
    ./minivmm --cpus 4 --timeout 120 --initrd initrd --append "$words" "$@" vmlinux \
        </keys >"$out.console" 2>"$out.log" &
    pid=$!
    exec 3>/keys
    rm /keys
    if pause_and_resume; then answers=yes; else answers=no; fi
    exec 3>&-
    [ "$answers" = yes ] || kill -KILL "$pid" 2>/dev/null
    wait "$pid"
    status=$?
    check 'the guest answers all along' [ "$answers" = yes ]
    check 'the guest goes on and powers off' [ "$status" -eq 0 ]
    check 'its watchdogs and clocks complain of nothing' [ "$(grep -c '^complaint' "$out.console")" -eq 0 ]
    grep -E '^complaint|Oops|Kernel panic' "$out.console" | head -n 3 | sed 's/^/# /'
    [ "$answers" = yes ] && guest_ms=$(($(up_ms last) - $(up_ms first)))
}

# The resolution of both clocks is 10 ms.
freeze() {
    pause "$@" || return
    check 'the pause is missing in its time' \
        [ "$guest_ms" -le $((answered_ms - asked_ms - (resumed_ms - paused_ms) + 50)) ]
}

advance() {
    pause "$@" --on-resume advance || return
    check 'the pause is part of its time' [ "$guest_ms" -ge $((resumed_ms - paused_ms - 50)) ]
}

# try POLICY NAME OPTION...
try() {
    "$@" >/tmp/tap
    if grep -q '^not ok' /tmp/tap; then
        echo "# linux-pause $2 failed and is run once more; at first it said:"
        sed 's/^/#   /' /tmp/tap
        "$@" >/tmp/tap
    fi
    cat /tmp/tap
}

case $1 in
user)
    try freeze freeze-user --kvmclock user --steal 25%
    grep -E "^(ptp|steal)" "$out.console" | sed "s/^/# /"
    try advance advance-user --kvmclock user
    try freeze freeze-tsc --invtsc
    ;;
kernel)
    try freeze freeze-kernel --kvmclock kernel
    try advance advance-kernel --kvmclock kernel
    ;;
esac
