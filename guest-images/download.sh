# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Debian packages into the cache, unpacked there and not installed, so that no root is needed: sourced
# by the scripts that do so. It sets
#   cache              the folder of the cache: $MINIVMM_CACHE, else ~/.cache/minivmm
# and defines
#   fail TEXT          one line on stderr, and status 1
#   make_work          makes the folder $work in the cache, which goes when the script ends
#   fetch FIND WHAT    downloads packages into $work. The function FIND prints their names, by calls of apt:
#                      those that belong together in one line. The first line counts of which all can be had:
#                      a package list may name what its archive has no longer. WHAT is said if none can.
# Who sources it may set
#   suite              a release of Debian that the package is in, if not in one of apt's sources
#   suite_only         not empty: what apt's sources have of it does not count
#   architecture       the package's, if not this machine's

cache=${MINIVMM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/minivmm}
apt_options=
suite=
suite_only=
architecture=
work=

fail() {
    echo "minivmm: $1" >&2
    exit 1
}

make_work() {
    mkdir -p "$cache" || fail "cannot make the cache folder $cache"
    work=$(mktemp -d "$cache/fetch.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' INT TERM HUP
}

# No lock of apt's is taken: a download needs none, and lists are fetched into a folder of our own.
# apt's sandbox user may not read the caller's folders: download as the caller instead.
apt() {
    tool=$1
    shift
    # shellcheck disable=SC2086 # apt_options is a list of words
    LC_ALL=C "$tool" -q=2 -o APT::Sandbox::User="$(id -un)" $apt_options "$@" </dev/null
}

# What apt-get says of a package that its lists or the archive have not.
not_there="Unable to locate package|no candidate|404 "

download() {
    "$1" >"$work/found"
    : >"$work/log"
    while read -r packages; do
        # shellcheck disable=SC2086 # a list of packages
        (cd "$work" && apt apt-get download $packages) >"$work/log" 2>&1 && return
        rm -f "$work"/*.deb
        grep -qE "$not_there" "$work/log" || break
    done <"$work/found"
    return 1
}

# The first of the mirrors that apt has its packages from: not the one of security updates.
mirror() {
    # shellcheck disable=SC2016 # $(SITE) is apt's
    apt apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -v security | head -n 1
}

# The system's package lists may be missing or too old, or for other packages: fetch them, into a folder of
# our own. Should apt not get all of them, the package may be in those that it got.
use_fresh_lists() {
    mkdir -p "$work/lists/partial" "$work/archives/partial"
    options="-o Dir::State::Lists=$work/lists -o Dir::Cache=$work"
    [ -z "$suite" ] || {
        echo "deb $(mirror) $suite main" >"$work/sources.list"
        options="$options -o Dir::Etc::SourceList=$work/sources.list -o Dir::Etc::SourceParts=/dev/null"
    }
    [ -z "$architecture" ] ||
        options="$options -o APT::Architectures::=$(dpkg --print-architecture) -o APT::Architectures::=$architecture"
    apt_options=$options
    apt apt-get update >/dev/null 2>&1 || true
}

# Why nothing could be downloaded, after use_fresh_lists.
reason() {
    from=${suite:-its sources}
    if ! ls "$work"/lists/*_Packages* >/dev/null 2>&1; then
        echo "apt cannot reach $from"
    elif [ ! -s "$work/found" ] || grep -qE "$not_there" "$work/log"; then
        echo "apt finds none in $from"
    else
        echo "apt says $(grep -m 1 '^E:' "$work/log" || echo nothing)"
    fi
}

fetch() {
    { [ -z "$suite_only" ] && download "$1"; } || { use_fresh_lists && download "$1"; } ||
        fail "cannot fetch $2: $(reason)"
}
