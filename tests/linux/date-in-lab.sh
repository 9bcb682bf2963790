#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Inside the lab: sets the host's date forward and back while a Linux follows it, and judges where that is.
#
# Prints a TAP line for each check. The guest compares its CLOCK_REALTIME with the host's date by --ptp-kvm host.

ppm=100000
# 2 s at that rate, and some for a lab that stands still now and then.
slew_sec=26
words='rdinit=/init'
tests=linux-date
. ./guest-in-lab.sh

# ask NAME: how far the host's date is ahead of the guest's clock, in microseconds, "FROM TO"
ask() {
    echo "$1" >&3
    wait_for "^date at $1" "$out.console" || return
    sed -n "s/^date at $1: .*is \(-*[0-9]*\) to \(-*[0-9]*\) ns.*/\1 \2/p" "$out.console" |
        awk '{ printf "%d %d", $1 / 1000 - 1, $2 / 1000 + 1 }'
}

# at_most US FROM TO FROM TO: the two may be so near to each other
at_most() {
    [ $(($2 - $5)) -le "$1" ] && [ $(($4 - $3)) -le "$1" ]
}

# at_least US FROM TO FROM TO: they are certainly so far from each other
at_least() {
    [ $(($2 - $5)) -ge "$1" ] || [ $(($4 - $3)) -ge "$1" ]
}

# set_date SECONDS NAME: in whole seconds, so by up to one less
# shellcheck disable=SC2086 # each is two numbers
set_date() {
    date -s "@$(($(date +%s) + $1))" >/dev/null
    sleep 1
    away=$(ask "$2-set")
    ./minivmm ctl /control query-time | sed -n 's/.*"follow-left-ns": *\(-*[0-9]*\).*/# left by query-time: \1 ns/p'
    sleep "$slew_sec"
    there=$(ask "$2-there")
    echo "# $name, $2: the host's date is $first us ahead at first, $away us once it is set, $there us $slew_sec s later"
    check "a date that is set $2 moves away from the guest's" at_least 300000 $away $first
    check "and the guest reaches it" at_most 100 $there $first
}

# follow NAME WORDS OPTION...
follow() {
    name=$1
    out=/out/date-$1
    append="$words $2"
    shift 2
    mkfifo /keys
    ./minivmm --timeout 140 --verbose --control /control --initrd initrd --append "$append" --ptp-kvm host \
        --kvmclock-follow "realtime,max=$ppm" "$@" vmlinux </keys >"$out.console" 2>"$out.log" &
    pid=$!
    exec 3>/keys
    rm /keys
    if wait_for '^# ready' "$out.console"; then
        first=$(ask first)
        set_date 2 forward
        set_date -2 back
    fi
    echo >&3
    wait "$pid"
    check 'the guest powers off' [ $? -eq 0 ]
    exec 3>&-
    grep -E '^complaint' "$out.console" | head -n 3 | sed 's/^/# /'
    grep -E "the host's date" "$out.log" | sed 's/^/# /'
}

follow "$@"
