#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Make an initramfs whose init runs commands of busybox: shell-init.sh says which.
#
# usage: build-shell.sh FILE
# status: 0 FILE was written; 1 not (one line says why). busybox-static has to be installed.
set -eu

here=$(cd "$(dirname "$0")" && pwd)

fail() {
    echo "minivmm: $1" >&2
    exit 1
}

[ $# -eq 1 ] || fail "usage: build-shell.sh FILE"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
mkdir -p "$work/root/bin" "$work/root/dev" "$(dirname "$1")"
cp /bin/busybox "$work/root/bin" || fail "busybox-static is not installed"
cp "$here/shell-init.sh" "$work/root/init"
chmod +x "$work/root/init"
(cd "$work/root" && find . | cpio -o -H newc -R 0:0 --quiet) | gzip -1 >"$work/image"
mv "$work/image" "$1"
