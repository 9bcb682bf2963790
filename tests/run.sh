#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Run the stages of the test suite, each a target of make, and count their tests. A stage is built by as many
# jobs at a time as there are CPUs.
#
# usage: run.sh [--beside STAGE]... STAGE...
#   --beside STAGE  one that no other load can change: they begin first, one after the other, have only what
#                   the others leave of the CPUs, and are counted last
# status: 0 if nothing failed and something passed; 1 if not
#
# A stage may print TAP lines ("ok ...", "not ok ...", "# SKIP reason" at the end of either for
# a test that was skipped); cmocka is told to. A stage that prints none counts as one test, and one
# that ends badly without a "not ok" counts as one that failed. A stage may run a case that failed once more,
# and then has a line "# CASE failed and is run once more". Those, and what failed with the first lines of why,
# are listed before the last line, which is "N passed, N failed, N skipped".
set -eu

results=$(mktemp)
repeated=$(mktemp)
what_failed=$(mktemp)
beside_outputs=$(mktemp -d)
beside=
beside_pid=
trap 'rm -rf "$results" "$repeated" "$what_failed" "$beside_outputs"; [ -z "$beside_pid" ] || kill "$beside_pid" 2>/dev/null' EXIT
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

# They have next to nothing of a CPU that another wants. Each ends when the shell in between does.
run_beside() {
    for stage in $beside; do
        make_stage "$stage" setpriv --pdeathsig TERM nice -n 19 >"$beside_outputs/$stage.log"
        mv "$beside_outputs/$stage.log" "$beside_outputs/$stage"
    done
}

# show_beside STAGE: what it said, when it has ended
show_beside() {
    while [ ! -e "$beside_outputs/$1" ] && kill -0 "$beside_pid" 2>/dev/null; do
        sleep 1
    done
    cat "$beside_outputs/$1" || echo "stage ended with status none: it did not run"
}

# run_stage COMMAND STAGE: with its output shown, and kept for the counts
run_stage() {
    echo "# $2"
    began_sec=$(date +%s)
    "$1" "$2" | tee "$results"
    count_stage "$2" $(($(date +%s) - began_sec))
}

# count_stage STAGE SECONDS
count_stage() {
    ended_well=true
    ! grep -q '^stage ended with status' "$results" || ended_well=false
    stage_skipped=$(count '^(not )?ok.*# (SKIP|skip)')
    stage_passed=$(($(count '^ok\b') - $(count '^ok.*# (SKIP|skip)')))
    stage_failed=$(($(count '^not ok\b') - $(count '^not ok.*# (SKIP|skip)')))
    list_failed "$1"
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

# list_failed STAGE: each test that failed, with what it said of it; a stage that broke off, with its last lines
list_failed() {
    awk -v stage="$1" '
        /^not ok/ && !/# (SKIP|skip)/ { print "# " stage ": " $0; left = 8; next }
        /^(ok|not ok)/ || !/^#/ { left = 0 }
        left > 0 { print "    " $0; left-- }
    ' "$results" >>"$what_failed"
    grep -E ' ended with status | Error [0-9]+$' "$results" | sed "s/^/# $1: /" >>"$what_failed" || true
}

while [ "${1:-}" = --beside ]; do
    beside="$beside $2"
    shift 2
done
if [ -n "$beside" ]; then
    run_beside &
    beside_pid=$!
fi
for stage; do
    run_stage make_stage "$stage"
done
for stage in $beside; do
    run_stage show_beside "$stage"
done
beside_pid=

cat "$repeated" "$what_failed"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
