#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Inside the SVM lab, for snapshot.sh: a check from a boot, and the same from a snapshot of its probe: each
# verdict is the same.
#
# The guest does not read the host's clocks, as the lab lets no program of a restored guest use a port
# (snapshot-in-lab.sh). So neither drift nor date is known; that they are right after a restore is for
# snapshot-more-in-lab.sh, and for the payload "moved".
#
# usage: check-from-in-lab.sh KERNEL CPUS OPTION...    of the machine
set -u

name=$1-$2
cpus=$2
shift 2
mkdir -p /out

now_ms() {
    awk '{ printf "%d", $1 * 1000 }' /proc/uptime
}

say() {
    what="linux check --from, $name: $1"
    shift
    if "$@" >/dev/null 2>&1; then echo "ok - $what"; else echo "not ok - $what"; fi
}

# checked WHAT COMMAND...: leaves its verdicts in /out/WHAT.verdicts, and says how long it took
checked() {
    what_of=$1
    shift
    begun_ms=$(now_ms)
    timeout 100 "$@" >"/out/$name-$what_of" 2>"/out/$name-$what_of.log"
    status=$?
    echo "# $what_of: status $status, $(($(now_ms) - begun_ms)) ms"
    sed -n 's/^  \(ok\|n\/a\|FAILED\)  *\([^ ]*\) .*/\1 \2/p' "/out/$name-$what_of" >"/out/$name-$what_of.verdicts"
}

# is_as_booted WHAT: all verdicts are there, and as those of the boot. By advance that of "checks" does not count:
# Linux says what it missed ("hpet: Lost 1032 RTC interrupts").
is_as_booted() {
    left_out='^$'
    [ "$1" != from-advance ] || left_out=' checks$'
    [ "$(wc -l <"/out/$name-$1.verdicts")" -eq 4 ] &&
        [ "$(grep -v "$left_out" "/out/$name-boot.verdicts")" = "$(grep -v "$left_out" "/out/$name-$1.verdicts")" ]
}

expect='--expect clocksource=kvm-clock --expect monotonic --expect stable --expect checks'
set -- --cpus "$cpus" -m 128 --append probe.reference=none "$@"
# shellcheck disable=SC2086 # words
checked boot ./minivmm check $expect "$@" vmlinux
checked save ./minivmm check --save saved "$@" vmlinux
say 'saved when the probe asks for orders' [ "$status" = 0 ]
sleep 3
for how in freeze advance freeze; do
    # shellcheck disable=SC2086 # words
    checked "from-$how" ./minivmm check $expect --time "$how" --from saved
    say "by $how each verdict is that of the boot (status $status)" is_as_booted "from-$how"
done
checked from-orders ./minivmm check --expect monotonic --append 'probe.seconds=0' --from saved
say "its orders count: of a probe that measures nothing no reads are known (status $status)" [ "$status" = 8 ]
