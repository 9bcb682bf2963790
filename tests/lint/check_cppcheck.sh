#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# cppcheck's warnings, performance and portability findings. Not its style: clang-tidy and the
# compiler's warnings have that.
#
# Suppressed, and why:
#   uninitvar in clocks.c   an array that is filled by insertion: the part behind count is not read
#   comparePointers         the start and end of an embedded file are two symbols of the linker
. tests/lint/sources.sh

# shellcheck disable=SC2046,SC2086
cppcheck --quiet -j2 --std=c11 --error-exitcode=1 --enable=warning,performance,portability \
    --suppress=missingInclude --suppress=missingIncludeSystem \
    --suppress=uninitvar:guest-images/probe/clocks.c --suppress=comparePointers -I. \
    --template='{file}:{line}: cppcheck-{id}: {message}' \
    $(sources '*.c' $ALL_FOLDERS) 2>&1
