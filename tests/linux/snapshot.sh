#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Save and restore a Linux in the SVM lab, and migrate it; console and messages stay in build/linux-snapshot, or of
# one with words in build/linux-snapshot-more.
#
# usage: snapshot.sh                                   by snapshot-in-lab.sh
#        snapshot.sh check KERNEL CPUS                 by check-from-in-lab.sh
#        snapshot.sh KERNEL CPUS CLOCKSOURCE WAY...    by snapshot-more-in-lab.sh, which has these words; KERNEL is
#                                                      6.1 or 6.12
# status: 0 all passed; 1 not
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/linux
out=$root/build/linux-snapshot
[ $# -eq 0 ] || out=$out-more/$1-$3-$2
mode='more'
case ${1:-} in
'') mode='usual' ;;
check) mode='check' && shift ;;
esac

# The initramfs of snapshot-more-in-lab.sh.
make_initrd() {
    tree=$out/tree
    mkdir -p "$tree/bin" "$tree/proc" "$tree/dev" "$tree/sys"
    cp /bin/busybox "$tree/bin/"
    cp "$here/snapshot-more-init" "$tree/init"
    chmod +x "$tree/init"
    gcc -D_GNU_SOURCE -O2 -static -pthread -o "$tree/snapshot_clocks" "$here/snapshot_clocks.c"
    (cd "$tree" && find . | cpio -o -H newc -R 0:0 --quiet) >"$out/initrd"
}

rm -rf "$out"
mkdir -p "$out"
kernel=$("$root/guest-images/fetch-kernel.sh" "${1:-6.12}")
"$root/guest-images/extract-vmlinux.sh" "$kernel" "$out/vmlinux"
status=0
if [ $mode = check ]; then
    "$root/tests/lab/svm.sh" --timeout 300 --output "$out" --file "$root/minivmm" --file "$out/vmlinux" \
        --file "$here/check-from-in-lab.sh" -- sh ./check-from-in-lab.sh "$@" >"$out/tap" || status=$?
elif [ $mode = usual ]; then
    "$root/tests/lab/svm.sh" --timeout 300 --output "$out" --file "$root/minivmm" --file "$out/vmlinux" \
        --file "$here/snapshot-in-lab.sh" -- sh -c 'sh ./snapshot-in-lab.sh freeze 2
            sh ./snapshot-in-lab.sh advance 1
            sh ./snapshot-in-lab.sh migrate 2' >"$out/tap" || status=$?
else
    make_initrd
    "$root/tests/lab/svm.sh" --timeout 1200 --output "$out" --file "$root/minivmm" --file "$out/vmlinux" \
        --file "$out/initrd" --file "$here/snapshot-more-in-lab.sh" -- sh ./snapshot-more-in-lab.sh "$@" \
        >"$out/tap" || status=$?
fi
cat "$out/tap"
[ "$status" -eq 0 ] && grep -q '^ok' "$out/tap" && ! grep -q '^not ok' "$out/tap"
