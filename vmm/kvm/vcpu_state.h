/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All that KVM keeps of a vCPU, got from one and set on another: KVM's own structs, byte for byte.
 *
 * The vCPU is out of the guest with no exit half done (vmm/machine/quiesce.h), and nobody else
 * calls anything on it. The orders in which things are got and set stand at the functions. What is
 * not here: the TSC, which follows from a time cut (kvmclock/time_cut.h), so that the vCPUs of a
 * machine keep their distances to the cycle; SMM's memory, so a vCPU in SMM is refused by who saves
 * it and who takes it; and what the program offers no guest: nested virtualization, Hyper-V, Xen.
 *
 * A state may come from a stranger: KVM looks at all of it and refuses what no CPU can have. Sizes
 * and counts are the caller's to check, against the limits here.
 *
 * Functions that can fail return 0 or a negative errno after one error line. Sources: Linux
 * Documentation/virt/kvm/api.rst; arch/x86/kvm/x86.c, lapic.c, ioapic.c.
 */
#ifndef VMM_KVM_VCPU_STATE_H
#define VMM_KVM_VCPU_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/kvm.h>

#include "vmm/kvm/kvm.h"
#include "vmm/kvm/vcpu_msrs.h"

#define VCPU_STATE_CPUID_MAX 256
/* With AMX it is 11 KiB. */
#define VCPU_STATE_XSAVE_MAX 16384

struct vcpu_state_cpuid {
    struct kvm_cpuid2 header;
    struct kvm_cpuid_entry2 entries[VCPU_STATE_CPUID_MAX];
};

struct vcpu_state {
    struct kvm_mp_state mp_state;
    struct kvm_regs regs;
    struct kvm_sregs2 sregs;
    struct kvm_debugregs debugregs;
    struct kvm_vcpu_events events;
    struct kvm_lapic_state lapic;
    /* nr_xcrs is 0 where KVM has none. */
    struct kvm_xcrs xcrs;
    struct vcpu_msrs msrs;
    struct vcpu_state_cpuid cpuid;
    uint32_t xsave_bytes;
    _Alignas(64) uint8_t xsave[VCPU_STATE_XSAVE_MAX];
};

/* What a KVM has of a vCPU's state; the same for all vCPUs of a VM. */
struct vcpu_state_kind {
    bool has_xcrs;
    /* KVM_GET_XSAVE2 is there; without it the area has 4096 bytes. */
    bool has_xsave2;
    uint32_t xsave_bytes;
    struct vcpu_msr_list msrs;
};

/* Asks KVM, of which a VM is open. with_kvmclock as in vcpu_msrs.h. */
int vcpu_state_ask(const struct kvm *kvm, bool with_kvmclock, struct vcpu_state_kind *kind);

int vcpu_state_get(int vcpu_fd, const struct vcpu_state_kind *kind, struct vcpu_state *state);

/* A part of it: what KVM says that a guest reads, which may be more than it was told to say. */
int vcpu_state_get_cpuid(int vcpu_fd, struct vcpu_state_cpuid *cpuid);

/*
 * Sets a state on a vCPU that has not run; its CPUID and its TSC are set. The timer of the local
 * APIC stands still: lapic_timer_start is for when guest time goes on.
 */
int vcpu_state_set(int vcpu_fd, unsigned index, const struct vcpu_state_kind *kind,
                   const struct vcpu_state *state);

#endif
