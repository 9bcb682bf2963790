#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Run one scenario of experiments/ with a Linux, on this machine's own /dev/kvm or, where `minivmm doctor` says that
# this cannot boot one, in the SVM lab. Its result, as a table, its console and report stay in build/experiments/NAME.
#
# usage: experiment.sh [--trace] NAME [KERNEL]   KERNEL is a file, or a series of fetch-kernel.sh (6.12 by default).
#       With --trace there are a trace and a page with its pictures, too: runs/0001.html
# status: 0 all that it expects held; 1 not. Prints TAP.
set -eu

doctor_no_linux=18
root=$(cd "$(dirname "$0")/../.." && pwd)
trace=
[ "$1" != --trace ] || {
    trace=--trace
    shift
}
name=$1
kernel=${2:-6.12}
out=$root/build/experiments/$name
scenario=experiments/$name.json
# What pages are drawn with, see vmm/cmd/report_page.h.
dygraphs=/usr/share/javascript/dygraphs
# The initramfs that it names, from its folder on.
initrd=$(sed -n 's,.*"initrd": "\.\./\([^"]*\)".*,\1,p' "$root/$scenario")

# in_lab OPTION...
in_lab() {
    set -- "$@" --output /out/runs "$scenario"
    [ -z "$initrd" ] || set -- --file "$root/$initrd:$initrd" -- "$@"
    [ -n "$initrd" ] || set -- -- "$@"
    [ -z "$trace" ] || set -- --file "$dygraphs/dygraph.min.js:$dygraphs/dygraph.min.js" \
        --file "$dygraphs/dygraph.min.css:$dygraphs/dygraph.min.css" "$@"
    "$root/tests/lab/svm.sh" --timeout 170 --output "$out" --file "$root/minivmm" --file "$kernel:bzImage" \
        --file "$root/$scenario:$scenario" "$@"
}

rm -rf "$out"
mkdir -p "$out"
[ -f "$kernel" ] || kernel=$("$root/guest-images/fetch-kernel.sh" "$kernel")
status=0
"$root/minivmm" doctor >"$out/doctor" || status=$?
if [ "$status" -eq "$doctor_no_linux" ]; then
    set -- in_lab ./minivmm experiment --kernel bzImage
else
    set -- "$root/minivmm" experiment --kernel "$kernel" --output "$out/runs" "$root/$scenario"
fi
status=0
"$@" --timeout 150 --format table $trace >"$out/table" 2>"$out/log" || status=$?
if [ "$status" -eq 0 ]; then
    echo "ok - experiment $name"
    [ -z "$trace" ] || echo "# its pictures: build/experiments/$name/runs/0001.html"
else
    cat "$out/table" "$out/log" >&2
    echo "not ok - experiment $name: status $status"
fi
[ "$status" -eq 0 ]
