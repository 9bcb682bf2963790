#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Run a command where /dev/kvm can do everything: in the SVM lab, a Debian kernel with kvm-amd on
# QEMU's software emulation of an AMD CPU.
#
# usage: svm.sh [OPTION]... -- COMMAND [ARGUMENT]...
#   --file SRC[:DST]   take a file or folder along, as DST, by default its last name; relative names
#                      are from /lab, where COMMAND starts. A program's libraries come by themselves
#   --cpus N           CPUs for COMMAND, 2 by default; the lab has one more, CPU 0, which it does not get
#   --npt 0            KVM with shadow paging instead of nested paging, see below
#   --memory MIB       2048 by default
#   --timeout SECONDS  none by default
#   --output DIR       what COMMAND leaves in /out, and the lab's kernel log as lab.log
# status: COMMAND's; 124 timed out; 125 the lab failed (its kernel log is shown); 130 interrupted
#
# COMMAND's output appears here as it comes. Its standard input is empty. Nothing is left behind
# but the cache: see guest-images/fetch-kernel.sh.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck disable=SC2034 # for lab.sh
lab_name=SVM lab_packages="run lab"
memory_mib=2048
cpus=2
npt=1
# shellcheck source=tests/lab/lab.sh
. "$here/lab.sh"

lab_option() {
    case $1 in
    --cpus) cpus=$2 ;;
    --npt) npt=$2 ;;
    *) return 1 ;;
    esac
}

# The three serial lines are COMMAND's output, the tar of results, and the kernel's console.
# tsc=reliable keeps the lab's own clocksource tsc, without which its kvm-clock is not stable.
# Features are left out for what QEMU 7.2 makes of them:
#   xsave  a guest's XSETBV does not exit to the lab's KVM, whose CPUID leaf 0xd is then wrong. Without it no CPU
#          has avx, avx2, f16c or fma, but QEMU's would. Linux 7.3 uses AVX where CPUID has it, and panics;
#   cx16   CMPXCHG16B can leave an operand in RFLAGS (VM, NT and all). A kernel that is interrupted
#          right after it ends in a double or triple fault: about one boot of 50 with 4 vCPUs.
# And the first CPU never enters a guest, because every other CPU that executes FXRSTOR (or FLDENV,
# FRSTOR) writes back the first one's hflags2 as it was a moment before (cpu_clear_ignne, so until QEMU
# 10.0 at least). If the first is just about to enter or leave a guest, that undoes the flag for nested
# paging, or for interrupts: the guest triple-faults, or stands still. See also lab-init.
# A guest with PAE paging (a Linux for 32 bits with NX) needs --npt 0. QEMU's walk of its page tables sets
# bit 5, Accessed, in their first level too (mmu_translate, since 7.2), where that bit must be 0: next time
# the guest writes CR0 or CR4, KVM reads those entries and gives it a #GP. With shadow paging QEMU walks
# KVM's tables instead. tests/guest/cases-vmx has a payload that shows it: pae.
run_lab() {
    mkfifo "$work/terminal"
    setpriv --pdeathsig TERM timeout -k 2 "$timeout_sec" \
        qemu-system-x86_64 -accel tcg,thread=multi -cpu max,-xsave,-avx,-avx2,-f16c,-fma,-cx16 -m "$memory_mib" -smp $((cpus + 1)) \
        -nodefaults -no-user-config -display none -no-reboot -kernel "$base/vmlinux" -initrd "$work/initrd" \
        -append "console=ttyS2 panic=-1 mitigations=off nokaslr tsc=reliable maxcpus=1 noreplace-smp lpj=10000000 quiet npt=$npt" \
        -chardev file,id=terminal,path="$work/terminal" -device isa-serial,chardev=terminal,index=0 \
        -chardev file,id=results,path="$work/results" -device isa-serial,chardev=results,index=1 \
        -chardev file,id=kernel,path="$work/lab.log" -device isa-serial,chardev=kernel,index=2,irq=5 \
        </dev/null >"$work/emulator.log" 2>&1 &
    lab_pid=$!
    # Opened for writing here as well, or cat would wait for ever on a QEMU that does not start.
    cat <"$work/terminal" &
    cat_pid=$!
    exec 9>"$work/terminal"
    wait "$lab_pid" || lab_status=$?
    exec 9>&-
    lab_pid=
    wait "$cat_pid" || true
}

lab_main "$@"
