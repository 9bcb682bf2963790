#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# minivmm run-test in the SVM lab, by run-test-in-lab.sh: Linux's own tests of timers and of the RTC, and what
# becomes of a program's bytes, files and end. What they say stays in build/linux-run-test.
#
# usage: run-test.sh
# status: 0 all passed; 1 not
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/linux
out=$root/build/linux-run-test

rm -rf "$out"
mkdir -p "$out"
kernel_6_1=$("$root/guest-images/fetch-kernel.sh" 6.1)
kernel_6_12=$("$root/guest-images/fetch-kernel.sh" 6.12)
selftests=$("$root/guest-images/fetch-selftests.sh" 6.12)
"$root/guest-images/extract-vmlinux.sh" "$kernel_6_12" "$out/vmlinux-6.12"
for name in posix_timers nanosleep mqueue-lat inconsistency-check threadtest set-tai valid-adjtimex rtctest rtcpie; do
    set -- "$@" --file "$selftests/$name"
done
libgcc=$(gcc -print-file-name=libgcc_s.so.1)
"$root/tests/lab/svm.sh" --timeout 300 --output "$out" --file "$root/minivmm" --file "$kernel_6_1:bzImage-6.1" \
    --file "$out/vmlinux-6.12" --file "$libgcc:/lib/x86_64-linux-gnu/libgcc_s.so.1" --file "$here/selftests.sh" --file "$here/run-test-in-lab.sh" "$@" \
    -- sh ./run-test-in-lab.sh >"$out/tap" || echo "not ok - linux run-test: the lab ended badly" >>"$out/tap"
cat "$out/tap"
grep -q '^ok' "$out/tap" && ! grep -q '^not ok' "$out/tap"
