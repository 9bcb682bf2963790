#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Run one scenario of experiments/ with Debian's Linux in the SVM lab. Its result, as a table, its console and
# report stay in build/experiments.
#
# usage: experiment.sh NAME [SERIES]
# status: 0 all that it expects held; 1 not. Prints TAP.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
name=$1
out=$root/build/experiments/$name

rm -rf "$out"
mkdir -p "$out"
kernel=$("$root/guest-images/fetch-kernel.sh" "${2:-6.12}")
# The initramfs that it names, from its folder on.
initrd=$(sed -n 's,.*"initrd": "\.\./\([^"]*\)".*,\1,p' "$root/experiments/$name.json")
set --
[ -z "$initrd" ] || set -- --file "$root/$initrd:$initrd"
status=0
"$root/tests/lab/svm.sh" --timeout 170 --output "$out" --file "$root/minivmm" --file "$kernel:bzImage" \
    --file "$root/experiments/$name.json:experiments/$name.json" "$@" -- \
    ./minivmm experiment --kernel bzImage --timeout 150 --format table --output /out/runs "experiments/$name.json" >"$out/table" 2>"$out/log" || status=$?
if [ "$status" -eq 0 ]; then
    echo "ok - experiment $name"
else
    cat "$out/table" "$out/log" >&2
    echo "not ok - experiment $name: status $status"
fi
[ "$status" -eq 0 ]
