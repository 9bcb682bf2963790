/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's interrupt controllers, PIC, I/O APIC and local APICs, as the machine drives them: those
 * of KVM (kvm_irqchip.h), and others in unit tests. Any thread may call these; none blocks.
 */
#ifndef VMM_KVM_IRQCHIP_H
#define VMM_KVM_IRQCHIP_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/kvm.h>

#include "devices/irq_line.h"

/* PIC master, PIC slave and I/O APIC, by chip_id. The local APICs are the vCPUs' (vcpu_state.h). */
struct irqchip_state {
    struct kvm_irqchip chips[KVM_NR_IRQCHIPS];
};

struct irqchip_ops {
    /* Drives a global system interrupt; of a rise, what became of it (devices/irq_line.h). */
    enum irq_arrival (*set_line)(void *ctx, unsigned gsi, bool level);
    /* Sends an interrupt message to a local APIC; one that no APIC takes is dropped. */
    void (*send_message)(void *ctx, uint32_t address, uint32_t data);
    /*
     * From now on the eventfd eoi_fd counts the guest's EOIs of a global system interrupt, as far
     * as they are seen; see eoi.h. unused_fd is an eventfd as well that nobody may write. Both have
     * to stay open. 0 or -errno, and no line.
     */
    int (*listen_for_eoi)(void *ctx, unsigned gsi, int unused_fd, int eoi_fd);
    /* The controllers as they are while no vCPU runs; -errno after an error line. */
    int (*save)(void *ctx, struct irqchip_state *state);
    /*
     * Puts them so. The local APICs are set before: an interrupt that is pending in the I/O APIC
     * goes on to them at once, and is lost if they are set later. Levels of lines are not in the
     * state: the caller drives those high again that are high and level-triggered
     * (irqchip_state_is_level). An edge-triggered one would make an interrupt once more. -errno
     * after an error line.
     */
    int (*load)(void *ctx, const struct irqchip_state *state);
};

struct irqchip {
    const struct irqchip_ops *ops;
    void *ctx;
};

/*
 * The controllers after a RESET: the PICs not set up, each pin of the I/O APIC masked, nothing
 * pending.
 */
void irqchip_state_reset(struct irqchip_state *state);

/* Whether the guest has set up the line as level-triggered, where it is not masked. */
bool irqchip_state_is_level(const struct irqchip_state *state, unsigned gsi);

#endif
