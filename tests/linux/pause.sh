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

rm -rf "$out"
mkdir -p "$out/root/bin" "$out/root/proc" "$out/root/dev"
cp /bin/busybox "$out/root/bin/"
mkdir -p "$out/root/sys"
gcc -O2 -static -o "$out/root/ptp_offset" "$here/ptp_offset.c"
kernel=$("$root/guest-images/fetch-kernel.sh" 6.12)
"$root/guest-images/kernel-module.sh" "$kernel" ptp_kvm "$out/root"
for name in cat insmod sh mount grep sed tail dmesg cut poweroff; do
    ln -s busybox "$out/root/bin/$name"
done
cp "$here/pause-init" "$out/root/init"
chmod +x "$out/root/init"
"$root/guest-images/extract-vmlinux.sh" "$kernel" "$out/vmlinux"
(cd "$out/root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$out/initrd"
status=0
"$root/tests/lab/svm.sh" --timeout 500 --output "$out" --file "$root/minivmm" --file "$out/initrd" \
    --file "$out/vmlinux" --file "$here/pause-in-lab.sh" -- sh ./pause-in-lab.sh "$1" >"$out/tap" || status=$?
cat "$out/tap"
[ "$status" -eq 0 ] && grep -q '^ok' "$out/tap" && ! grep -q '^not ok' "$out/tap"
