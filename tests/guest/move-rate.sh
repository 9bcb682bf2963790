#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Move the payload "tsc_rate" from a host to one whose TSC runs at another rate: from one VMX lab to a
# second one. Its TSC, kvm-clock and timers must be right there, and its TSC have the rate that it had.
#
# usage: move-rate.sh
# status: 0 nothing failed; 1 something did
#
# build/move-rate keeps consoles and messages of both.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
payload=$root/build/guest/tsc_rate.elf
out=$root/build/move-rate
from_khz=2000000
to_khz=3500000

# in_lab KHZ FILE SCRIPT
in_lab() {
    "$root/tests/lab/vmx.sh" --tsc-khz "$1" --timeout 900 --output "$out" --file "$root/minivmm" \
        --file "$2" -- sh -c "$3"
}

rm -rf "$out"
mkdir -p "$out"
in_lab "$from_khz" "$payload" "timeout 60 ./minivmm -m 2 tsc_rate.elf --append 'khz=$from_khz moved=1' \
    --snapshot-at boot:ready,file=saved,then=quit >/out/before 2>/out/save.log && gzip -c saved >/out/saved.gz" ||
    { echo "not ok - move-rate: it is not saved; see $out/save.log" && exit 1; }
status=0
in_lab "$to_khz" "$out/saved.gz" "gunzip saved.gz; timeout 60 ./minivmm restore saved >/out/after 2>/out/restore.log" ||
    status=$?
cat "$out/before" "$out/after" | sed 's/^\(ok\|not ok\) /&- move-rate /'
[ "$status" = 1 ] || { echo "not ok - move-rate: its status is $status"; sed 's/^/# /' "$out/restore.log"; exit 1; }
! grep -q '^not ok' "$out/before" "$out/after"
