/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A KVM for unit tests: the functions of kvm.h, kvm_call.h, kvm_irqchip.h, kvm_stats.h and
 * kvm_vcpu.h, put in the place of vmm/kvm by the linker. It keeps what it is told, records the
 * calls in their order, and fails one that a test names. Its vCPUs are in fake_vcpu.h, its
 * interrupt controllers in fake_irqchip.h. tsc_measure.c is the real one, and measures the TSC of a
 * vCPU of this KVM. Any thread may call any of these.
 */
#ifndef TESTS_UNIT_FAKE_KVM_H
#define TESTS_UNIT_FAKE_KVM_H

#include <stdbool.h>
#include <stdint.h>

/* What this KVM is like, and what it was told. A test may change it while no other thread runs. */
struct fake_kvm {
    /* KVM_GET_TSC_KHZ of a vCPU of which no rate was set: that of fake_clock.h. */
    uint32_t host_khz;
    /* They are taken and read back, and a guest's TSC does not follow. */
    bool ignores_tsc_offsets;
    bool ignores_tsc_khz;
    bool can_intercept_hypercalls;
    bool tsc_deadline;
    bool has_smm;
    bool tells_halted;
    unsigned max_vcpus;
    /* Its kvm-clock comes without the host's TSC; how long getting or setting it takes, twice. */
    bool clock_lacks_host_tsc;
    uint64_t clock_call_ns;
    /* How long setting a TSC's offset takes. */
    uint64_t tsc_offset_call_ns;
    /* How long making a VM takes. */
    uint64_t create_vm_ns;
    /* A number of KVM_CHECK_EXTENSION that is not there; 0: all are. */
    int lacks;
    /* Linear addresses from here on are not mapped; below, they are the physical ones. */
    uint64_t mapped_bytes;
    /* vCPU state: KVM_CAP_XSAVE2, KVM_CAP_XCRS, and KVM_GET_MSR_INDEX_LIST; an MSR that cannot be
     * read or set, 0: none. */
    uint32_t xsave_bytes;
    bool has_xcrs;
    uint32_t listed_msrs[8];
    uint32_t listed_msr_count;
    uint32_t refused_msr;
    /* Bits of the first 64 pages: written to since the last look; and what is so after each. */
    uint64_t dirty_pages;
    uint64_t always_dirty_pages;
};

extern struct fake_kvm fake_kvm;

/* Before each test: a KVM that can do all, with no VM, and an empty record. */
void fake_kvm_reset(void);

/* After `after` calls that work, the function of this name fails with -errno; NULL: none does. */
void fake_kvm_fail(const char *name, unsigned after, int error);

/*
 * The calls since the reset or since fake_kvm_forget_calls, a line for each: the function's name,
 * the vCPU's index if it has one, and what it was told. Those on another VM than the first are left
 * out, but for the making of it; they fail all the same.
 */
const char *fake_kvm_calls(void);
void fake_kvm_forget_calls(void);

/* How many of them are of this name. */
unsigned fake_kvm_count(const char *name);

/* KVM's own kvm-clock, as it is now. */
uint64_t fake_kvm_clock_ns(void);

/* For the other parts: under the lock, notes a call. 0, or the -errno with which it is to fail. */
int fake_kvm_called(const char *name, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same with the lock, and with an error line if it fails. */
int fake_kvm_call(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Under the lock: whether it is to fail, without a note. */
int fake_kvm_failure(const char *name);
void fake_kvm_lock(void);
void fake_kvm_unlock(void);

#endif
