/* SPDX-License-Identifier: BSD-2-Clause */
/* See sandbox_calls.h. */
#include "vmm/host/sandbox_calls.h"

#include <asm/termbits.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#define V      (1u << SANDBOX_VCPU)
#define T      (1u << SANDBOX_TIMER)
#define W      (1u << SANDBOX_TRACE)
#define D      (1u << SANDBOX_DISK)
#define M      (1u << SANDBOX_MAIN)
#define FILES  SANDBOX_FILES
#define SOCKET SANDBOX_SOCKETS
#define REBOOT SANDBOX_REBOOT
#define MEMORY SANDBOX_MEMORY
#define TRACED SANDBOX_TRACED
#define RNG    SANDBOX_RNG

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

const struct sandbox_call sandbox_calls[] = {
    /* The guest runs. */
    {__NR_ioctl, SANDBOX_KVM_RUNS, V | T | M},
    {__NR_futex, SANDBOX_ANY, V | T | W | D | M},
    {__NR_write, SANDBOX_ANY, V | T | W | D | M},
    {__NR_read, SANDBOX_ANY, V | T | M},
    {__NR_tgkill, SANDBOX_OWN_PROCESS, V | T | W | D | M},
    {__NR_rt_sigreturn, SANDBOX_ANY, V | T | W | D | M},
    /* Where the host's clocksource is not the TSC, the C library asks the kernel. */
    {__NR_clock_gettime, SANDBOX_ANY, V | T | W | D | M},
    {__NR_exit, SANDBOX_ANY, V | T | W | D},
    /* A wait with a limit goes on after SIGSTOP and SIGCONT. */
    {__NR_restart_syscall, SANDBOX_ANY, T | W | D | M},
    /* What the host's NTP knows. Setting it takes a privilege. */
    {__NR_clock_adjtime, SANDBOX_ANY, T | M | SANDBOX_VMCLOCK},
    /* The halts of a vCPU, of KVM's statistics. */
    {__NR_pread64, SANDBOX_ANY, V | T | M},
    {__NR_poll, SANDBOX_ANY, W | M},
    {__NR_ftruncate, SANDBOX_ANY, W | FILES | TRACED},
    {__NR_lseek, SANDBOX_ANY, W | FILES | TRACED},

    /* A guest reads and writes a disk. */
    {__NR_preadv, SANDBOX_ANY, D},
    {__NR_pwritev, SANDBOX_ANY, D},
    {__NR_pwrite64, SANDBOX_ANY, D},
    {__NR_fdatasync, SANDBOX_ANY, D},
    {__NR_fallocate, SANDBOX_ANY, D},

    /* The main thread's loop, and its end. */
    {__NR_ppoll, SANDBOX_ANY, M},
    {__NR_timerfd_settime, SANDBOX_ANY, M},
    {__NR_rt_sigprocmask, SANDBOX_ANY, M},
    {__NR_rt_sigaction, SANDBOX_ANY, M},
    {__NR_mmap, SANDBOX_NO_EXEC, M | MEMORY},
    {__NR_munmap, SANDBOX_ANY, M | MEMORY},
    {__NR_brk, SANDBOX_ANY, M | MEMORY},
    /* Other C libraries than the one that is linked here may use these two sooner. */
    {__NR_mremap, SANDBOX_ANY, M | MEMORY},
    {__NR_madvise, SANDBOX_ANY, M},
    {__NR_close, SANDBOX_ANY, M},
    {__NR_exit_group, SANDBOX_ANY, M},
    {__NR_newfstatat, SANDBOX_ANY, M},
    /* Whether the program is in the background of its terminal. */
    {__NR_getpgrp, SANDBOX_ANY, M},

    /* The C library asks for these and does without. */
    {__NR_poll, SANDBOX_EAGAIN, V | T | D},
    {__NR_rt_sigprocmask, SANDBOX_EAGAIN, V | T | W | D},
    {__NR_madvise, SANDBOX_EAGAIN, V | T | W | D},

    {__NR_openat, SANDBOX_ANY, FILES | REBOOT},
    /* Whether the run is to end while a snapshot is written. */
    {__NR_rt_sigpending, SANDBOX_ANY, FILES},
    {__NR_fcntl, SANDBOX_COPY_OR_LOCK, FILES | SOCKET | REBOOT},
    {__NR_access, SANDBOX_ANY, FILES},
    {__NR_uname, SANDBOX_ANY, FILES},
    {__NR_readlink, SANDBOX_ANY, FILES},
    {__NR_getcwd, SANDBOX_ANY, FILES},
    {__NR_unlink, SANDBOX_ANY, FILES},
    {__NR_rename, SANDBOX_ANY, FILES},
    {__NR_renameat2, SANDBOX_ANY, FILES},
    {__NR_linkat, SANDBOX_ANY, FILES},
    {__NR_pwrite64, SANDBOX_ANY, FILES},
    {__NR_fsync, SANDBOX_ANY, FILES},
    {__NR_fdatasync, SANDBOX_ANY, FILES},
    {__NR_sync_file_range, SANDBOX_ANY, FILES},
    {__NR_fchmod, SANDBOX_ANY, FILES},
    {__NR_fchown, SANDBOX_ANY, FILES},

    {__NR_accept4, SANDBOX_ANY, SOCKET},
    {__NR_recvfrom, SANDBOX_ANY, SOCKET},
    {__NR_sendto, SANDBOX_ANY, SOCKET},
    {__NR_unlink, SANDBOX_ANY, SOCKET},

    {__NR_ioctl, SANDBOX_KVM_MAKES, REBOOT},
    {__NR_clone3, SANDBOX_ENOSYS, REBOOT},
    {__NR_clone, SANDBOX_A_THREAD, REBOOT},
    {__NR_prctl, SANDBOX_OF_A_THREAD, REBOOT},
    {__NR_mprotect, SANDBOX_NO_EXEC, REBOOT},
    {__NR_seccomp, SANDBOX_ANY, REBOOT},
    {__NR_rseq, SANDBOX_ANY, REBOOT},
    {__NR_set_robust_list, SANDBOX_ANY, REBOOT},
    {__NR_gettid, SANDBOX_ANY, REBOOT},
    {__NR_getpid, SANDBOX_ANY, REBOOT},
    {__NR_exit, SANDBOX_ANY, REBOOT},
    {__NR_sched_yield, SANDBOX_ANY, REBOOT},
    {__NR_eventfd2, SANDBOX_ANY, REBOOT},
    {__NR_timerfd_create, SANDBOX_ANY, REBOOT},
    {__NR_getrandom, SANDBOX_ANY, REBOOT | RNG},
};

const unsigned sandbox_call_count = COUNT_OF(sandbox_calls);

const unsigned sandbox_kvm_runs[] = {
    KVM_RUN,
    KVM_IRQ_LINE,
    KVM_IRQ_LINE_STATUS,
    KVM_SIGNAL_MSI,
    KVM_NMI,
    KVM_IRQFD,
    KVM_TRANSLATE,
    KVM_KVMCLOCK_CTRL,
    KVM_GET_CLOCK,
    KVM_SET_CLOCK,
    KVM_GET_TSC_KHZ,
    KVM_SET_TSC_KHZ,
    KVM_GET_DEVICE_ATTR,
    KVM_SET_DEVICE_ATTR,
    KVM_GET_MSRS,
    KVM_SET_MSRS,
    KVM_GET_REGS,
    KVM_SET_REGS,
    KVM_GET_SREGS,
    KVM_SET_SREGS,
    KVM_GET_SREGS2,
    KVM_SET_SREGS2,
    KVM_GET_LAPIC,
    KVM_SET_LAPIC,
    KVM_GET_IRQCHIP,
    KVM_SET_IRQCHIP,
    KVM_GET_MP_STATE,
    KVM_SET_MP_STATE,
    KVM_GET_VCPU_EVENTS,
    KVM_SET_VCPU_EVENTS,
    KVM_GET_XSAVE,
    KVM_GET_XSAVE2,
    KVM_SET_XSAVE,
    KVM_GET_XCRS,
    KVM_SET_XCRS,
    KVM_GET_DEBUGREGS,
    KVM_SET_DEBUGREGS,
    KVM_GET_CPUID2,
    KVM_GET_DIRTY_LOG,
    KVM_GET_MSR_INDEX_LIST,
    KVM_GET_SUPPORTED_CPUID,
    KVM_SET_USER_MEMORY_REGION,
    KVM_CHECK_EXTENSION,
    TCGETS,
    TCSETS,
    TIOCGPGRP,
};

const unsigned sandbox_kvm_run_count = COUNT_OF(sandbox_kvm_runs);

const unsigned sandbox_kvm_makes[] = {
    KVM_GET_API_VERSION, KVM_CREATE_VM,       KVM_CREATE_VCPU,    KVM_GET_VCPU_MMAP_SIZE,
    KVM_CREATE_IRQCHIP,  KVM_SET_TSS_ADDR,    KVM_ENABLE_CAP,     KVM_SET_CPUID2,
    KVM_GET_STATS_FD,    KVM_SET_GSI_ROUTING, KVM_XEN_HVM_CONFIG, KVM_X86_SET_MSR_FILTER,
};

const unsigned sandbox_kvm_make_count = COUNT_OF(sandbox_kvm_makes);
