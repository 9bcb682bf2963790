/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers of a local APIC in what KVM_GET_LAPIC gives, by their offsets. */
#ifndef VMM_KVM_LAPIC_REGS_H
#define VMM_KVM_LAPIC_REGS_H

#include <stdint.h>
#include <string.h>

#include <linux/kvm.h>

static inline uint32_t lapic_reg_get(const struct kvm_lapic_state *state, unsigned offset)
{
    uint32_t value;

    memcpy(&value, state->regs + offset, sizeof value);
    return value;
}

static inline void lapic_reg_put(struct kvm_lapic_state *state, unsigned offset, uint32_t value)
{
    memcpy(state->regs + offset, &value, sizeof value);
}

#endif
