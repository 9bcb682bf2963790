#!/bin/sh
# The commands of the jobs in docs/ci.md: both jobs have the same, and they do what the page says.
#
# usage: run.sh    in the repository, with ./minivmm built
# status: 0 unless a test failed. TAP lines.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work" clocks.xml' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
failed=0

say() {
    echo "$1 - docs: $2"
    [ "$1" = ok ] || failed=1
}

# Lines of the block scalar "run: |", without their indentation.
github_commands() {
    awk '/^ *run: \|$/ { inside = 1; next } inside && /^          / { print substr($0, 11); next } { inside = 0 }' docs/ci.md
}

# The elements of "script:".
gitlab_commands() {
    awk '/^  script:$/ { inside = 1; next } inside && /^    - / { print substr($0, 7); next } { inside = 0 }' docs/ci.md
}

github_commands >"$work/github"
gitlab_commands >"$work/gitlab"
if [ -s "$work/github" ] && cmp -s "$work/github" "$work/gitlab"; then
    say ok "both jobs have the same commands"
else
    say "not ok" "both jobs have the same commands: $(diff "$work/github" "$work/gitlab" | tr '\n' ' ')"
fi
status=0
sh -e "$work/github" >"$work/out" 2>"$work/err" </dev/null || status=$?
if [ "$status" -eq 0 ] && xmllint --noout --schema check/junit.xsd clocks.xml 2>/dev/null &&
    grep -q 'tests="6" failures="0" errors="0"' clocks.xml; then
    say ok "the commands of the jobs check a kernel, and leave a test report"
else
    say "not ok" "the commands of the jobs: status $status, $(tail -n 3 "$work/err" | tr '\n' ' ')"
fi
exit "$failed"
