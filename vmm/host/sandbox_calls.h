/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which system calls each kind of thread may make while a guest runs, as data for sandbox.c. Who
 * adds a call to a thread adds its row here: docs/security.md has the reasons, `make test-sandbox`
 * and the CLI tests show what is missing.
 */
#ifndef VMM_HOST_SANDBOX_CALLS_H
#define VMM_HOST_SANDBOX_CALLS_H

enum sandbox_thread {
    SANDBOX_VCPU,
    SANDBOX_TIMER,
    SANDBOX_TRACE,
    SANDBOX_DISK,
    SANDBOX_MAIN,
    SANDBOX_THREADS
};

/* What a run was asked for, and its threads need more calls for. */
enum sandbox_feature {
    /* Files are written: NVRAM, snapshots. */
    SANDBOX_FILES = 1 << SANDBOX_THREADS,
    /* Clients come and go on sockets that are there. */
    SANDBOX_SOCKETS = SANDBOX_FILES << 1,
    /* The machine is made anew, with its threads. */
    SANDBOX_REBOOT = SANDBOX_FILES << 2,
    /* A vCPU thread may publish the page of vmclock. */
    SANDBOX_VMCLOCK = SANDBOX_FILES << 3,
    /* A vCPU thread and the timer thread allocate memory: for a pattern of --snapshot-at. */
    SANDBOX_MEMORY = SANDBOX_FILES << 4,
    /* The main thread writes the end of a trace. */
    SANDBOX_TRACED = SANDBOX_FILES << 5,
    /* The guest has an entropy device. */
    SANDBOX_RNG = SANDBOX_FILES << 6,
};

enum sandbox_limit {
    SANDBOX_ANY,
    /* ioctl: of a machine that runs, and the modes of a terminal. */
    SANDBOX_KVM_RUNS,
    /* ioctl: KVM's others, which make a machine. */
    SANDBOX_KVM_MAKES,
    /* mmap, mprotect: memory whose contents may not be executed. */
    SANDBOX_NO_EXEC,
    /* tgkill: a thread of this process. */
    SANDBOX_OWN_PROCESS,
    /* clone: a thread, not a process. */
    SANDBOX_A_THREAD,
    /* prctl: the name and the timer slack of a thread, and no new privileges. */
    SANDBOX_OF_A_THREAD,
    /* fcntl: copies of descriptors, their flags, and locks of files. No descriptor gets an owner,
     * to whom the kernel would send a signal of the caller's choice. */
    SANDBOX_COPY_OR_LOCK,
    /* Not made: the caller is told -1 and EAGAIN, or ENOSYS for a call that has an older form. */
    SANDBOX_EAGAIN,
    SANDBOX_ENOSYS,
};

struct sandbox_call {
    int number;
    enum sandbox_limit limit;
    /* Bits 1 << enum sandbox_thread, and of enum sandbox_feature. */
    unsigned who;
};

extern const struct sandbox_call sandbox_calls[];
extern const unsigned sandbox_call_count;

/* Numbers of ioctl. */
extern const unsigned sandbox_kvm_runs[];
extern const unsigned sandbox_kvm_run_count;
extern const unsigned sandbox_kvm_makes[];
extern const unsigned sandbox_kvm_make_count;

#endif
