#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Inside the lab: guests with chrony, and what becomes of their clocks when something happens to them or to the host.
#
# usage: chrony-in-lab.sh ACTION REGEX    ACTION as chrony.sh says; only machines of chrony-machines whose name matches
#
# Prints a TAP line for each guest. What it compares are the guest's clock and the lab's, by the lines of
# examples/offset-series.c in /out/NAME.series, to half of the time that a reading takes, 30 to 100 us.

action=$1
pause_sec=6
after_sec=62
limit_ns=1000000
start_limit_sec=95
cd /lab || exit

trim() {
    # shellcheck disable=SC2086,SC2116 # word splitting is what trims
    echo $1
}

# each FUNCTION: calls it with name, options, words and what is expected, for each machine
each() {
    while IFS='|' read -r name options words expected; do
        "$1" "$(trim "$name")" "$(trim "$options")" "$(trim "$words")" "$(trim "$expected")"
    done <machines
}

start() {
    out=/out/$1
    rm -f "$out".*
    case $action in restore-*) set -- "$1" "$2 --snapshot-at boot:^synchronized,file=/tmp/saved-$1,then=quit" "$3" ;; esac
    # shellcheck disable=SC2086 # options is a list of words
    ./minivmm --grace 0 --timeout 400 --memory 256M --initrd chrony.cpio.gz --reference --console "file:$out.console" \
        --report "$out.series" --append "seconds=1000 $3" $2 vmlinux >"$out.log" 2>&1 &
    echo $! >"$out.pid"
}

is_alive() {
    kill -0 "$(cat "/out/$1.pid")" 2>/dev/null
}

# A lab that is slow is no reason to wait for ever.
wait_until_synchronized() {
    until grep -qs "^synchronized" "/out/$1.console" || ! is_alive "$1"; do
        [ "$(cut -d . -f 1 /proc/uptime)" -lt "$start_limit_sec" ] || break
        sleep 0.2
    done
    echo "# $1 at $(cut -d . -f 1 /proc/uptime) s: $(tail -n 1 "/out/$1.console" | tr -d '\r')"
}

wait_until_saved() {
    while is_alive "$1"; do
        sleep 0.2
    done
}

pause() {
    kill -USR1 "$(cat "/out/$1.pid")"
}

resume() {
    kill -USR2 "$(cat "/out/$1.pid")"
}

restore() {
    out=/out/$1
    ./minivmm restore --grace 0 --timeout 400 --time "${action#restore-}" --console "file:$out.console2" \
        --report "$out.series2" "/tmp/saved-$1" >>"$out.log" 2>&1 &
    echo $! >"$out.pid"
}

# What was in the series before the action.
mark() {
    grep -c '^[0-9]' "/out/$1.series" >"/out/$1.mark"
}

act() {
    case $action in
    none) ;;
    step)
        second=$(date +%s)
        while [ "$(date +%s)" = "$second" ]; do :; done
        date -s "@$((second + 3))" >/dev/null
        ;;
    slew) adjtimex -f $((300 * 65536)) >/dev/null ;;
    pause-*)
        each pause
        sleep "$pause_sec"
        each resume
        ;;
    restore-*)
        each wait_until_saved
        sleep "$pause_sec"
        each restore
        ;;
    esac
}

# The series after the action: when the clock is within the limit for good, how far it was off at most, and where it
# is at the end.
figures() {
    out=/out/$1
    [ ! -f "$out.series2" ] || cat "$out.series2" >>"$out.series"
    grep '^[0-9].* .* .* .* ' "$out.series" | tail -n "+$(($(cat "$out.mark") + 1))" |
        awk -v limit="$limit_ns" '
            { size = $4 < 0 ? -$4 : $4 }
            NR == 1 { first = $1 }
            size > limit { within = ""; if (size > worst) worst = size }
            size <= limit && within == "" { within = $1 - first }
            { last = $4; half = $5; end = $1 - first }
            END { printf "worst %.6f s, within 1 ms %s, after %d s %.6f s +- %d us", worst / 1e9,
                  within == "" ? "never" : "after " sprintf("%.1f", within) " s", end, last / 1e9, half / 1000 }'
}

# judge NAME OPTIONS WORDS EXPECTED
judge() {
    found=$(figures "$1")
    console=/out/$1.console
    synchronized=$(sed -n 's/^synchronized after \([0-9.]*\).*/\1/p' "$console")
    verdict="not ok"
    case $4-$action in
    follows-* | stays-none | stays-*-advance) case $found in *', within 1 ms after'*) verdict=ok ;; esac ;;
    stays-*) case $found in *', within 1 ms never'*) verdict=ok ;; esac ;;
    esac
    echo "$verdict - linux-chrony $action $1: synchronized after ${synchronized:-?} s; $found"
    tail -n 1 /out/"$1".console* | grep '^offset' | sed 's/^/#   chrony: /'
    kill "$(cat "/out/$1.pid")" 2>/dev/null
}

grep -v '^#' chrony-machines | grep -E "^[^|]*($2)[^|]*\\|" >machines || exit
# A policy of the machine's, from its start.
case $action in pause-*) sed -i "s/|/| --on-resume ${action#pause-}/" machines ;; esac
each start
each wait_until_synchronized
case $action in restore-*) ;; *) sleep 6 ;; esac
each mark
act
sleep "$after_sec"
each judge
wait
