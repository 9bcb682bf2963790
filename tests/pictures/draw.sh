#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Draw the picture of the README anew: docs/hpet-fast.svg, of a run in the SVM lab. The trace and its page stay in
# build/pictures.
#
# usage: draw.sh
# status: 0 it is drawn
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
out=$root/build/pictures/hpet-fast
title='HPET 2000 ppm fast for 6 s, and a Linux that keeps time by it'

rm -rf "$out"
mkdir -p "$out"
"$root/guest-images/extract-vmlinux.sh" "$("$root/guest-images/fetch-kernel.sh" 6.12)" "$out/vmlinux"
"$root/tests/lab/svm.sh" --timeout 170 --output "$out" --file "$root/minivmm" --file "$out/vmlinux" -- \
    ./minivmm --cpus 2 -m 256 --timeout 140 --console file:/out/console --trace /out/trace \
    --at '24s hpet.rate ppb=2000000' --at '30s hpet.rate ppb=0' \
    --append 'loglevel=4 clocksource=hpet probe.scope=none probe.seconds=26 probe.sample=50' vmlinux
"$root/minivmm" trace "$out/trace" --to html --title "$title" >"$out/page.html"
"$root/minivmm" trace "$out/trace" --to svg --title "$title" >"$out/picture.svg"
mv "$out/picture.svg" "$root/docs/hpet-fast.svg"
echo "docs/hpet-fast.svg; as a page: $out/page.html"
