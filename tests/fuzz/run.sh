#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs the fuzz targets, each from its corpus, as many at a time as there are CPUs.
#
# usage: run.sh PROGRAMS TARGET:SECONDS...
# status: 0 if nothing was found; otherwise it was
#
# An input that finds something is kept in tests/fuzz/corpus/TARGET: from then on it is run first.
# It is printed too, in base64, for a machine of which only the output is left.
set -u

programs=$1
shift
if [ $# -ne 1 ]; then
    printf '%s\n' "$@" | xargs -n 1 -P "$(nproc)" "$0" "$programs"
    exit
fi

target=${1%:*}
seconds=${1#*:}
corpus=tests/fuzz/corpus/$target
grown=$programs/grown/$target
log=$programs/$target.log
mkdir -p "$corpus" "$grown"
dictionary=tests/fuzz/$target.dict
[ -f "$dictionary" ] && dictionary=-dict=$dictionary || dictionary=-verbosity=1
if "$programs/fuzz_$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 \
    -artifact_prefix="$corpus/" "$dictionary" "$grown" "$corpus" >"$log" 2>&1; then
    echo "ok - fuzz $target: $(sed -n 's/^operations: //p' "$log") operations in $seconds s"
else
    # In one piece: others write at the same time.
    found=$(grep -E '^fuzz:|ERROR|runtime error|Test unit written' "$log")
    input=$(sed -n 's/.*Test unit written to //p' "$log")
    [ -z "$input" ] || found="$found
input: $(base64 -w 0 "$input")"
    printf '%s\nnot ok - fuzz %s: see %s\n' "$found" "$target" "$log"
    exit 1
fi
