#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# No shell script has a fault that shellcheck knows. What one file sets and another one, which sources it,
# reads is nothing that it can see: SC2034.
. tests/lint/sources.sh

# shellcheck disable=SC2046,SC2086
shellcheck --shell=sh --severity=warning --exclude=SC2034 --format=gcc -x $(
    { sources '*.sh' $ALL_FOLDERS; sources '*-init' tests; } | LC_ALL=C sort
) 2>&1
