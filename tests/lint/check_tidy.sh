#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# clang-tidy with the checks of .clang-tidy over the program's own sources.
#
# usage: check_tidy.sh BUILD, the folder with generated headers
. tests/lint/sources.sh

# shellcheck disable=SC2016,SC2086
sources '*.c' $PROGRAM_FOLDERS | xargs -n4 -P2 sh -c '
    clang-tidy --quiet "$@" -- -std=gnu11 -D_GNU_SOURCE -I. -I"$0/gen" 2>/dev/null' "$1"
