#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Make an initramfs whose init keeps the guest's clock by chrony: chrony-init.sh says how it is used.
#
# usage: build-chrony.sh SERIES PROGRAM FILE    a kernel of fetch-kernel.sh, whose modules are taken along;
#       build/examples/offset-series; what is written
# status: 0 FILE was written; 1 not (one line says why)
#
# chrony, the libraries of it that not every Debian has, and tzdata, which knows the leap seconds, are fetched as
# Debian packages. busybox-static has to be installed.
set -eu

here=$(cd "$(dirname "$0")" && pwd)

fail() {
    echo "minivmm: $1" >&2
    exit 1
}

[ $# -eq 3 ] || fail "usage: build-chrony.sh SERIES PROGRAM FILE (SERIES is for example 6.12)"
kernel=$("$here/fetch-kernel.sh" "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
root=$work/root
mkdir -p "$root/bin" "$root/modules" "$root/etc" "$root/proc" "$root/sys" "$root/dev" "$root/run" \
    "$root/usr/share/zoneinfo/right" "$root/var/lib/chrony"

fetched=$work/fetched
mkdir "$fetched"
for package in chrony libedit2 libbsd0 libmd0 tzdata; do
    folder=$("$here/fetch-package.sh" "$package")
    cp -a "$folder/." "$fetched"
done

# What busybox has by the same name is not wanted.
cp /bin/busybox "$root/bin" || fail "busybox-static is not installed"
for name in $(busybox --list); do
    [ "$name" = busybox ] || ln -s busybox "$root/bin/$name"
done
cp "$fetched/usr/sbin/chronyd" "$fetched/usr/bin/chronyc" "$root/bin"
cp "$2" "$root/bin/offset-series"
cp "$fetched/usr/share/zoneinfo/right/UTC" "$root/usr/share/zoneinfo/right"
cp "$here/chrony-init.sh" "$root/init"
echo 'root:x:0:0::/:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"

# ldd names the libraries where they are here, or in what was fetched.
LD_LIBRARY_PATH=$fetched/usr/lib/x86_64-linux-gnu:$fetched/lib/x86_64-linux-gnu ldd "$root/bin/chronyd" "$root/bin/chronyc" >"$work/libraries"
! grep 'not found' "$work/libraries" >&2 || fail "chrony needs the libraries above"
grep -o '/[^ :]*\.so[^ ]*' "$work/libraries" | sort -u | while read -r library; do
    place=$root/${library#"$fetched"}
    mkdir -p "${place%/*}"
    cp -L "$library" "$place"
done

"$here/kernel-module.sh" "$kernel" ptp_kvm "$root/modules"
"$here/kernel-module.sh" "$kernel" ptp_vmclock "$root/modules" 2>/dev/null || true # not before 6.13
(cd "$root" && find . | cpio -o -H newc -R 0:0 --quiet) | gzip -1 >"$work/image"
mkdir -p "$(dirname "$3")"
mv "$work/image" "$3"
