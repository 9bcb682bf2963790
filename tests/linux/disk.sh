#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Boot a Linux with its root on a virtio disk in the SVM lab, by disk-in-lab.sh; consoles and messages stay in
# build/linux-disk.
#
# usage: disk.sh KERNEL CPUS
# status: 0 all passed; 1 not
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/linux
out=$root/build/linux-disk/$1-$2

# tree DIR INIT: busybox with that init
tree() {
    mkdir -p "$1/bin" "$1/proc" "$1/dev" "$1/sys" "$1/root"
    cp /bin/busybox "$1/bin/"
    for name in sh mount sleep insmod poweroff switch_root sed awk dd md5sum sync cat tr wc fstrim head dmesg grep; do
        ln -s busybox "$1/bin/$name"
    done
    cp "$here/$2" "$1/init"
    chmod +x "$1/init"
}

rm -rf "$out"
tree "$out/initramfs" disk-init
tree "$out/root" disk-root-init
kernel=$("$root/guest-images/fetch-kernel.sh" "$1")
for module in virtio_mmio virtio_blk virtio-rng; do
    "$root/guest-images/kernel-module.sh" "$kernel" "$module" "$out/initramfs"
done
# Built in from 6.12 on.
for module in virtio virtio_ring; do
    "$root/guest-images/kernel-module.sh" "$kernel" "$module" "$out/initramfs" 2>/dev/null || true
done
"$root/guest-images/extract-vmlinux.sh" "$kernel" "$out/vmlinux"
(cd "$out/initramfs" && find . | cpio -o -H newc -R 0:0 --quiet) >"$out/initrd"
mke2fs -q -t ext4 -d "$out/root" "$out/root.img" 32M
echo other >"$out/other.img"
truncate -s 1M "$out/other.img"
status=0
"$root/tests/lab/svm.sh" --timeout 175 --output "$out" --file "$root/minivmm" --file "$out/initrd" \
    --file "$out/vmlinux" --file "$out/root.img" --file "$out/other.img" --file "$here/disk-in-lab.sh" -- \
    sh ./disk-in-lab.sh "$@" >"$out/tap" || status=$?
cat "$out/tap"
[ "$status" -eq 0 ] && grep -q '^ok' "$out/tap" && ! grep -q '^not ok' "$out/tap"
