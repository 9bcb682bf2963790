#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Run the stages of the test suite, each a target of make, and count their tests. A stage is built by as many
# jobs at a time as there are CPUs.
#
# usage: run.sh STAGE...
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
trap 'rm -f "$results" "$repeated"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
passed=0
failed=0
skipped=0

count() {
    grep -cE "$1" "$results" || true
}

# Runs the stage with its output shown and kept; its status is that of make.
run_stage() {
    { CMOCKA_MESSAGE_OUTPUT=TAP "${MAKE:-make}" -j"$(nproc)" --no-print-directory "$1" 2>&1 ||
        echo "stage ended with status $?"; } |
        tee "$results"
    ! grep -q '^stage ended with status' "$results"
}

for stage; do
    echo "# $stage"
    ended_well=true
    began_sec=$(date +%s)
    run_stage "$stage" || ended_well=false
    stage_skipped=$(count '^(not )?ok.*# (SKIP|skip)')
    stage_passed=$(($(count '^ok\b') - $(count '^ok.*# (SKIP|skip)')))
    stage_failed=$(($(count '^not ok\b') - $(count '^not ok.*# (SKIP|skip)')))
    if [ "$ended_well" = false ] && [ "$stage_failed" -eq 0 ]; then
        echo "not ok - $stage"
        stage_failed=1
    elif [ $((stage_passed + stage_failed + stage_skipped)) -eq 0 ]; then
        echo "ok - $stage"
        stage_passed=1
    fi
    echo "# $stage: $stage_passed passed, $stage_failed failed, $stage_skipped skipped after $(($(date +%s) - began_sec)) s"
    passed=$((passed + stage_passed))
    failed=$((failed + stage_failed))
    skipped=$((skipped + stage_skipped))
    sed -n "s/^# \(.* failed and is run once more\).*/# $stage: \1/p" "$results" >>"$repeated"
done

cat "$repeated"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
