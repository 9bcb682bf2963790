#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Test whole runs of the program; TAP lines on stdout.
#
# usage: run.sh plain|sanitized PROGRAM TOOL...     how it was built; TOOL is drive, or one of the
# libraries and payloads that the tests need
# status: 0 unless a test failed
#
# Both may run at the same time. A sanitized program is too slow for guests on a real KVM.
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
minivmm=$work/minivmm
cp "$2" "$minivmm"
variant=
preload=
if [ "$1" = sanitized ]; then
    variant=' (sanitized)'
    preload=$(gcc -print-file-name=libasan.so)
fi
shift 2
cp "$@" "$work/tools"
tools=$work/tools

. tests/cli/lib.sh
. tests/cli/images.sh
. tests/cli/options.sh
. tests/cli/manual.sh
. tests/cli/files.sh
. tests/cli/rtc.sh
. tests/cli/outputs.sh
. tests/cli/host.sh
. tests/cli/ends.sh
. tests/cli/streams.sh
. tests/cli/trace.sh
. tests/cli/control.sh
. tests/cli/reboot.sh
. tests/cli/check.sh
. tests/cli/experiment.sh
. tests/cli/run_test.sh
. tests/cli/doctor.sh
. tests/cli/snapshot.sh
if [ -z "$variant" ]; then
    . tests/cli/packages.sh
    . tests/cli/fetch.sh
    . tests/cli/completion.sh
    . tests/cli/kvm.sh
    . tests/cli/clones.sh
    . tests/cli/sleep.sh
    . tests/cli/check_from.sh
    . tests/cli/clock.sh
fi

exit "$failed"
