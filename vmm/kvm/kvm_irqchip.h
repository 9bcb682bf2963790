/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * KVM's interrupt controllers: making them, driving their inputs, hearing of EOIs.
 *
 * Source: Linux Documentation/virt/kvm/api.rst.
 */
#ifndef VMM_KVM_KVM_IRQCHIP_H
#define VMM_KVM_KVM_IRQCHIP_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/irq_line.h"
#include "vmm/kvm/kvm.h"

/*
 * In-kernel PIC, I/O APIC and LAPICs, no PIT. GSI n is I/O APIC pin n and, below 16, PIC input n;
 * except that GSI 0 is I/O APIC pin 2, as on a PC, and GSI 2 does not exist.
 */
int kvm_create_irqchip(struct kvm *kvm);

/*
 * Drives a global system interrupt. Of a rise KVM says that the PIC has merged it with one that the
 * guest has not taken, or that the inputs are masked. The I/O APIC merges nothing: an edge goes on
 * to a local APIC, which may, silently. GSI 8 is not asked about: there KVM drops an edge that it
 * calls merged until the guest's EOI of the one before (rtc_irq_check_coalesced), where an I/O APIC
 * would hold it.
 */
enum irq_arrival kvm_set_irq_line(struct kvm *kvm, unsigned gsi, bool level);

/*
 * From now on the eventfd eoi_fd counts the guest's EOIs of a global system interrupt, as far as
 * KVM sees them; see eoi.h. unused_fd, an eventfd as well, is what KVM wants for an interrupt that
 * is not driven by it; nobody may write it, and both have to stay open. 0 or -errno, and no line.
 */
int kvm_tell_eoi(struct kvm *kvm, unsigned gsi, int unused_fd, int eoi_fd);

/* Sends an interrupt message to a local APIC of the guest; one that no APIC takes is dropped. */
void kvm_signal_msi(struct kvm *kvm, uint32_t address, uint32_t data);

#endif
