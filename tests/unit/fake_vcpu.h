/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vCPUs of fake_kvm.h. A vCPU plays a list of exits, which a test may make longer while it
 * runs; at its end KVM_RUN waits, as in a guest that halts, until it is kicked or there is more. As
 * in KVM, the answer to an exit is taken by the KVM_RUN after it, which does so also when
 * immediate_exit is set and then returns -EINTR. A vCPU of another VM than the first is that of
 * tsc_measure.h: it reads its TSC, and each exit takes 10 us.
 */
#ifndef TESTS_UNIT_FAKE_VCPU_H
#define TESTS_UNIT_FAKE_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/kvm.h>

#include "kvmclock/guest_tsc.h"

#define FAKE_KVM_MAX_VCPUS   4
#define FAKE_KVM_FIRST_VM_FD 1000001
#define FAKE_KVM_RUN_BYTES   8192
#define FAKE_VCPU_MSRS       64
#define FAKE_VCPU_CPUID      64
#define FAKE_KVM_XSAVE_MAX   16384
#define FAKE_VCPU_EXITS      64
#define FAKE_EXIT_DATA_BYTES 64

/* What one KVM_RUN does. Made by the functions below. */
struct fake_exit {
    /* A negative errno; 0: it exits to user space. */
    int result;
    uint32_t reason;
    bool is_write;
    /* Port, address, MSR or number of the hypercall; or the suberror of an internal error. */
    uint64_t where;
    uint32_t size;
    uint32_t count;
    uint8_t data[FAKE_EXIT_DATA_BYTES];
    /* Of a hypercall: RBX, RCX, and whether it is made in 64-bit mode and by the kernel. */
    uint64_t rbx, rcx;
    bool is_32_bit;
    uint8_t cpl;
    /* The rest of the exit before it, which comes although the vCPU was kicked meanwhile. */
    bool is_rest;
};

/* What user space answered to it: the value that was read, or the hypercall's; or #GP. */
struct fake_answer {
    uint32_t reason;
    uint64_t value;
    bool error;
    uint8_t data[FAKE_EXIT_DATA_BYTES];
};

struct fake_vcpu {
    int vm_fd;
    unsigned index;
    bool exists;
    struct kvm_run *run;
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    struct kvm_lapic_state lapic;
    uint32_t cpuid_entries;
    struct kvm_cpuid_entry2 cpuid[FAKE_VCPU_CPUID];
    struct kvm_mp_state mp_state;
    struct kvm_sregs2 sregs2;
    struct kvm_xcrs xcrs;
    struct kvm_debugregs debugregs;
    struct kvm_vcpu_events events;
    uint8_t xsave[FAKE_KVM_XSAVE_MAX];
    uint32_t tsc_khz;
    uint64_t tsc_offset;
    bool guest_stopped;
    /* What its statistics say. */
    bool halted;
    uint64_t halt_count;
    struct {
        uint32_t index;
        uint64_t value;
    } msrs[FAKE_VCPU_MSRS];
    unsigned msr_count;

    struct fake_exit exits[FAKE_VCPU_EXITS];
    unsigned exit_count, next_exit;
    struct fake_answer answers[FAKE_VCPU_EXITS];
    unsigned answer_count;
    /* The exit before next_exit waits for its answer to be taken. */
    bool pending;
    bool waiting;
    int more_fd;
};

void fake_vcpus_reset(void);

/* For the other parts: where a vCPU keeps an MSR. */
uint64_t *fake_vcpu_find_msr(struct fake_vcpu *vcpu, uint32_t msr);

/* A vCPU of the first VM. Its fields may be read and set while its thread does not run or waits. */
struct fake_vcpu *fake_vcpu(unsigned index);

/* How many there are, of all VMs. */
unsigned fake_vcpu_count(void);

/* One more exit for it to make. */
void fake_vcpu_play(unsigned index, struct fake_exit exit);

/* Waits until it has made all its exits, and waits in KVM_RUN. */
void fake_vcpu_await_halt(unsigned index);

/* What the guest reads of its TSC now. */
uint64_t fake_vcpu_tsc(unsigned index);

/* An MSR as KVM has it; 0 if nobody has written it. */
uint64_t fake_vcpu_msr(unsigned index, uint32_t msr);

struct fake_exit fake_out(uint16_t port, uint32_t size, uint32_t value);
struct fake_exit fake_in(uint16_t port, uint32_t size);
struct fake_exit fake_mmio_write(uint64_t gpa, uint32_t size, uint64_t value);
struct fake_exit fake_mmio_read(uint64_t gpa, uint32_t size);
struct fake_exit fake_rdmsr(uint32_t msr);
struct fake_exit fake_wrmsr(uint32_t msr, uint64_t value);
struct fake_exit fake_hypercall(uint64_t number, uint64_t rbx, uint64_t rcx);
/* Any other reason. */
struct fake_exit fake_exit_of(uint32_t reason);
/* KVM_RUN fails. */
struct fake_exit fake_run_error(int error);

#endif
