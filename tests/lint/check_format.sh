#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every C file is as clang-format leaves it.
. tests/lint/sources.sh

# shellcheck disable=SC2046,SC2086
clang-format --dry-run -Werror $(sources '*.[ch]' $ALL_FOLDERS) 2>&1
