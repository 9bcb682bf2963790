#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The commands of the jobs in docs/ci.md: those for GitHub and GitLab are the same, and they do what the page
# says.
#
# usage: run.sh check|matrix    in the repository, with ./minivmm built; matrix: the jobs of the whole
#                               matrix, of which one machine is checked; so the merge ends with status 2
# status: 0 unless a test failed. TAP lines.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work" clocks.xml part-1.json' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
failed=0

say() {
    echo "$1 - docs: $2"
    [ "$1" = ok ] || failed=1
}

# Of the Nth block scalar "run: |", the lines without their indentation.
github_commands() {
    awk -v wanted="$1" '/^ *run: \|$/ { block++; inside = block == wanted; next }
        inside && /^          / { print substr($0, 11); next } { inside = 0 }' docs/ci.md
}

# The elements of the Nth "script:".
gitlab_commands() {
    awk -v wanted="$1" '/^  script:$/ { block++; inside = block == wanted; next }
        inside && /^    - / { print substr($0, 7); next } { inside = 0 }' docs/ci.md
}

# run_commands N [STATUS]: leaves $status, $work/out and $work/err. What failed is run once more: tests/linux/in-lab.sh
# says why.
run_commands() {
    github_commands "$1" >"$work/github"
    gitlab_commands "$1" >"$work/gitlab"
    if [ -s "$work/github" ] && cmp -s "$work/github" "$work/gitlab"; then
        say ok "both have the same commands in job $1"
    else
        say "not ok" "both have the same commands in job $1: $(diff "$work/github" "$work/gitlab" | tr '\n' ' ')"
    fi
    run_github
    if [ "$status" -ne "${2:-0}" ]; then
        echo "# job $1 failed and is run once more; at first:"
        sed 's/^/#   /' "$work/err"
        run_github
    fi
}

run_github() {
    status=0
    sh -e "$work/github" >"$work/out" 2>"$work/err" </dev/null || status=$?
}

# leaves_report NAME SUITES [STATUS]: the commands ended so, and clocks.xml has these test suites.
leaves_report() {
    if [ "$status" -eq "${3:-0}" ] && xmllint --noout --schema check/junit.xsd clocks.xml 2>/dev/null &&
        grep '<testsuite ' clocks.xml | grep -qe "$2"; then
        say ok "$1"
    else
        say "not ok" "$1: status $status, $(tail -n 3 "$work/err" | tr '\n' ' ')"
    fi
}

case ${1:-} in
check)
    run_commands 1
    leaves_report "the commands of the job check a kernel, and leave a test report" \
        'tests="6" failures="0" errors="0"'
    ;;
matrix)
    export PART=1 PARTS=48
    run_commands 2
    [ "$status" -eq 0 ] || say "not ok" "a part of the matrix: status $status, $(tail -n 3 "$work/err" | tr '\n' ' ')"
    run_commands 3 2
    leaves_report "the commands of the jobs check a part of the matrix and merge it" \
        '--cpus 1 --kvmclock user" time="[0-9.]*" tests="2" failures="0" errors="0"' 2
    if grep -q "47 of the matrix's 48 checks are missing, the first is 2" "$work/err"; then
        say ok "and the other parts are missed"
    else
        say "not ok" "and the other parts are missed: $(tail -n 3 "$work/err" | tr '\n' ' ')"
    fi
    ;;
*)
    echo "minivmm: usage: run.sh check|matrix" >&2
    exit 2
    ;;
esac
exit "$failed"
