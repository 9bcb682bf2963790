#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Inside the lab: what `minivmm check` takes longer than a boot of the same kernel whose init switches the
# machine off at once.
#
# usage: check-in-lab.sh ROUNDS
# prints: MEASURE PROGRAM VALUE lines; status 0, or 1 if a boot cannot be measured
set -eu

# Of the lab's uptime, which counts hundredths of a second.
now_ms() {
    awk '{ printf "%d", $1 * 1000 }' /proc/uptime
}

# measure PROGRAM COMMAND...: leaves elapsed_ms
measure() {
    program=$1
    shift
    start_ms=$(now_ms)
    "$@" >output 2>&1 || {
        cat output
        echo "bench: $program failed" >&2
        exit 1
    }
    elapsed_ms=$(($(now_ms) - start_ms))
    echo "check-ms $program $elapsed_ms"
}

round=0
while [ "$round" -lt "$1" ]; do
    measure boot-alone ./minivmm --console none --initrd power-off.cpio kernel
    alone_ms=$elapsed_ms
    measure minivmm-check ./minivmm check kernel
    echo "check-adds-ms minivmm-check $((elapsed_ms - alone_ms))"
    round=$((round + 1))
done
