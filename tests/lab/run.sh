#!/bin/sh
# Boot a kernel with ./minivmm on this machine's /dev/kvm or, where that cannot run it, in the SVM lab.
#
# usage: run.sh KERNEL [OPTION OF MINIVMM]...
# status: that of minivmm (vmm/exit_status.h); 125 the SVM lab failed
set -eu

kvm_unable=6
lab_timeout_sec=300
root=$(cd "$(dirname "$0")/../.." && pwd)

# The lab has one line for stdout and stderr, and a result for programs must not have messages in it.
run_check_in_lab() {
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
    echo "minivmm: $1: running in the SVM lab, where QEMU emulates a CPU that can" >&2
    shift
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

[ -e /dev/kvm ] || run_in_lab "there is no /dev/kvm here" "$@"
(: <>/dev/kvm) 2>/dev/null || run_in_lab "/dev/kvm cannot be opened (is $(id -un) in the group kvm?)" "$@"
# What minivmm says of a KVM that cannot run the kernel is said again, shorter, by run_in_lab. A check's
# result comes at its end, and is that of the lab then.
status=0
said=$(mktemp)
result=$(mktemp)
trap 'rm -f "$said" "$result"' EXIT
case ${1:-} in
check) "$root/minivmm" "$@" "$kernel" 2>"$said" >"$result" || status=$? ;;
*) "$root/minivmm" "$@" "$kernel" 2>"$said" || status=$? ;;
esac
[ "$status" -eq "$kvm_unable" ] || cat "$result"
[ "$status" -eq "$kvm_unable" ] || cat "$said" >&2
rm -f "$said" "$result"
[ "$status" -ne "$kvm_unable" ] || run_in_lab "this machine's /dev/kvm cannot run a stock kernel" "$@"
exit "$status"
