#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Fetch a Debian package into the cache, unpacked; print the folder that it is in.
#
# usage: fetch-package.sh PACKAGE[:ARCHITECTURE] [SUITE]   SUITE, for example trixie: if apt's sources do
#       not have it. ARCHITECTURE, for example i386: if not this machine's
# status: 0 the path was printed; 1 not (one line says why)
#
# See fetch-kernel.sh.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=guest-images/download.sh
. "$here/download.sh"

# shellcheck disable=SC2317 # called by fetch
this_package() {
    echo "$wanted"
}

[ $# -eq 1 ] || [ $# -eq 2 ] || fail "usage: fetch-package.sh PACKAGE[:ARCHITECTURE] [SUITE]"
wanted=$1
# shellcheck disable=SC2034 # for download.sh
suite=${2:-}
case $wanted in *:*) architecture=${wanted#*:} ;; esac
folder=$cache/package-$1${2:+-$2}

if [ ! -d "$folder" ]; then
    command -v apt-get >/dev/null || fail "no apt-get here to fetch $wanted with: put the package, unpacked, in $folder"
    make_work
    echo "minivmm: fetching Debian's $wanted${2:+ of $2} into $cache" >&2
    fetch this_package "$wanted"
    dpkg -x "$work/${wanted%:*}"_*.deb "$work/tree" || fail "cannot unpack $wanted"
    # Two callers may race; either tree will do.
    mv -T "$work/tree" "$folder" 2>/dev/null || [ -d "$folder" ] || fail "cannot write $folder"
fi
echo "$folder"
