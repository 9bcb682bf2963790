#!/bin/sh
# Fetch Debian's newest cloud kernel of a series into the cache; print the path of its vmlinuz.
#
# usage: fetch-kernel.sh SERIES         SERIES is for example 6.1 or 6.12
# status: 0 the path was printed; 1 not (one line says why)
#
# The package is unpacked, not installed: no root needed. Its modules lie beside it, in
# ../lib/modules. The cache is $MINIVMM_CACHE, else ~/.cache/minivmm; what is in it is used
# without asking apt anything. A download cut short leaves nothing in it.
set -eu

fail() {
    echo "minivmm: $1" >&2
    exit 1
}

# apt's sandbox user may not read the caller's folders: download as the caller instead.
apt() {
    tool=$1
    shift
    # shellcheck disable=SC2086 # apt_options is a list of words
    "$tool" -q=2 -o APT::Sandbox::User="$(id -un)" $apt_options "$@" </dev/null
}

# The newest signed image of the series, for example linux-image-6.12.43+deb12-cloud-amd64.
newest_package() {
    apt apt-cache search --names-only "^linux-image-$series_regex\\.[^ ]*-cloud-amd64\$" 2>/dev/null |
        cut -d ' ' -f 1 | sort -V | tail -n 1
}

download() {
    package=$(newest_package)
    [ -n "$package" ] && (cd "$work" && apt apt-get download "$package" >&2)
}

# The system's package lists may be missing or too old: fetch them, into a folder of our own.
use_fresh_lists() {
    mkdir -p "$work/lists/partial" "$work/archives/partial"
    apt_options="-o Dir::State::Lists=$work/lists -o Dir::Cache=$work"
    apt apt-get update >/dev/null 2>&1
}

[ $# -eq 1 ] || fail "usage: fetch-kernel.sh SERIES (for example 6.12)"
series=$1
series_regex=$(printf %s "$series" | sed 's/\./\\./g')
cache=${MINIVMM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/minivmm}
kernel=$cache/kernel-$series
apt_options=

if [ ! -d "$kernel" ]; then
    command -v apt-get >/dev/null || fail "no apt-get here to fetch linux-image-$series with: put a Debian kernel package, unpacked, in $kernel"
    mkdir -p "$cache" || fail "cannot make the cache folder $cache"
    work=$(mktemp -d "$cache/fetch.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' INT TERM HUP
    echo "minivmm: fetching Debian's Linux $series (cloud-amd64) into $cache" >&2
    download 2>/dev/null || { use_fresh_lists && download; } ||
        fail "cannot fetch linux-image-$series*-cloud-amd64: the Debian release here has none, or its servers cannot be reached"
    dpkg -x "$work"/linux-image-*.deb "$work/tree" || fail "cannot unpack $package"
    # Two callers may race; a rename onto a folder with files in it fails, and either tree will do.
    mv -T "$work/tree" "$kernel" 2>/dev/null || [ -d "$kernel" ] || fail "cannot write $kernel"
fi
for vmlinuz in "$kernel"/boot/vmlinuz-*; do
    [ -r "$vmlinuz" ] || fail "no kernel in $kernel: remove that folder and try again"
    echo "$vmlinuz"
done
