/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MSRs of a vCPU's state (vcpu_state.h): which there are, getting and setting all of them.
 *
 * Apart from these are the TSC and its deadline, which follow from a time cut, and APIC_BASE, which
 * SREGS2 has. Hyper-V's are left alone. kvm-clock's are here only if it is KVM's: otherwise they
 * are those of devices/msr/kvmclock_msrs.h, and a value in KVM would start a second clock.
 *
 * Functions that can fail return 0 or a negative errno after one error line.
 */
#ifndef VMM_KVM_VCPU_MSRS_H
#define VMM_KVM_VCPU_MSRS_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/kvm.h>

#include "vmm/kvm/kvm.h"

#define VCPU_MSRS_MAX 512

struct vcpu_msr_list {
    bool with_kvmclock;
    uint32_t count;
    uint32_t numbers[VCPU_MSRS_MAX];
};

struct vcpu_msrs {
    uint32_t count;
    struct kvm_msr_entry entries[VCPU_MSRS_MAX];
};

/* What KVM lists, and the MTRRs, which it does not list. */
int vcpu_msrs_list(const struct kvm *kvm, bool with_kvmclock, struct vcpu_msr_list *list);

/*
 * Whether the MSR has after a RESET of the vCPU what it had before: it is the host's, firmware has
 * set or locked it, or it is IA32_TSC_ADJUST, which goes with the TSC (devices/msr/tsc_msrs.h).
 */
bool vcpu_msr_outlives_reset(uint32_t msr);

bool vcpu_msrs_have(const struct vcpu_msr_list *list, uint32_t msr);

/* All of the list that can be read. */
int vcpu_msrs_get(int vcpu_fd, const struct vcpu_msr_list *list, struct vcpu_msrs *msrs);

/*
 * All of them but those that are kept apart. One that this KVM refuses is named in an error line.
 * If no guest can miss it (its value is 0, or it describes the host) it is named in a note, for
 * vCPU 0, and left out.
 */
int vcpu_msrs_set(int vcpu_fd, unsigned index, const struct vcpu_msr_list *list,
                  const struct vcpu_msrs *msrs);

#endif
