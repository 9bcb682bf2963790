#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every source says its licence in its first two lines.
. tests/lint/sources.sh

# shellcheck disable=SC2086
findings=$(
    for pattern in '*.[chS]' '*.sh' '*.mk' '*.awk' '*.jq' '*.ld' '*.asl' '*.pml'; do
        sources "$pattern" $ALL_FOLDERS
    done | while read -r file; do
        head -n 2 "$file" | grep -q 'SPDX-License-Identifier: BSD-2-Clause' ||
            echo "$file:1: license: no SPDX-License-Identifier: BSD-2-Clause in the first two lines"
    done
)
[ -z "$findings" ] || { echo "$findings"; exit 1; }
