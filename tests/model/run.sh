#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Check the model of kvm-clock's publication by spin: the writer as it is must pass every
# interleaving, and each writer that is wrong must be found out.
#
# usage: run.sh FOLDER     FOLDER is for what spin and the compiler make
# status: 0 unless a check failed; TAP lines on stdout
set -eu

model=$(cd "$(dirname "$0")" && pwd)/pvclock.pml
mkdir -p "$1"
cd "$1"
failed=0

# Whether spin finds a reader that goes back or never comes to an end, for the writer named.
finds_error() {
    spin -a -D"$1" "$model" >spin.log
    gcc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c
    ./pan >pan.log
    ! grep -q 'errors: 0' pan.log
}

judge() {
    echo "$1 - model: $2"
    [ "$1" = ok ] || failed=1
}

if finds_error AS_IT_IS; then
    judge 'not ok' 'no vCPU reads a time before one that was read'
    cat pan.log
else
    judge ok "no vCPU reads a time before one that was read, in $(awk '/states, stored/ { print $1 }' pan.log) states"
fi
for mistake in ONE_BY_ONE EARLY_TSC NO_FENCE NO_LFENCE NO_VERSION; do
    if finds_error "$mistake" && grep -q 'assertion violated (ns>=before_ns)' pan.log; then
        judge ok "with $mistake one does"
    else
        judge 'not ok' "$mistake is not found out"
    fi
done
exit "$failed"
