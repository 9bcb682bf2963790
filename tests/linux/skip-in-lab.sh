#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Inside the SVM lab, for skip.sh: a Linux whose idle time is skipped sleeps for as long as it wanted to.
#
# usage: skip-in-lab.sh KERNEL CPUS CLOCKSOURCE SLEEPS    CLOCKSOURCE is kvm-clock or tsc; SLEEPS are seconds, with commas
#
# What is judged is the guest's time alone, so a slow lab fails nothing but by a wake-up that is late by 0.1 s.
set -u

options="--cpus $2 -m 256 --skip-idle on --verbose"
[ "$3" != tsc ] || options="$options --invtsc"
name=$1-$3-$2
console=/out/$name
wanted=$(echo "$4" | tr , '\n' | wc -l)

lab_ms() {
    awk '{ printf "%.0f", $1 * 1e3 }' /proc/uptime
}

# check WHAT COMMAND...
check() {
    what="linux skip $name: $1"
    shift
    if "$@" >/dev/null; then echo "ok - $what"; else echo "not ok - $what"; fi
}

# sleeps 'AWK EXPRESSION': of each: w is what was wanted; m, b and r are how far MONOTONIC, BOOTTIME and REALTIME went.
sleeps() {
    tr -d '\r' <"$console" | awk -v wanted="$wanted" '
        function is_near(a, b, ns) { return a - b > -ns && a - b < ns }
        $1 == "slept" && NF == 5 { w = $2 * 1e9; m = $3; b = $4; r = $5; if ('"$1"') good++ }
        END { exit good != wanted }'
}

started_ms=$(lab_ms)
# shellcheck disable=SC2086 # words
timeout 150 ./minivmm $options --initrd initrd --append "loglevel=4 sleeps=$4" vmlinux </dev/null >"$console" 2>"$console.log"
status=$?
check "it powers off (status $status)" [ "$status" = 0 ]
check 'each sleep is as long as was wanted, to 0.1 s' sleeps 'm >= w && m < w + 1e8'
check 'BOOTTIME and REALTIME go on as MONOTONIC does' sleeps 'is_near(b, m, 2e7) && is_near(r, m, 2e7)'
check 'the clocksource is still the one' grep -q "^clocksource $3" "$console"
check 'nothing complains' sh -c "grep -q '^clocksource' '$console' && ! grep -q '^said: ' '$console'"
check 'more was skipped than slept through' sh -c "grep -q -- '--skip-idle: [0-9]\{3,\}' '$console.log'"
echo "# the lab took $(($(lab_ms) - started_ms)) ms"
grep -h '^slept\|^said' "$console" | sed 's/^/# /'
sed -n 's/^minivmm: \(--skip-idle.*\)/# \1/p' "$console.log"
[ "$status" = 0 ] || tail -n 3 "$console" "$console.log" | sed 's/^/# /'
