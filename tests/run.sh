#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Run the stages of the test suite, each a target of make, and count their tests. A stage is built by as many
# jobs at a time as there are CPUs.
#
# usage: run.sh [--beside STAGE] STAGE...
#   --beside STAGE  one that no other load can change: it begins first, has only what the others leave of the
#                   CPUs, and is counted last
# status: 0 if nothing failed and something passed; 1 if not
#
# A stage may print TAP lines ("ok ...", "not ok ...", "# SKIP reason" at the end of either for
# a test that was skipped); cmocka is told to. A stage that prints none counts as one test, and one
# that ends badly without a "not ok" counts as one that failed. A stage may run a case that failed once more,
# and then has a line "# CASE failed and is run once more"; those are listed before the last line, which is
# "N passed, N failed, N skipped".
set -eu

results=$(mktemp)
repeated=$(mktemp)
beside_output=$(mktemp)
beside_pid=
trap 'rm -f "$results" "$repeated" "$beside_output"; [ -z "$beside_pid" ] || kill "$beside_pid" 2>/dev/null' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
passed=0
failed=0
skipped=0

count() {
    grep -cE "$1" "$results" || true
}

# make_stage STAGE [COMMAND...]: by way of COMMAND
make_stage() {
    stage=$1
    shift
    CMOCKA_MESSAGE_OUTPUT=TAP "$@" "${MAKE:-make}" -j"$(nproc)" --no-print-directory "$stage" 2>&1 ||
        echo "stage ended with status $?"
}

# It has next to nothing of a CPU that another wants. It ends when the shell in between does.
start_beside() {
    make_stage "$1" setpriv --pdeathsig TERM nice -n 19 >"$beside_output" &
    beside_pid=$!
}

# Shows what it said, from its beginning on, until it has ended.
follow_beside() {
    tail -n +1 --pid="$beside_pid" -f "$beside_output"
}

# run_stage STAGE: with its output shown, and kept for the counts
run_stage() {
    echo "# $1"
    began_sec=$(date +%s)
    if [ "$1" = "$beside" ]; then follow_beside; else make_stage "$1"; fi | tee "$results"
    count_stage "$1" $(($(date +%s) - began_sec))
}

# count_stage STAGE SECONDS
count_stage() {
    ended_well=true
    ! grep -q '^stage ended with status' "$results" || ended_well=false
    stage_skipped=$(count '^(not )?ok.*# (SKIP|skip)')
    stage_passed=$(($(count '^ok\b') - $(count '^ok.*# (SKIP|skip)')))
    stage_failed=$(($(count '^not ok\b') - $(count '^not ok.*# (SKIP|skip)')))
    if [ "$ended_well" = false ] && [ "$stage_failed" -eq 0 ]; then
        echo "not ok - $1"
        stage_failed=1
    elif [ $((stage_passed + stage_failed + stage_skipped)) -eq 0 ]; then
        echo "ok - $1"
        stage_passed=1
    fi
    echo "# $1: $stage_passed passed, $stage_failed failed, $stage_skipped skipped after $2 s"
    passed=$((passed + stage_passed))
    failed=$((failed + stage_failed))
    skipped=$((skipped + stage_skipped))
    sed -n "s/^# \(.* failed and is run once more\).*/# $1: \1/p" "$results" >>"$repeated"
}

beside=
if [ "${1:-}" = --beside ]; then
    beside=$2
    shift 2
    start_beside "$beside"
fi
for stage; do
    run_stage "$stage"
done
[ -z "$beside" ] || run_stage "$beside"
beside_pid=

cat "$repeated"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
