#!/bin/sh
# cppcheck's warnings, performance and portability findings. Not its style: clang-tidy and the
# compiler's warnings have that. unusedFunction cannot see the tests' use.
. tests/lint/sources.sh

# shellcheck disable=SC2046,SC2086
cppcheck --quiet -j2 --std=c11 --error-exitcode=1 --enable=warning,performance,portability \
    --suppress=missingInclude --suppress=missingIncludeSystem -I. \
    --template='{file}:{line}: cppcheck-{id}: {message}' \
    $(sources '*.c' $ALL_FOLDERS) 2>&1
