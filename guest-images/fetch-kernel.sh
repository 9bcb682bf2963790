#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Fetch Debian's newest kernel of a series into the cache; print the path of its vmlinuz.
#
# usage: fetch-kernel.sh SERIES [full|rt|686|686-pae]  SERIES is for example 5.10, 6.1 or 6.12; 6 and 7 are the
#       newest that begin so in Debian's backports. full: the kernel for PCs, of 100 MB, not the one for clouds;
#       rt: with PREEMPT_RT; 686 and 686-pae: those for 32 bits, without and with PAE
# status: 0 the path was printed; 1 not (one line says why)
#
# Series beyond 6.12 are of trixie-backports, which needs not be one of apt's sources. Of one that its archive
# has lost since the list was written, the next older counts.
# The package is unpacked, not installed: no root needed. Its modules lie beside it, in
# ../lib/modules (kernel-module.sh). The cache is $MINIVMM_CACHE, else ~/.cache/minivmm; what is in it is used
# without asking apt anything. A download cut short leaves nothing in it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=guest-images/download.sh
. "$here/download.sh"

usage="usage: fetch-kernel.sh SERIES [full|rt|686|686-pae] (SERIES is for example 6.12, or 7 for the newest 7.x)"

# The packages of each signed image of the series, the newest first: for example
# linux-image-6.12.43+deb12-cloud-amd64. Where there is a linux-binary-V, its linux-image-V is empty.
kernel_packages() {
    apt apt-cache search --names-only "^linux-(image|binary)-$series_regex\\.[^ -]*(-[0-9]+)?-$flavour\$" 2>/dev/null |
        cut -d ' ' -f 1 | sort -V >"$work/names"
    sed -n 's/^linux-image-//p' "$work/names" | tac | while read -r version; do
        if grep -qxF "linux-binary-$version" "$work/names"; then
            echo "linux-binary-$version linux-modules-$version linux-base-$version"
        else
            echo "linux-image-$version${architecture:+:$architecture}"
        fi
    done
}

# As Debian 12 lays a kernel out: boot/vmlinuz-V and lib/modules/V.
lay_out() {
    [ -d "$work/tree/lib" ] || mv "$work/tree/usr/lib" "$work/tree/lib"
    mkdir -p "$work/tree/boot"
    for image in "$work"/tree/lib/modules/*/vmlinuz; do
        version=${image%/vmlinuz}
        [ ! -f "$image" ] || mv "$image" "$work/tree/boot/vmlinuz-${version##*/}"
    done
}

[ $# -eq 1 ] || [ $# -eq 2 ] || fail "$usage"
series=$1
case ${2:-} in
'') flavour=cloud-amd64 ;;
full) flavour=amd64 ;;
rt) flavour=rt-amd64 ;;
686 | 686-pae)
    flavour=$2
    architecture=i386
    ;;
*) fail "$usage" ;;
esac
# shellcheck disable=SC2034 # for download.sh
case $series in
'' | *[!0-9.]* | *.*.* | .* | *.) fail "'$series' is no series of kernels; $usage" ;;
*.*) ;;
*) suite_only=yes ;;
esac
# shellcheck disable=SC2034 # for download.sh
case $series in
5.10) suite=bullseye ;;
6.1 | 6.12) ;;
*) suite=trixie-backports ;;
esac
series_regex=$(printf %s "$series" | sed 's/\./\\./g')
kernel=$cache/kernel-$series${2:+-$2}

if [ ! -d "$kernel" ]; then
    command -v apt-get >/dev/null || fail "no apt-get here to fetch linux-image-$series with: put a Debian kernel package, unpacked, in $kernel"
    make_work
    echo "minivmm: fetching Debian's Linux $series ($flavour) into $cache" >&2
    fetch kernel_packages "Linux $series ($flavour)"
    for package in "$work"/*.deb; do
        dpkg -x "$package" "$work/tree" || fail "cannot unpack ${package##*/}"
    done
    lay_out
    # Two callers may race; a rename onto a folder with files in it fails, and either tree will do.
    mv -T "$work/tree" "$kernel" 2>/dev/null || [ -d "$kernel" ] || fail "cannot write $kernel"
fi
for vmlinuz in "$kernel"/boot/vmlinuz-*; do
    [ -r "$vmlinuz" ] || fail "no kernel in $kernel: remove that folder and try again"
    echo "$vmlinuz"
done
