#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Set the date of the SVM lab while a Linux follows it, by date-in-lab.sh; console and messages stay in
# build/linux-date/NAME.
#
# usage: date.sh NAME WORDS [OPTION]...    WORDS are for the guest's kernel
# status: 0 all passed; 1 not
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/linux
out=$root/build/linux-date/$1
# shellcheck source=tests/linux/guest.sh
. "$here/guest.sh"

prepare_guest date-init insmod sh mount grep sed tail dmesg poweroff
judge_guest 170 date-in-lab.sh "$@"
