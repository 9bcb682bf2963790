#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Functions of at most 50 lines, files of at most 450 lines below the licence and 300 kB, and each header guarded by a
# name made from its path. The main of a unit test is a list of tests and may be as long as it is.
. tests/lint/sources.sh

FUNCTION_LINES=50
FILE_LINES=450
FILE_KB=300

# clang-format puts the braces of a function, and only those, into the first column.
long_functions() {
    # shellcheck disable=SC2046,SC2086
    awk -v max=$FUNCTION_LINES '
        /^[a-zA-Z].*\(/ { name = $0 }
        /^{/ { start = FNR }
        /^}/ && start {
            lines = FNR - start + 1
            if (lines > max && !(name ~ /^int main\(/ && FILENAME ~ /^tests\//))
                print FILENAME ":" start ": function-lines: " lines ", at most " max
            start = 0
        }' $(sources '*.[ch]' $ALL_FOLDERS) /dev/null
}

long_files() {
    # shellcheck disable=SC2046,SC2086
    awk -v max=$FILE_LINES '
        FNR == 1 { said = 0 }
        /SPDX-License-Identifier/ && FNR <= 2 { said = 1 }
        FNR == max + said + 1 { print FILENAME ":" FNR ": file-lines: at most " max }' \
        $(for pattern in '*.[chS]' '*.sh' '*.py' '*.mk'; do sources "$pattern" $ALL_FOLDERS; done) \
        Makefile /dev/null
}

large_files() {
    find . -path ./.git -prune -o -path ./build -prune -o -type f ! -path ./minivmm \
        -size +${FILE_KB}k -printf "%P:1: file-size: %s bytes, at most ${FILE_KB} kB\n"
}

guards() {
    # shellcheck disable=SC2086
    for header in $(sources '*.h' $ALL_FOLDERS); do
        guard=$(echo "$header" | tr 'a-z/.-' 'A-Z___')
        grep -qx "#ifndef $guard" "$header" && grep -qx "#define $guard" "$header" ||
            echo "$header:1: include-guard: it is to be $guard"
    done
}

findings=$(
    long_functions
    long_files
    large_files
    guards
)
[ -z "$findings" ] || { echo "$findings"; exit 1; }
