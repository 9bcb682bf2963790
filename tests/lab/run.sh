#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Boot a kernel with ./minivmm on this machine's /dev/kvm or, where `minivmm doctor` says that this cannot
# boot one, in the SVM lab.
#
# usage: run.sh KERNEL [OPTION OF MINIVMM]...
# status: that of minivmm (vmm/machine/exit_status.h); 125 the SVM lab failed
set -eu

doctor_no_linux=18
lab_timeout_sec=300
root=$(cd "$(dirname "$0")/../.." && pwd)

# The lab has one line for stdout and stderr, and a result for programs must not have messages in it.
run_check_in_lab() {
    # Each check of a matrix has a time of its own, and there may be any number.
    case " $* " in *" --matrix "*) lab_timeout_sec=0 ;; esac
    messages=$(mktemp -d)
    status=0
    # shellcheck disable=SC2016 # for the shell in the lab
    "$root/tests/lab/svm.sh" --timeout "$lab_timeout_sec" --output "$messages" --file "$root/minivmm" \
        --file "$kernel:kernel" -- sh -c 'exec "$@" 2>/out/messages' - ./minivmm "$@" kernel || status=$?
    cat "$messages/messages" >&2 || true
    rm -rf "$messages"
    exit "$status"
}

run_in_lab() {
    [ "${1:-}" != check ] || run_check_in_lab "$@"
    exec "$root/tests/lab/svm.sh" --timeout "$lab_timeout_sec" --file "$root/minivmm" \
        --file "$kernel:kernel" -- ./minivmm "$@" kernel
}

[ $# -gt 0 ] || {
    echo "minivmm: usage: run.sh KERNEL [OPTION]..." >&2
    exit 2
}
kernel=$1
shift

status=0
findings=$("$root/minivmm" doctor) || status=$?
if [ "$status" -eq "$doctor_no_linux" ]; then
    # A line is a name in 18 columns, a level in 7, and what was found.
    reason=$(echo "$findings" | sed -nE 's/^(.{18})no {5}/\1: /; T; s/ +: /: /; p; q')
    echo "minivmm: Linux cannot be booted here ($reason): running in the SVM lab, where QEMU emulates a CPU that can" >&2
    run_in_lab "$@"
fi
exec "$root/minivmm" "$@" "$kernel"
