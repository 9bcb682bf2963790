#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Pause a Linux in the SVM lab, by pause-in-lab.sh; console and messages stay in build/linux-pause/CLOCKS.
#
# usage: pause.sh user|kernel    who publishes kvm-clock; with user, there is a guest on its TSC as well
# status: 0 all passed; 1 not
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/linux
out=$root/build/linux-pause/$1
# shellcheck source=tests/linux/guest.sh
. "$here/guest.sh"

prepare_guest pause-init cat insmod sh mount grep sed tail dmesg cut poweroff
judge_guest 500 pause-in-lab.sh "$1"
