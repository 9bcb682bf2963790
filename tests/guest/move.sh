#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Move the payload "moved" (guest-images/payloads/moved.c) through files: it runs once as it is, and once
# more saved and restored in a new process again and again, at random points. What the guest prints must be
# the same to the byte. And the payload "generation" is saved once and restored twice.
#
# usage: move.sh [OPTION VALUE]...
#   --payloads DIR     where moved.elf and generation.elf are, build/guest by default
#   --output DIR       where files are left
#   --time HOW         of minivmm restore: advance (default) or freeze
#   --words WORDS      more of the guest's command line, such as fpu=1
#   --timers WORDS     some of deadline, oneshot, periodic; all by default
#   --rounds N         of the payload's work, 40 by default
#   --lab NAME         we are inside that lab
# status: 0 nothing failed; 1 something did
#
# Prints a TAP line for each timer, one for each restore of generation, and one for run-test. A busybox shell is enough.
set -u

minivmm=./minivmm
payloads=build/guest
output=build/guest/moves
how=advance
words=
timers='deadline oneshot periodic'
rounds=40
lab=
failures=0
# In milliseconds of guest time: how long it runs between two moves, at random.
least_ms=3
spread_ms=30

while [ $# -gt 1 ]; do
    case $1 in
    --payloads) payloads=$2 ;;
    --output) output=$2 ;;
    --time) how=$2 ;;
    --words) words=$2 ;;
    --timers) timers=$2 ;;
    --rounds) rounds=$2 ;;
    --lab) lab=$2 ;;
    *) echo "move.sh: what is $1?" >&2 && exit 2 ;;
    esac
    shift 2
done
mkdir -p "$output"
if [ -z "$lab" ] && ! [ -w /dev/kvm ]; then
    echo 'ok - move # SKIP /dev/kvm cannot be used'
    exit 0
fi

# say WHETHER WHAT
say() {
    echo "$1 - move${lab:+-$lab} $2"
    [ "$1" = ok ] || failures=$((failures + 1))
}

# A time for --snapshot-at.
next_time() {
    awk -v seed="$1" -v least="$least_ms" -v spread="$spread_ms" \
        'BEGIN { srand(seed); printf "%.6f", (least + rand() * spread) / 1000 }'
}

for timer in $timers; do
    name=$output/$timer
    file=$name.snapshot
    line="rounds=$rounds timer=$timer $words"
    rm -f "$name".*
    timeout 60 "$minivmm" -m 16 "$payloads/moved.elf" --append "$line" </dev/null >"$name.straight" 2>"$name.log"
    straight=$?
    moves=1
    at="$(next_time 1),file=$file,then=quit"
    timeout 60 "$minivmm" -m 16 "$payloads/moved.elf" --append "$line" --snapshot-at "$at" \
        </dev/null >"$name.moved" 2>>"$name.log"
    status=$?
    while [ $status = 0 ] && [ $moves -lt 400 ]; do
        moves=$((moves + 1))
        at="$(next_time $moves),file=$file,then=quit"
        timeout 60 "$minivmm" restore --time "$how" --snapshot-at "$at" "$file" \
            </dev/null >>"$name.moved" 2>>"$name.log"
        status=$?
    done
    if [ $straight != 1 ]; then
        say 'not ok' "$timer: without a move its status is $straight"
    elif [ $status != 1 ]; then
        say 'not ok' "$timer: after $moves moves its status is $status"
        tail -n 3 "$name.log" | sed 's/^/# /'
    elif [ $moves -lt 5 ]; then
        say 'not ok' "$timer: it was moved $moves times only"
    elif ! cmp -s "$name.straight" "$name.moved"; then
        say 'not ok' "$timer: after $moves moves it printed something else: $name.moved"
    else
        say ok "$timer: $moves moves by $how leave no trace"
    fi
done

# fault_of CONSOLE STATUS: what is wrong with a restore of generation; nothing if it is well.
fault_of() {
    [ "$2" = 1 ] || echo "its status is $2"
    grep '^not ok' "$1"
    [ "$(grep -c '^ok ' "$1")" = 3 ] || echo "it made other than 3 checks: $1"
}

file=$output/generation.snapshot
rm -f "$output"/generation.*
timeout 60 "$minivmm" -m 16 "$payloads/generation.elf" --snapshot-at "boot:^# ready,file=$file,then=quit" \
    </dev/null >"$output/generation.0" 2>"$output/generation.log"
for run in 1 2; do
    timeout 60 "$minivmm" restore --time "$how" "$file" </dev/null >"$output/generation.$run" 2>>"$output/generation.log"
    fault=$(fault_of "$output/generation.$run" $? | head -n 1)
    if [ -z "$fault" ]; then
        say ok "VMGenID: restore $run has another one and is told once"
    else
        say 'not ok' "VMGenID: restore $run: $fault; $(tail -n 1 "$output/generation.log")"
    fi
done
if [ "$(grep -h '^# id' "$output"/generation.[012] | sort -u | wc -l)" = 3 ]; then
    say ok 'VMGenID: all are different'
else
    say 'not ok' "VMGenID: some are the same: $output/generation.[012]"
fi
# What ends a run of run-test with status 0 and is not its program has its own line.
if [ -z "$lab" ]; then
    timeout 60 "$minivmm" run-test -m 16 --console none --snapshot-at "0,file=$output/quit.snapshot,then=quit" \
        "$payloads/moved.elf" -- /bin/true </dev/null >"$output/quit.log" 2>&1
    status=$?
    if [ $status = 0 ] && grep -q ': saved to .*, and ended$' "$output/quit.log"; then
        say ok 'run-test: a snapshot may end it'
    else
        say 'not ok' "run-test: a snapshot may end it: status $status, $(tail -n 1 "$output/quit.log")"
    fi
fi
[ $failures = 0 ]
