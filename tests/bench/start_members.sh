#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Print which members of the libraries' archives run at a start: the list of vmm/start_members.
#
# usage: start_members.sh MAP CODE_RUN COMMAND [ARGUMENT]...
#   MAP  what ld wrote by -Map when it linked the program that COMMAND runs
#
# String functions are there for several kinds of CPU, of which a run needs one: its name in the list
# stands for those for AVX and newer.
set -eu

map=$1
shift
{
    # A section's line is its name, its address, its size and its file. Long names have a line of their own.
    awk '/^\.init /{ is_code = 1 } /^\.rodata /{ exit }
        !is_code { next }
        { at = $1 ~ /^\./ ? 2 : 1 }
        length($at) == 18 && $(at + 1) ~ /^0x[0-9a-f]*[1-9a-f]/ && NF == at + 2 {
            print $at, $(at + 2)
        }' "$map"
    "$@" | awk '{ print $1, "~ran" }'
} | LC_ALL=C sort | awk '
    $2 != "~ran" { member = $2; next }
    member ~ /\.a\(/ { print member }' | sed 's|.*/||; s/(/:/; s/)//; s/-[ae]v.*\.o$/-[ae]*.o/' | LC_ALL=C sort -u
