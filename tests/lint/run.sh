#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs the checks, as many at a time as there are CPUs, and says ok or not ok for each, with the findings of
# those that have any.
#
# usage: run.sh BUILD [CHECK]     CHECK: that one alone
# status: 0 all found nothing; otherwise not
build=$1

need() {
    command -v "$1" >/dev/null || { echo "lint: $1 is missing: apt-get install $2"; exit 1; }
}

# In one piece: others write at the same time.
if [ $# -gt 1 ]; then
    if findings=$(sh "tests/lint/check_$2.sh" "$build"); then
        echo "ok lint-$2"
    else
        printf '%s\nnot ok lint-%s\n' "$findings" "$2"
        exit 1
    fi
    exit 0
fi

need clang-format clang-format
need clang-tidy clang-tidy
need cppcheck cppcheck
need mandoc mandoc
need nm binutils
need shellcheck shellcheck

# What takes long begins first; tidy alone has a process for each CPU, and is last.
printf '%s\n' cppcheck selftest symbols shell format includes circles calls sizes license citations links man tidy |
    xargs -n 1 -P "$(nproc)" sh "$0" "$build"
