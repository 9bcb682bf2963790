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

rm -rf "$out"
mkdir -p "$out/root/bin" "$out/root/proc" "$out/root/dev"
cp /bin/busybox "$out/root/bin/"
gcc -O2 -static -o "$out/root/ptp_offset" "$here/ptp_offset.c"
kernel=$("$root/guest-images/fetch-kernel.sh" 6.12)
"$root/guest-images/kernel-module.sh" "$kernel" ptp_kvm "$out/root"
for name in insmod sh mount grep sed tail dmesg poweroff; do
    ln -s busybox "$out/root/bin/$name"
done
cp "$here/date-init" "$out/root/init"
chmod +x "$out/root/init"
"$root/guest-images/extract-vmlinux.sh" "$kernel" "$out/vmlinux"
(cd "$out/root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$out/initrd"
status=0
"$root/tests/lab/svm.sh" --timeout 170 --output "$out" --file "$root/minivmm" --file "$out/initrd" \
    --file "$out/vmlinux" --file "$here/date-in-lab.sh" -- sh ./date-in-lab.sh "$@" >"$out/tap" || status=$?
cat "$out/tap"
[ "$status" -eq 0 ] && grep -q '^ok' "$out/tap" && ! grep -q '^not ok' "$out/tap"
