/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPUID policy: which CPU the guest sees.
 *
 * KVM_GET_SUPPORTED_CPUID says what the host and KVM could offer. This module turns it into what
 * one vCPU is given by KVM_SET_CPUID2, in two steps:
 *   rules     a const table of bits to set and to clear, the same for every vCPU, each with its
 *             reason
 *   topology  APIC ids, and N vCPUs as N cores of one socket without SMT: leaves 1, 4, 0xb and
 *             0x80000008, 0x8000001d, 0x8000001e, for Intel and for AMD
 * A bit that no rule names stays as KVM gave it: KVM knows what it can emulate.
 *
 * Not in CPUID, so not decided here: KVM_HC_CLOCK_PAIRING (the hypercall behind ptp_kvm) has no
 * feature bit, see vmm/machine/hypercall.h; AMD's first four performance counters have none either
 * (KVM_CAP_PMU_CAPABILITY turns them off). TSC_ADJUST (leaf 7) is kept: KVM moves TSC and
 * TSC_ADJUST together, whoever writes.
 *
 * Sources: Intel SDM volume 2A, CPUID; AMD APM volume 3, appendix E; Linux
 * Documentation/virt/kvm/x86/cpuid.rst.
 */
#ifndef BOOT_CPUID_POLICY_H
#define BOOT_CPUID_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/kvm.h>

#include "boot/kvmclock_mode.h"

struct cpuid_config {
    /* 1 to 255; a vCPU's APIC id is its index. */
    unsigned cpu_count;
    enum kvmclock_mode kvmclock;
    /* Tell the guest that its TSC is invariant. */
    bool invtsc;
    /* KVM_CAP_TSC_DEADLINE_TIMER; KVM_GET_SUPPORTED_CPUID need not say it. */
    bool tsc_deadline;
    /* Hypercalls do not reach KVM: what a guest would ask KVM for by them is not offered. */
    bool hypercalls_exit;
    /* The guest is not to know that it runs on KVM: the leaves of KVM do not exist. */
    bool hide_kvm;
    /* Steal time is published by this program, or left to KVM; else there is none. */
    bool steal;
    bool steal_by_kvm;
};

enum cpuid_reg { CPUID_EAX, CPUID_EBX, CPUID_ECX, CPUID_EDX };

enum cpuid_action {
    CPUID_SET,
    CPUID_CLEAR,
    /* Set if the configuration says so, else clear. */
    CPUID_SET_IF_INVTSC,
    CPUID_SET_IF_TSC_DEADLINE,
    CPUID_SET_IF_KVMCLOCK,
    /* As KVM offers it where steal time is left to it, else clear. */
    CPUID_KEEP_IF_STEAL_BY_KVM,
    /* The same, but set where this program publishes steal time. */
    CPUID_STEAL,
    CPUID_CLEAR_IF_HYPERCALLS_EXIT,
    /* The whole register is mask. */
    CPUID_VALUE,
    /* The leaf goes, with all its subleaves, and reads as 0; subleaf, reg and mask say nothing. */
    CPUID_REMOVE,
};

struct cpuid_rule {
    uint32_t leaf;
    uint32_t subleaf;
    enum cpuid_reg reg;
    uint32_t mask;
    enum cpuid_action action;
    const char *reason;
};

/*
 * The rules, in the order in which they are applied. A bit is set in a leaf that KVM did not give
 * by adding the leaf.
 */
const struct cpuid_rule *cpuid_rules(size_t *count);

/* Entries that cpuid_apply may add to what KVM gave: the room to leave in the array. */
#define CPUID_ADDED_ENTRIES_MAX 8

/*
 * Turns cpuid, with cpuid->nent entries in room for capacity, from what KVM_GET_SUPPORTED_CPUID
 * gave into what vCPU vcpu_index is to have. Applying it again, also for another vCPU, is fine.
 *
 * 0; -E2BIG if a leaf that must be added has no room, with cpuid's content undefined.
 */
int cpuid_apply(struct kvm_cpuid2 *cpuid, unsigned capacity, const struct cpuid_config *config,
                unsigned vcpu_index);

#endif
