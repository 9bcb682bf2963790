#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The tarball of `make dist` is built where there is no git, installed and uninstalled.
#
# usage: run.sh    in a clone; MAKE is the make to use
# status: 0 all passed; 1 not. TAP lines. What the build printed stays in build/dist.log.
set -u
cd "$(dirname "$0")/../.." || exit
make=${MAKE:-make}
log=$PWD/build/dist.log
failed=0
mkdir -p build

if [ ! -e .git ]; then
    echo "ok - make dist # SKIP this tree is no clone"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# test_that NAME COMMAND...
test_that() {
    name=$1
    shift
    if "$@" >>"$log" 2>&1; then
        echo "ok - $name"
    else
        echo "not ok - $name: see build/dist.log: $(tail -n 1 "$log")"
        failed=1
    fi
}

# is_version WANTED PROGRAM
is_version() {
    said=$("$2" --version)
    echo "$said, and wanted is minivmm $1"
    [ "$said" = "minivmm $1" ]
}

# git is not there for whoever asks for it.
without_git() {
    mkdir -p "$work/bin"
    printf '#!/bin/sh\necho "git was called: $*"\nexit 127\n' >"$work/bin/git"
    chmod +x "$work/bin/git"
    (cd "$work/minivmm-$version" && PATH=$work/bin:$PATH exec "$@")
}

builds_only() {
    without_git "$make" minivmm >"$work/out" 2>&1
    cat "$work/out"
    [ "$(grep -E '^[A-Z]+ ' "$work/out" | tr '\n' ' ')" = "$1" ]
}

installed() {
    (cd "$work/root" && find . ! -type d | LC_ALL=C sort)
}

has_files() {
    installed >"$work/installed"
    for file; do
        grep -qxF "./usr/$file" "$work/installed" || { echo "usr/$file is not installed"; return 1; }
    done
}

: >"$log"
tarball=$("$make" --no-print-directory dist 2>>"$log")
version=${tarball#*/minivmm-}
version=${version%.tar.gz}
test_that 'make dist makes a tarball' tar -xf "$tarball" -C "$work"
test_that 'it builds without git' without_git "$make" -j"$(nproc)" minivmm
test_that 'and has the version of the commit' is_version "$version" "$work/minivmm-$version/minivmm"
echo 9.8.7 >"$work/minivmm-$version/VERSION"
test_that 'another version compiles one file' builds_only 'CC build/vmm/cmd/main.o LD minivmm '
test_that 'and is said' is_version 9.8.7 "$work/minivmm-$version/minivmm"
test_that 'the same version compiles nothing' builds_only ''
test_that 'make install' without_git "$make" install PREFIX=/usr DESTDIR="$work/root"
test_that 'installs program, man page, completion, licence and documents' has_files bin/minivmm \
    share/man/man1/minivmm.1 share/bash-completion/completions/minivmm share/doc/minivmm/LICENSE share/doc/minivmm/README.md share/doc/minivmm/docs/ci.md
test_that 'the installed program runs' is_version 9.8.7 "$work/root/usr/bin/minivmm"
test_that 'make uninstall' without_git "$make" uninstall PREFIX=/usr DESTDIR="$work/root"
test_that 'leaves no file' [ -z "$(installed)" ]
exit "$failed"
