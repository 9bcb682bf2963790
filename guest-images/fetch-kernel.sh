#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Fetch Debian's newest kernel of a series into the cache; print the path of its vmlinuz.
#
# usage: fetch-kernel.sh SERIES [full|rt|686|686-pae]  SERIES is for example 5.10, 6.1 or 6.12. full: the
#       kernel for PCs, of 100 MB, not the one for clouds; rt: with PREEMPT_RT; 686 and 686-pae: those
#       for 32 bits, without and with PAE
# status: 0 the path was printed; 1 not (one line says why)
#
# The package is unpacked, not installed: no root needed. Its modules lie beside it, in
# ../lib/modules. The cache is $MINIVMM_CACHE, else ~/.cache/minivmm; what is in it is used
# without asking apt anything. A download cut short leaves nothing in it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=guest-images/download.sh
. "$here/download.sh"

# The newest signed image of the series, for example linux-image-6.12.43+deb12-cloud-amd64.
newest_package() {
    name=$(apt apt-cache search --names-only "^linux-image-$series_regex\\.[^ -]*(-[0-9]+)?-$flavour\$" 2>/dev/null |
        cut -d ' ' -f 1 | sort -V | tail -n 1)
    [ -z "$name" ] || echo "$name${architecture:+:$architecture}"
}

[ $# -eq 1 ] || [ $# -eq 2 ] || fail "usage: fetch-kernel.sh SERIES [full|rt|686|686-pae] (for example 6.12)"
series=$1
case ${2:-} in
'') flavour=cloud-amd64 ;;
full) flavour=amd64 ;;
rt) flavour=rt-amd64 ;;
686 | 686-pae)
    flavour=$2
    architecture=i386
    ;;
*) fail "usage: fetch-kernel.sh SERIES [full|rt|686|686-pae] (for example 6.12)" ;;
esac
case $series in 5.10) suite=bullseye ;; esac
series_regex=$(printf %s "$series" | sed 's/\./\\./g')
kernel=$cache/kernel-$series${2:+-$2}

if [ ! -d "$kernel" ]; then
    command -v apt-get >/dev/null || fail "no apt-get here to fetch linux-image-$series with: put a Debian kernel package, unpacked, in $kernel"
    make_work
    echo "minivmm: fetching Debian's Linux $series ($flavour) into $cache" >&2
    fetch newest_package "linux-image-$series*-$flavour"
    dpkg -x "$work"/linux-image-*.deb "$work/tree" || fail "cannot unpack $package"
    # Two callers may race; a rename onto a folder with files in it fails, and either tree will do.
    mv -T "$work/tree" "$kernel" 2>/dev/null || [ -d "$kernel" ] || fail "cannot write $kernel"
fi
for vmlinuz in "$kernel"/boot/vmlinuz-*; do
    [ -r "$vmlinuz" ] || fail "no kernel in $kernel: remove that folder and try again"
    echo "$vmlinuz"
done
