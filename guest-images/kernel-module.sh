#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Unpack a module of a kernel that fetch-kernel.sh has fetched, as DIR/MODULE.ko: busybox's insmod takes no
# other.
#
# usage: kernel-module.sh VMLINUZ MODULE DIR     MODULE is for example ptp_kvm
# status: 0 it was written; 1 not (one line says why)
set -eu

fail() {
    echo "minivmm: $1" >&2
    exit 1
}

[ $# -eq 3 ] || fail "usage: kernel-module.sh VMLINUZ MODULE DIR"
folder=${1%/boot/*}/lib/modules
packed=$(find "$folder" -name "$2.ko" -o -name "$2.ko.xz" 2>/dev/null) || true
[ -n "$packed" ] || fail "there is no module $2 in $folder"
case $packed in
*.xz) xz -dc "$packed" ;;
*) cat "$packed" ;;
esac >"$3/$2.ko" || {
    rm -f "$3/$2.ko"
    exit 1
}
