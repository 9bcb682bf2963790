/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vCPU, and how another thread gets it out of the guest. Its own thread is in vcpu_thread.h.
 */
#ifndef VMM_MACHINE_VCPU_H
#define VMM_MACHINE_VCPU_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <linux/kvm.h>

#include "vmm/kvm/kvm_stats.h"
#include "vmm/machine/idle_vcpu.h"
#include "vmm/machine/machine_state.h"

struct machine;

#define VCPU_RECENT_EXITS 8

/* One line of the history that is shown with an exit that the program cannot handle. */
struct vcpu_exit {
    uint32_t reason;
    /* Port, address, MSR or number of the hypercall, where the reason has one. */
    uint64_t where;
};

/* Why a vCPU is kept out of the guest while the others run. */
enum vcpu_stall {
    /* The faults vcpu.stall, and steal with honest=yes. */
    VCPU_STALL_FAULT = 1,
    VCPU_STALL_SHARE = 2,
    /* Its TSC is being set. */
    VCPU_STALL_TSC = 4,
    /* It has reset a disk that still reads into its memory. */
    VCPU_STALL_DISK = 8,
};

struct vcpu {
    struct machine *machine;
    unsigned index;
    int fd;
    /* Shared with KVM; belongs to the vCPU's thread, but for immediate_exit. */
    struct kvm_run *run;
    pthread_t thread;
    bool thread_started;
    /* 0 until the thread runs: see vcpu_thread_id. */
    atomic_int thread_id;
    /* Bits of enum vcpu_stall, written under the lock: see vcpu_stall.h. */
    atomic_uint stalls;
    struct tsc_drift drift;
    struct vcpu_tsc tsc;
    /* Of a restored machine: what the timer of its local APIC starts with when guest time goes on.
     */
    uint32_t lapic_initial_count;
    /* Open only where steal time by percent or --skip-idle asks. */
    struct kvm_halt_stat halted;
    /* Of skip_idle.c, under the lock: what is kept from look to look, and the state at the last. */
    struct idle_memory idle;
    uint32_t mp_state;
    /* A ring: the exit before the latest is at exit_count - 1. The main thread reads the count. */
    uint64_t exit_count;
    struct vcpu_exit recent[VCPU_RECENT_EXITS];
};

/* Makes a vCPU that is in the guest, or about to enter it, leave KVM_RUN. Any thread may call it.
 */
void vcpu_kick(struct vcpu *vcpu);

/* The vCPU's own thread: kicks up to now are answered. */
void vcpu_clear_kick(struct vcpu *vcpu);

/*
 * The thread, as Linux numbers it; 0 if it was not started. One that has just been started is
 * waited for: only it knows its number. Main thread.
 */
int vcpu_thread_id(const struct vcpu *vcpu);

/* To be called once, before any vCPU starts: the signal of vcpu_kick interrupts without an effect.
 */
void vcpu_prepare_kick_signal(void);

#endif
