#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Line coverage from gcov's notes and counts: for each room, in total, and the files of the pure
# rooms and of vmm/machine with less than MIN_PERCENT. Of sources, not of headers.
#
# usage: coverage.sh BUILD ROOM...
build=$1
shift
MIN_PERCENT=80

# The notes of the sources that are there; the build may still have those of others.
notes() {
    for room; do
        for source in "$room"/*.c; do
            echo "$build/${source%.c}.gcno"
        done
    done
}

# FILE LINES COVERED
measure() {
    # shellcheck disable=SC2046
    gcov -n $(notes "$@") 2>/dev/null |
        awk -F"'" '/^File / { file = $2 }
            /^Lines executed:/ && file ~ /\.c$/ {
                split($0, word, /[:% ]+/)
                printf "%s %d %d\n", file, word[5], word[3] * word[5] / 100 + 0.5
                file = ""
            }' | sort
}

measure "$@" | awk -v rooms="$*" -v min=$MIN_PERCENT '
    function row(name, covered, lines) {
        if (lines > 0)
            printf "%-14s %6d of %6d lines  %5.1f %%\n", name, covered, lines, 100 * covered / lines
    }
    {
        room = $1
        sub(/\/[^\/]*$/, "", room)
        lines[room] += $2; covered[room] += $3
        all_lines += $2; all_covered += $3
        if (room !~ /^vmm\/(kvm|host|cmd)$/ && 100 * $3 < min * $2)
            below = below sprintf("%s: %.1f %%\n", $1, 100 * $3 / $2)
    }
    END {
        count = split(rooms, name, " ")
        for (i = 1; i <= count; i++)
            row(name[i], covered[name[i]], lines[name[i]])
        row("total", all_covered, all_lines)
        if (below != "")
            printf "below %d %%:\n%s", min, below
    }'
