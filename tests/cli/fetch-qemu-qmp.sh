#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Fetch QEMU's QMP client for Python, Debian's python3-qemu-qmp, into the cache; print the folder for PYTHONPATH.
#
# usage: fetch-qemu-qmp.sh
# status: 0 the folder was printed; 1 not (one line says why)
#
# Debian has it from 13 on, in its backports. It is Python alone, so it runs on 12 too; it is unpacked and
# not installed. What is in the cache is used without asking apt anything.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=guest-images/download.sh
. "$here/../../guest-images/download.sh"

client=$cache/qemu-qmp
package=python3-qemu-qmp
suite=trixie-backports
keys=/usr/share/keyrings/debian-archive-keyring.gpg

# Beside the system's own sources, not among them.
fetch_from_backports() {
    mkdir -p "$work/lists/partial" "$work/archives/partial"
    echo "deb [signed-by=$keys] http://deb.debian.org/debian $suite main" >"$work/sources.list"
    apt_options="-o Dir::Etc::sourcelist=$work/sources.list -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::Lists=$work/lists -o Dir::Cache=$work"
    apt apt-get update && (cd "$work" && apt apt-get download "$package")
}

if [ ! -d "$client" ]; then
    command -v apt-get >/dev/null || fail "no apt-get here to fetch $package with"
    make_work
    fetch_from_backports >/dev/null 2>&1 || fail "cannot fetch $package from Debian's $suite"
    dpkg -x "$work"/"$package"_*.deb "$work/tree" || fail "cannot unpack $package"
    mv -T "$work/tree" "$client" 2>/dev/null || [ -d "$client" ] || fail "cannot write $client"
fi
echo "$client/usr/lib/python3/dist-packages"
