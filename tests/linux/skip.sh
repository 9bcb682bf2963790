#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Let a Linux in the SVM lab sleep with --skip-idle, by skip-in-lab.sh; console and messages stay in
# build/linux-skip.
#
# usage: skip.sh KERNEL CPUS CLOCKSOURCE SLEEPS    as skip-in-lab.sh
# status: 0 all passed; 1 not
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/linux
out=$root/build/linux-skip/$1-$3-$2
tree=$out/tree

rm -rf "$out"
mkdir -p "$tree/bin" "$tree/proc" "$tree/dev" "$tree/sys"
cp /bin/busybox "$tree/bin/"
cp "$here/skip-init" "$tree/init"
chmod +x "$tree/init"
gcc -D_GNU_SOURCE -O2 -Wall -static -o "$tree/skip_sleep" "$here/skip_sleep.c"
(cd "$tree" && find . | cpio -o -H newc -R 0:0 --quiet) >"$out/initrd"
kernel=$("$root/guest-images/fetch-kernel.sh" "$1")
"$root/guest-images/extract-vmlinux.sh" "$kernel" "$out/vmlinux"
status=0
"$root/tests/lab/svm.sh" --timeout 170 --output "$out" --file "$root/minivmm" --file "$out/initrd" \
    --file "$out/vmlinux" --file "$here/skip-in-lab.sh" -- sh ./skip-in-lab.sh "$@" >"$out/tap" || status=$?
cat "$out/tap"
[ "$status" -eq 0 ] && grep -q '^ok' "$out/tap" && ! grep -q '^not ok' "$out/tap"
