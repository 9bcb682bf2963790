#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What --version says of a tree, and the tarball of `make dist`: it is built where there is no git, installed
# and uninstalled.
#
# usage: run.sh    in a clone; MAKE is the make to use
# status: 0 all passed; 1 not. TAP lines. What the build printed stays in build/dist.log.
set -u
cd "$(dirname "$0")/../.." || exit
top=$PWD
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

# In a repository of its own: git with nothing of this user's configuration.
own_git() {
    HOME=$work/home GIT_CONFIG_NOSYSTEM=1 git -C "$work/tree" -c user.name=test -c user.email=test@example.org "$@"
}

# says_version PATTERN: version.sh does, in that repository.
says_version() {
    said=$(cd "$work/tree${2:-}" && sh "$top/vmm/cmd/version.sh")
    echo "$said, and wanted is $1"
    echo "$said" | grep -qxE "$1"
}

test_versions() {
    mkdir -p "$work/tree/unpacked" "$work/home"
    own_git init -q
    echo one >"$work/tree/file"
    own_git add file
    own_git commit -qm one
    test_that 'a clone without tags is the last release and the commit' says_version '0\.1\.0-g[0-9a-f]+'
    own_git tag v1.2.3
    test_that 'at a tag the version is that of the tag' says_version '1\.2\.3'
    own_git tag other
    own_git commit -q --allow-empty -m two
    test_that 'after it, that and the commits since' says_version '1\.2\.3-1-g[0-9a-f]+'
    echo two >"$work/tree/file"
    test_that 'with a changed file it is dirty' says_version '1\.2\.3-1-g[0-9a-f]+-dirty'
    test_that 'a tree without git in another repository is not of its version' says_version '0\.1\.0' /unpacked
    echo 4.5.6 >"$work/tree/unpacked/VERSION"
    test_that 'and is what its VERSION says' says_version '4\.5\.6' /unpacked
}

: >"$log"
test_versions
tarball=$("$make" --no-print-directory dist 2>>"$log")
version=${tarball#*/minivmm-}
version=${version%.tar.gz}
test_that 'make dist makes a tarball' tar -xf "$tarball" -C "$work"
test_that 'it builds without git' without_git "$make" -j"$(nproc)" minivmm
test_that 'and has the version of the commit' is_version "$version" "$work/minivmm-$version/minivmm"
echo 9.8.7 >"$work/minivmm-$version/VERSION"
test_that 'another version compiles one file' builds_only 'CC build/vmm/cmd/version.o LD minivmm '
test_that 'and is said' is_version 9.8.7 "$work/minivmm-$version/minivmm"
test_that 'the same version compiles nothing' builds_only ''
test_that 'make install' without_git "$make" install PREFIX=/usr DESTDIR="$work/root"
test_that 'installs program, man page, completion, licence and documents' has_files bin/minivmm \
    share/man/man1/minivmm.1 share/bash-completion/completions/minivmm share/doc/minivmm/LICENSE share/doc/minivmm/README.md share/doc/minivmm/docs/ci.md
test_that 'the installed program runs' is_version 9.8.7 "$work/root/usr/bin/minivmm"
test_that 'make uninstall' without_git "$make" uninstall PREFIX=/usr DESTDIR="$work/root"
test_that 'leaves no file' [ -z "$(installed)" ]
exit "$failed"
