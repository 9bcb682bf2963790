#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Install the Debian packages that minivmm needs and this machine lacks, after saying which.
#
# usage: packages.sh SET|PACKAGE...     SET is build, run, lab, small-kernel, vmx, lint, test, pictures, slurm or
#                               examples
# status: 0 all are installed; 1 they cannot be installed (one line says why)
#
# Where all is there it says nothing and starts nothing but dpkg-query.
set -eu

# How long another apt is waited for, and how often it is looked at.
lock_sec=300
retry_sec=5

packages_of() {
    case $1 in
    build) echo gcc make libc6-dev libelf-dev libjansson-dev libseccomp-dev libxxhash-dev systemtap-sdt-dev acpica-tools musl-tools cpio ;;
    run) echo xz-utils zstd lz4 gzip ;; # what a kernel image or module may be packed with
    lab) echo gcc libc6-dev qemu-system-x86 busybox-static cpio xz-utils zstd libc-bin util-linux ;;
    small-kernel) echo gcc make libc6-dev libelf-dev flex bison bc lz4 xz-utils perl ;;
    vmx) echo bochs bochs-term bochsbios vgabios ;;
    lint) echo clang clang-format clang-tidy cppcheck shellcheck mandoc git ;;
    test) echo util-linux-extra binutils gdb crash libcmocka-dev spin libasan8 libubsan1 jq python3-jsonschema libxml2-utils clang libclang-rt-dev ;;
    pictures) echo gnuplot-nox libjs-dygraphs chromium libxml2-utils ;;
    slurm) echo slurmctld slurmd slurm-client munge ;;
    examples) echo gnuplot-nox ;; # plots what examples/offset-series.c writes
    *) echo "$1" ;;
    esac
}

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

fail() {
    echo "minivmm: $1" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -- "$@"
    fi
}

# What apt-get says goes to a file, shown only if it failed.
apt_once() {
    as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -qq -o Dpkg::Use-Pty=0 \
        -o DPkg::Lock::Timeout="$lock_sec" "$@" >"$log" 2>&1 </dev/null
}

# Beside another apt it waits for the locks. apt-get itself (2.6) waits only for that of dpkg, not for
# those of the package lists and of the downloads, so it is called again while they are taken.
apt() {
    waited_sec=0
    until apt_once "$@"; do
        waited_sec=$((waited_sec + retry_sec))
        grep -q 'Could not get lock' "$log" && [ "$waited_sec" -lt "$lock_sec" ] || return 1
        sleep "$retry_sec"
    done
}

[ $# -gt 0 ] || fail "usage: packages.sh SET|PACKAGE..."
command -v dpkg-query >/dev/null || fail "this is not a Debian system: install by hand what 'packages.sh' lists for: $*"

missing=
for name; do
    for package in $(packages_of "$name"); do
        case " $missing " in *" $package "*) continue ;; esac
        is_installed "$package" || missing="$missing $package"
    done
done
[ -n "$missing" ] || exit 0

[ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
    fail "as root, run: apt-get install$missing (there is no sudo here)"
echo "minivmm: installing$missing" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 1' INT TERM HUP
apt update || echo "minivmm: apt-get update failed; trying with the package lists there are" >&2
# shellcheck disable=SC2086 # one word per package
apt install -y --no-install-recommends $missing || {
    cat "$log" >&2
    fail "apt-get could not install$missing"
}
