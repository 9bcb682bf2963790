#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Guests with chrony in the SVM lab, by chrony-in-lab.sh; what they said stays in build/linux-chrony/ACTION.
#
# usage: chrony.sh SERIES ACTION [REGEX]   a kernel of fetch-kernel.sh; only machines of chrony-machines whose name
#       matches. ACTION is what happens once all are synchronized:
#         none                             nothing
#         step, slew                       the lab's clock is set on by 2 s, or runs fast by 300 ppm from then on
#         pause-freeze, pause-advance      a pause of 6 s, with that --on-resume
#         restore-freeze, restore-advance  they are saved, and restored 6 s later with that --time
# status: 0 all passed; 1 not
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/linux
out=$root/build/linux-chrony/$2

rm -rf "$out"
mkdir -p "$out"
kernel=$("$root/guest-images/fetch-kernel.sh" "$1")
"$root/guest-images/extract-vmlinux.sh" "$kernel" "$out/vmlinux"
status=0
"$root/tests/lab/svm.sh" --timeout 400 --output "$out" --file "$root/minivmm" --file "$out/vmlinux" \
    --file "$root/build/guest-images/chrony-$1.cpio.gz:chrony.cpio.gz" --file "$here/chrony-machines" \
    --file "$here/chrony-in-lab.sh" -- sh ./chrony-in-lab.sh "$2" "${3:-}" >"$out/tap" || status=$?
cat "$out/tap"
[ "$status" -eq 0 ] && grep -q '^ok' "$out/tap" && ! grep -q '^not ok' "$out/tap"
