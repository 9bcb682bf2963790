#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Build a small kernel from Debian's sources of Linux 6.1 into the cache; print the path of its bzImage.
#
# usage: build-small-kernel.sh
# status: 0 the path was printed; 1 not (one line says why)
#
# Its configuration is small-kernel.config, and of all else the least. It takes some minutes and 3 GB,
# which are given back. The cache is that of fetch-kernel.sh: what is in it is neither fetched nor built
# again unless the configuration has changed. The packages that this needs are installed, see
# tests/lab/packages.sh; the sources are not.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=guest-images/download.sh
. "$here/download.sh"

source_package=linux-source-6.1

print_source_package() {
    echo "$source_package"
}

# Who built it, where and when is in a kernel, unless it is told something else. What the make that may
# have called us was told is not for this one.
make_kernel() {
    env -u MAKEFLAGS -u MFLAGS make -C "$work/$source_package" ARCH=x86_64 KCONFIG_ALLCONFIG="$config" KBUILD_BUILD_USER=minivmm \
        KBUILD_BUILD_HOST=minivmm KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970' "$@" >>"$work/log" 2>&1 ||
        {
            tail -n 20 "$work/log" >&2
            fail "$source_package cannot be built (make $*)"
        }
}

# What another option rules out is dropped without a word.
check_config() {
    grep -v '^#' "$config" | while read -r line; do
        grep -qx "$line" "$work/$source_package/.config" ||
            fail "$source_package does not take $line of $config"
    done
}

config=$here/small-kernel.config
kernel=$cache/kernel-small-$(cksum <"$config" | cut -d ' ' -f 1)

if [ ! -d "$kernel" ]; then
    "$here/../tests/lab/packages.sh" small-kernel || exit 1
    make_work
    echo "minivmm: building a small Linux 6.1 from Debian's sources, which takes some minutes" >&2
    fetch print_source_package "$source_package"
    dpkg-deb --fsys-tarfile "$work/$source_package"_*.deb |
        tar -x -O "./usr/src/$source_package.tar.xz" | tar -x -J -C "$work" ||
        fail "cannot unpack $source_package"
    make_kernel allnoconfig
    check_config
    make_kernel -j"$(nproc)" bzImage
    mkdir "$work/built"
    cp "$work/$source_package/arch/x86/boot/bzImage" "$work/$source_package/.config" "$work/built"
    # Two callers may race; a rename onto a folder with files in it fails, and either will do.
    mv -T "$work/built" "$kernel" 2>/dev/null || [ -d "$kernel" ] || fail "cannot write $kernel"
fi
[ -r "$kernel/bzImage" ] || fail "no kernel in $kernel: remove that folder and try again"
echo "$kernel/bzImage"
