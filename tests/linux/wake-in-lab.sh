#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Inside the SVM lab, for wake.sh: a Linux that sleeps is woken by the RTC's alarm.
#
# usage: wake-in-lab.sh KERNEL CPUS CLOCKSOURCE MODE    CLOCKSOURCE is kvm-clock or tsc
#   MODE is freeze (suspend to idle), mem (to RAM, S3), or mem-reset: its TSCs then begin at 0
#
# Bounds are what the lab's own clock has seen, so a slow lab fails nothing.
set -u

mode=${4%-reset}
options="--cpus $2 -m 256"
[ "$mode" = "$4" ] || options="$options --s3 tsc=reset"
[ "$3" != tsc ] || options="$options --invtsc"
name=$1-$3-$2-$4
console=/out/$name

lab_ns() {
    awk '{ printf "%.0f", $1 * 1e9 }' /proc/uptime
}

# check WHAT COMMAND...
check() {
    what="linux wake $name: $1"
    shift
    if "$@" >/dev/null; then echo "ok - $what"; else echo "not ok - $what"; fi
}

# sleeps 'AWK EXPRESSION': of each of both: m, b, r and c are how far MONOTONIC, BOOTTIME, REALTIME and the RTC went.
sleeps() {
    tr -d '\r' <"$console" | awk -v ran="$((ended_ns - started_ns))" '
        function is_near(a, b, ns) { return a - b > -ns && a - b < ns }
        $1 == "slept" && NF == 5 { m = $2; b = $3; r = $4; c = $5; if ('"$1"') good++ }
        END { exit good != 2 }'
}

started_ns=$(lab_ns)
# shellcheck disable=SC2086 # words
timeout 150 ./minivmm $options --initrd initrd --append "loglevel=4 sleep=$mode" vmlinux </dev/null >"$console" 2>"$console.log"
status=$?
ended_ns=$(lab_ns)
check "it wakes and powers off (status $status)" [ "$status" = 0 ]
# The alarm is on a whole second of the RTC.
check 'it sleeps from 3 s on' sleeps 'b > 3e9 && b < ran'
check 'BOOTTIME and REALTIME go on alike' sleeps 'is_near(b, r, 2e7)'
if [ "$mode" = mem ]; then
    check 'MONOTONIC stands still in the sleep' sleeps 'm < b - 0.5e9'
else
    # Linux stops it only with an idle driver for that, and no virtual machine has one.
    check 'MONOTONIC goes on no further' sleeps 'm < b + 2e7'
fi
check 'the RTC goes on with REALTIME' sleeps 'is_near(c, r, 1.1e9)'
check 'the clocksource is still the one' grep -q "^clocksource $3" "$console"
# Of CPUs without an invariant TSC Linux 6.1 says at its boot that their TSCs are unsynchronized.
check 'nothing complains' sh -c "grep -q '^clocksource' '$console' && ! grep -v 'TSCs unsynchronized' '$console' |
    grep -q '^said: .*\(lockup\|stall\|unstable\|blocked\|skewed\|BUG\|No installed\)'"
grep -hE '^slept|^said' "$console" | sed 's/^/# /'
[ "$status" = 0 ] || tail -n 3 "$console" "$console.log" | sed 's/^/# /'
