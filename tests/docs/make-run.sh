#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The README's first command, once more, without a network: it downloads nothing, boots a kernel, and ends
# with the clock report and status 0.
#
# usage: make-run.sh    after make run, or what else has fetched its kernel and packages
# status: 0 all passed; 1 not. What it printed stays in build/make-run.log.
#
# One that failed is run once more, as tests/linux/in-lab.sh says.
set -u

cd "$(dirname "$0")/../.." || exit
log=build/make-run.log
name='make run without a network'
alone='unshare --net'
[ "$(id -u)" -eq 0 ] || alone='unshare --user --map-root-user --net'

# Prints what is wrong; nothing if nothing is.
faults() {
    status=0
    $alone "${MAKE:-make}" --no-print-directory run >"$log" 2>&1 || status=$?
    [ "$status" -eq 0 ] || echo "status $status: $(tail -n 1 "$log"); "
    grep -q '^  clocksource  *kvm-clock ' "$log" || echo "the clock report does not say kvm-clock; "
    grep -q '^  verdict: ok ' "$log" || echo "the verdict is not ok: $(grep '^  FAIL ' "$log"); "
    ! grep -q 'minivmm: \(installing\|fetching\)' "$log" || echo "it downloads: $(grep 'ing' "$log" | head -n 1); "
}

$alone true 2>/dev/null || {
    echo "ok - $name # SKIP this user may not have a network namespace"
    exit 0
}
found=$(faults | tr -d '\n')
[ -z "$found" ] || {
    echo "# $name failed and is run once more; at first: $found"
    found=$(faults | tr -d '\n')
}
if [ -z "$found" ]; then
    echo "ok - $name"
else
    echo "not ok - $name: $found"
    exit 1
fi
