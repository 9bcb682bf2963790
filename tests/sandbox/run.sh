#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Try the sandbox from inside each kind of thread; TAP lines on stdout.
#
# usage: run.sh PROGRAM KERNEL DRIVE     PROGRAM has tests/sandbox/trial.c in it; DRIVE is tests/cli/drive.c
# status: 0 unless a test failed
set -u
program=$1
kernel=$2
drive=$3
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
echo x >"$work/initrd"
mkdir "$work/kept"
truncate -s 1M "$work/disk"

verdict() {
    if [ "$1" = true ]; then
        echo "ok - $2"
    else
        failed=1
        echo "not ok - $2: status $status, $(tr '\n' '|' <"$work/err" | cut -c 1-300)"
    fi
}

# trial THREAD:CALL OPTION...: leaves $status and $work/err
trial() {
    wanted=$1
    shift
    status=0
    MINIVMM_TRIAL=$wanted timeout 60 "$program" --console none --cpus 2 --timeout 30 --trace "$work/trace" \
        --initrd "$work/initrd" "$@" "$kernel" </dev/null >/dev/null 2>"$work/err" || status=$?
}

# forbids NAME THREAD CALL OPTION...
forbids() {
    name=$1
    thread=$2
    call=$3
    shift 3
    trial "$thread:$call" -a end=hang "$@"
    line="minivmm: the sandbox ends the run: $name made the system call $call, which it never needs; if the guest is not hostile, please report this"
    if [ "$status" -eq 2 ] && [ "$(cat "$work/err")" = "$line" ]; then
        verdict true "$name may not call $call${*:+ with $*}"
    else
        verdict false "$name may not call $call${*:+ with $*}"
    fi
}

# says NAME LINE TRIAL OPTION...
says() {
    name=$1
    line=$2
    shift 2
    trial "$@"
    if grep -qx "$line" "$work/err"; then
        verdict true "$name"
    else
        verdict false "$name"
    fi
}

if ! (: <>/dev/kvm) 2>/dev/null; then
    echo "ok - the sandbox # SKIP there is no /dev/kvm here that this user may open"
    exit 0
fi
if ! grep -q '^Seccomp:' /proc/self/status; then
    echo "ok - the sandbox # SKIP this kernel has no seccomp"
    exit 0
fi

for call in openat open socket connect execve clone fork kill tgkill ptrace process_vm_readv bpf io_uring_setup \
    userfaultfd setuid mount prctl seccomp mprotect mmap ioctl; do
    forbids 'a vCPU thread' vcpu "$call"
    forbids 'the timer thread' timer "$call"
    forbids 'the trace thread' trace "$call"
    forbids 'the thread of a disk' disk "$call" --disk "$work/disk"
    forbids 'the main thread' main "$call"
done
# What options add to the main thread.
for call in socket execve fork kill fcntl ptrace bpf mmap ioctl; do
    forbids 'the main thread' main "$call" --rtc "nvram=$work/kept/nvram"
    forbids 'the main thread' main "$call" --serial2 "unix:$work/socket"
done
for call in socket execve clone fork kill fcntl ptrace bpf mprotect mmap ioctl; do
    forbids 'the main thread' main "$call" --reboot again
done
says 'a trial of a call that a thread needs finds it allowed' 'trial: the call was let through' vcpu:futex
# As root, too.
for thread in vcpu timer main; do
    says "the host's clock is not set by a thread ($thread)" "trial: the host's clock is not set" "$thread:clock"
done
says 'the main thread opens no file but those it was given' \
    'trial: no file but those named\|trial: this kernel has no Landlock' main:file --rtc "nvram=$work/kept/nvram"

# Its terminal becomes raw when the sandbox is entered already. See tests/cli/ends.sh.
control_a=$(printf '\001')
status=0
# shellcheck disable=SC2016 # for the shell that is started
"$drive" -t wait:sending "keys:go
" turn-raw "keys:${control_a}x" -- bash -c 'exec 3>&2 2>&1; set -m; "$@" 2>&3 & read -r line; fg' - \
    "$program" --timeout 60 --initrd "$work/initrd" -a end=hang "$kernel" >/dev/null 2>"$work/err" || status=$?
if [ "$status" -eq 130 ] && [ "$(cat "$work/err")" = 'minivmm: ended from the console' ]; then
    verdict true 'a job that was started in the background takes the terminal later'
else
    verdict false 'a job that was started in the background takes the terminal later'
fi

# flags_of_guest_memory OPTION...: those of the largest mapping of a process whose guest runs, from its smaps.
flags_of_guest_memory() {
    rm -f "$work/console"
    "$program" --console "file:$work/console" --timeout 60 --grace 0 --initrd "$work/initrd" -a end=hang "$@" "$kernel" \
        </dev/null 2>"$work/err" &
    pid=$!
    until grep -q sending "$work/console" 2>/dev/null || ! kill -0 "$pid" 2>/dev/null; do
        sleep 0.05
    done
    awk '/^Size:/ { is_largest = $2 > size; if (is_largest) size = $2 } /^VmFlags:/ && is_largest { flags = $0 }
        END { print flags }' "/proc/$pid/smaps" 2>/dev/null
    kill "$pid"
    wait "$pid" || status=$?
}

case $(flags_of_guest_memory) in
*' dd'*) verdict true "the guest's memory is not in a core file" ;;
*) verdict false "the guest's memory is not in a core file" ;;
esac
case $(flags_of_guest_memory --core) in
*' dd'* | '') verdict false 'with --core it is' ;;
*) verdict true 'with --core it is' ;;
esac

# What KVM's header calls an ioctl and the program uses, without those that have a row.
rows=vmm/host/sandbox_calls.c
status=0
grep -ohw 'KVM_[A-Z0-9_]*' vmm/kvm/*.c vmm/machine/*.c | sort -u >"$work/names"
sed -n 's/^#define[ \t]*\(KVM_[A-Z0-9_]*\)[ \t]*_IO.*/\1/p' /usr/include/linux/kvm.h | sort -u >"$work/ioctls"
comm -12 "$work/names" "$work/ioctls" | while read -r name; do
    grep -qw "$name" "$rows" || echo "$name"
done >"$work/err"
if [ -s "$work/ioctls" ] && [ ! -s "$work/err" ]; then
    verdict true 'each ioctl of KVM that the program makes has its row'
else
    verdict false 'each ioctl of KVM that the program makes has its row'
fi
exit "$failed"
