/* SPDX-License-Identifier: BSD-2-Clause */
/* See irqchip.h. The wiring of GSIs is that of kvm_irqchip.h. */
#include "vmm/kvm/irqchip.h"

#define PIC_INPUTS 16

static bool is_level_in_pic(const struct irqchip_state *state, unsigned gsi)
{
    const struct kvm_irqchip *chip = &state->chips[gsi / 8];

    return (chip->chip.pic.elcr >> gsi % 8 & 1) != 0;
}

static void reset_pic(struct kvm_pic_state *pic)
{
    *pic = (struct kvm_pic_state){.elcr_mask = pic->elcr_mask};
}

static void reset_ioapic(struct kvm_ioapic_state *ioapic)
{
    *ioapic = (struct kvm_ioapic_state){.base_address = ioapic->base_address};
    for (unsigned pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++)
        ioapic->redirtbl[pin].fields.mask = 1;
}

void irqchip_state_reset(struct irqchip_state *state)
{
    reset_pic(&state->chips[KVM_IRQCHIP_PIC_MASTER].chip.pic);
    reset_pic(&state->chips[KVM_IRQCHIP_PIC_SLAVE].chip.pic);
    reset_ioapic(&state->chips[KVM_IRQCHIP_IOAPIC].chip.ioapic);
}

bool irqchip_state_is_level(const struct irqchip_state *state, unsigned gsi)
{
    const struct kvm_ioapic_state *ioapic = &state->chips[KVM_IRQCHIP_IOAPIC].chip.ioapic;
    unsigned pin = gsi == 0 ? 2 : gsi;

    if (pin < KVM_IOAPIC_NUM_PINS && !ioapic->redirtbl[pin].fields.mask)
        return ioapic->redirtbl[pin].fields.trig_mode != 0;
    return gsi < PIC_INPUTS && is_level_in_pic(state, gsi);
}
