#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# No module is in a circle of includes: a module is a header and its .c file, and a circle is two or
# more that cannot be built, tested or read without each other. Only a circle whose every member says
# why, in a comment with the word "circle" in its header, is let through, and only within one room.
. tests/lint/sources.sh

# edges: FROM TO for each include of ours, without what comes behind the dot.
edges() {
    # shellcheck disable=SC2046,SC2086
    grep -HE '^[ \t]*#[ \t]*include[ \t]*"' $(sources '*.[ch]' $PROGRAM_FOLDERS) |
        sed -E 's|\.[ch]:.*"(.*)\.h".*| \1|' | awk '$1 != $2' | sort -u
}

# circles: the members of each circle on a line, sorted.
circles() {
    awk '
        function visit(from, node,   list, n, i) {
            n = split(next_of[node], list, " ")
            for (i = 1; i <= n; i++)
                if (!((from, list[i]) in reaches)) {
                    reaches[from, list[i]] = 1
                    visit(from, list[i])
                }
        }
        { next_of[$1] = next_of[$1] " " $2 }
        END {
            for (node in next_of)
                visit(node, node)
            for (node in next_of)
                if ((node, node) in reaches)
                    for (other in next_of)
                        if ((node, other) in reaches && (other, node) in reaches)
                            print node, other
        }' | LC_ALL=C sort | awk '{ members[$1] = members[$1] " " $2 } END { for (m in members) print members[m] }' |
        LC_ALL=C sort -u
}

rooms_of() {
    printf '%s\n' "$@" | sed 's|/[^/]*$||' | sort -u | wc -l
}

# shellcheck disable=SC2086
findings=$(edges | circles | while read -r members; do
    set -- $members
    if [ "$(rooms_of "$@")" -gt 1 ]; then
        echo "$1.h:1: circle: across rooms: $members"
        continue
    fi
    for module; do
        grep -qiE '^( \*|/\*).*\bcircle\b' "$module.h" ||
            echo "$module.h:1: circle: no comment says why: $members"
    done | head -n 1
done)
[ -z "$findings" ] || { echo "$findings"; exit 1; }
