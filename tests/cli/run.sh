#!/bin/sh
# Test whole runs of the program; TAP lines on stdout.
#
# usage: run.sh PROGRAM SANITIZED_PROGRAM TOOL...     TOOL is drive, or one of the libraries and
# payloads that the tests need
# status: 0 unless a test failed
set -u
cd "$(dirname "$0")/../.." || exit
[ $# -gt 2 ] || exit 2

# World-readable, for tests that run as another user.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
chmod 755 "$work"
mkdir "$work/tools"
cp "$1" "$work/minivmm"
cp "$2" "$work/minivmm-sanitized"
shift 2
cp "$@" "$work/tools"
tools=$work/tools

minivmm=$work/minivmm
variant=
preload=
. tests/cli/lib.sh
. tests/cli/images.sh
. tests/cli/options.sh
. tests/cli/files.sh
. tests/cli/rtc.sh
. tests/cli/host.sh
. tests/cli/ends.sh
. tests/cli/check.sh
. tests/cli/doctor.sh
. tests/cli/kvm.sh
. tests/cli/clock.sh

minivmm=$work/minivmm-sanitized
variant=' (sanitized)'
preload=$(gcc -print-file-name=libasan.so)
. tests/cli/lib.sh
. tests/cli/options.sh
. tests/cli/files.sh
. tests/cli/rtc.sh
. tests/cli/host.sh
. tests/cli/ends.sh
. tests/cli/check.sh
. tests/cli/doctor.sh

exit "$failed"
