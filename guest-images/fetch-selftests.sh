#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Fetch the source of Debian's Linux of a series, and build Linux's own tests of timers and of the RTC from it,
# in the cache; print the folder with the programs.
#
# usage: fetch-selftests.sh SERIES     for example 6.12
# status: 0 the path was printed; 1 not (one line says why)
#
# The package has 150 MB; only tools/testing/selftests/timers and rtc are unpacked from it, and kept with what
# they include. What is in the cache is used without asking apt anything. See fetch-kernel.sh.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=guest-images/download.sh
. "$here/download.sh"

# shellcheck disable=SC2317 # called by fetch
source_package() {
    apt apt-cache show "linux-source-$series" >/dev/null 2>&1 && echo "linux-source-$series"
}

[ $# -eq 1 ] || fail "usage: fetch-selftests.sh SERIES (for example 6.12)"
series=$1
selftests=$cache/selftests-$series

if [ ! -d "$selftests" ]; then
    command -v apt-get >/dev/null || fail "no apt-get here to fetch linux-source-$series with"
    make_work
    echo "minivmm: fetching the source of Debian's Linux $series, for its tests, into $cache" >&2
    fetch source_package "linux-source-$series"
    dpkg-deb --fsys-tarfile "$work"/linux-source-*.deb | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
        tar -xJ -C "$work" --wildcards --no-anchored 'tools/testing/selftests/timers/*' \
            'tools/testing/selftests/rtc/*' 'tools/testing/selftests/kselftest*.h' || fail "cannot unpack linux-source-$series"
    mkdir "$work/bin"
    for source in "$work"/linux-source-*/tools/testing/selftests/timers/*.c \
        "$work"/linux-source-*/tools/testing/selftests/rtc/rtctest.c; do
        name=${source##*/}
        gcc -O2 -w -D_GNU_SOURCE -I "${source%/*}/.." -o "$work/bin/${name%.c}" "$source" -lrt -lpthread -lm ||
            fail "cannot build $name of linux-source-$series"
    done
    mv "$work"/linux-source-*/tools/testing/selftests "$work/bin/source"
    # Two callers may race; either tree will do.
    mv -T "$work/bin" "$selftests" 2>/dev/null || [ -d "$selftests" ] || fail "cannot write $selftests"
fi
echo "$selftests"
