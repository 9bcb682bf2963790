#!/bin/sh
# Runs the fuzz targets one after the other, each from its corpus.
#
# usage: run.sh PROGRAMS SECONDS TARGET...
# status: 0 if nothing was found; 1 if something was
#
# An input that finds something is kept in tests/fuzz/corpus/TARGET: from then on it is run first.
set -u

programs=$1
seconds=$2
shift 2
status=0

for target; do
    corpus=tests/fuzz/corpus/$target
    grown=$programs/grown/$target
    log=$programs/$target.log
    mkdir -p "$corpus" "$grown"
    dictionary=tests/fuzz/$target.dict
    [ -f "$dictionary" ] && dictionary=-dict=$dictionary || dictionary=-verbosity=1
    if "$programs/fuzz_$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 \
        -artifact_prefix="$corpus/" "$dictionary" "$grown" "$corpus" >"$log" 2>&1; then
        echo "ok - fuzz $target: $(sed -n 's/^operations: //p' "$log") operations"
    else
        grep -E '^fuzz:|ERROR|runtime error|Test unit written' "$log"
        echo "not ok - fuzz $target: see $log"
        status=1
    fi
done
exit $status
