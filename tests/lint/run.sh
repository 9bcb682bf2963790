#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs the checks and says ok or not ok for each, with the findings of those that have any.
#
# usage: run.sh BUILD
build=$1
failed=0

need() {
    command -v "$1" >/dev/null || { echo "lint: $1 is missing: apt-get install $2"; exit 1; }
}

need clang-format clang-format
need clang-tidy clang-tidy
need cppcheck cppcheck
need mandoc mandoc
need nm binutils
need shellcheck shellcheck

for check in selftest includes circles symbols calls sizes license citations links format shell man cppcheck tidy; do
    script=tests/lint/check_$check.sh
    if findings=$(sh "$script" "$build"); then
        echo "ok lint-$check"
    else
        echo "$findings"
        echo "not ok lint-$check"
        failed=1
    fi
done
exit $failed
