#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Save and restore a Linux in the SVM lab, and migrate it, by snapshot-in-lab.sh; console, report and messages stay in
# build/linux-snapshot.
#
# usage: snapshot.sh
# status: 0 all passed; 1 not
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/linux
out=$root/build/linux-snapshot

rm -rf "$out"
mkdir -p "$out"
kernel=$("$root/guest-images/fetch-kernel.sh" 6.12)
"$root/guest-images/extract-vmlinux.sh" "$kernel" "$out/vmlinux"
status=0
"$root/tests/lab/svm.sh" --timeout 300 --output "$out" --file "$root/minivmm" --file "$out/vmlinux" \
    --file "$here/snapshot-in-lab.sh" -- sh -c 'sh ./snapshot-in-lab.sh freeze 2
        sh ./snapshot-in-lab.sh advance 1
        sh ./snapshot-in-lab.sh migrate 2' >"$out/tap" || status=$?
cat "$out/tap"
[ "$status" -eq 0 ] && grep -q '^ok' "$out/tap" && ! grep -q '^not ok' "$out/tap"
