#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Check the models by spin: with everybody as they are, every interleaving must pass, and each
# mistake must be found out. They are of kvm-clock's publication (pvclock.pml), and of readings
# without the machine's lock (live_clock.pml).
#
# usage: run.sh FOLDER     FOLDER is for what spin and the compiler make
# status: 0 unless a check failed; TAP lines on stdout
set -eu

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"
failed=0

# finds_error MODEL MISTAKE: whether spin finds a broken promise, or somebody who never comes to an end. What
# cannot be built leaves no pan.log, and is no proof of anything.
finds_error() {
    rm -f pan pan.c pan.log
    spin -a -D"$2" "$here/$1" >spin.log
    gcc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c
    ./pan >pan.log
    ! grep -q 'errors: 0' pan.log
}

judge() {
    echo "$1 - model: $2"
    [ "$1" = ok ] || failed=1
}

# check MODEL PROMISE MISTAKE...
check() {
    model=$1
    promise=$2
    shift 2
    if finds_error "$model" AS_IT_IS; then
        judge 'not ok' "$promise"
        cat pan.log
    else
        judge ok "$promise, in $(awk '/states, stored/ { print $1 }' pan.log) states"
    fi
    for mistake; do
        if finds_error "$model" "$mistake" && grep -q 'assertion violated' pan.log; then
            judge ok "with $mistake it is not so"
        else
            judge 'not ok' "$mistake is not found out"
        fi
    done
}

check pvclock.pml 'no vCPU reads a time before one that was read' \
    ONE_BY_ONE EARLY_TSC NO_FENCE NO_LFENCE NO_VERSION
check live_clock.pml 'no reading without the lock is before one that was made' \
    LATE_BEGIN NO_FIRST_LOOK NO_LAST_LOOK OWN_TIME
exit "$failed"
