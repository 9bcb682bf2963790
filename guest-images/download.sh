# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Debian packages into the cache, unpacked there and not installed, so that no root is needed: sourced
# by the scripts that do so. It sets
#   cache              the folder of the cache: $MINIVMM_CACHE, else ~/.cache/minivmm
# and defines
#   fail TEXT          one line on stderr, and status 1
#   make_work          makes the folder $work in the cache, which goes when the script ends
#   fetch FIND WHAT    downloads the package whose name the function FIND prints, by calls
#                      of apt, into $work. WHAT is said if it cannot be had.
# Who sources it may set
#   suite              a release of Debian that the package is in, if not in one of apt's sources
#   architecture       the package's, if not this machine's

cache=${MINIVMM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/minivmm}
apt_options=
suite=
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
    "$tool" -q=2 -o APT::Sandbox::User="$(id -un)" $apt_options "$@" </dev/null
}

download() {
    package=$("$1")
    [ -n "$package" ] && (cd "$work" && apt apt-get download "$package" >&2)
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

fetch() {
    download "$1" 2>/dev/null || { use_fresh_lists && download "$1"; } ||
        fail "cannot fetch $2: none of apt's sources has it (Debian 12 has Linux 6.12 in bookworm-security), or they cannot be reached"
}
