#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What tests/README.md cites is there: `test_FILE:NAME` is a test that tests/unit/test_FILE.c runs,
# `guest:CASE` and `linux:CASE` are cases of theirs. A word that looks like a test's name but says no file is a
# finding, too, since nobody would miss it.
README=tests/README.md

# is_unit_test FILE NAME: whether NAME is in the list of tests of tests/unit/FILE.c.
is_unit_test() {
    [ -f "tests/unit/$1.c" ] && grep -qE "^ +((cmocka_unit_test(_setup(_teardown)?)?|TEST)\()?$2(\),|, setup)" "tests/unit/$1.c"
}

is_case() {
    cat "tests/$1"/cases* 2>/dev/null | grep -qE "^$2 *\|"
}

# Lines of FILE:LINE:WORD, for each word of the README between backquotes.
words() {
    awk '{
        n = split($0, part, "`")
        for (i = 2; i <= n; i += 2)
            print FILENAME ":" FNR ":" part[i]
    }' "$README"
}

citations() {
    words | while IFS=: read -r file line kind name; do
        case $kind in
        test_*) [ -z "$name" ] || is_unit_test "$kind" "$name" || echo "$file:$line: citation: no test $name in tests/unit/$kind.c" ;;
        guest | linux) [ -z "$name" ] || is_case "$kind" "$name" || echo "$file:$line: citation: no case $name in tests/$kind/cases" ;;
        *[!a-z0-9_]*) ;;
        *_*_*_*) echo "$file:$line: citation: $kind is cited without its file" ;;
        esac
    done
}

findings=$(citations)
[ -z "$findings" ] || { echo "$findings"; exit 1; }
