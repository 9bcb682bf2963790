/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * KVM's interrupt controllers. Source: Linux Documentation/virt/kvm/api.rst.
 *
 * Lines: of a rise KVM says that the PIC has merged it with one that the guest has not taken, or
 * that the inputs are masked. The I/O APIC merges nothing: an edge goes on to a local APIC, which
 * may, silently. GSI 8 is not asked about: there KVM drops an edge that it calls merged until the
 * guest's EOI of the one before (rtc_irq_check_coalesced), where an I/O APIC would hold it.
 *
 * EOIs: KVM_IRQFD with KVM_IRQFD_FLAG_RESAMPLE. unused_fd is what KVM wants for an interrupt that
 * it drives itself.
 */
#ifndef VMM_KVM_KVM_IRQCHIP_H
#define VMM_KVM_KVM_IRQCHIP_H

#include "vmm/kvm/irqchip.h"
#include "vmm/kvm/kvm.h"

/*
 * In-kernel PIC, I/O APIC and LAPICs, no PIT. GSI n is I/O APIC pin n and, below 16, PIC input n;
 * except that GSI 0 is I/O APIC pin 2, as on a PC, and GSI 2 does not exist. On success irqchip
 * drives them for as long as kvm is open. 0, or a negative errno after an error line.
 */
int kvm_create_irqchip(struct kvm *kvm, struct irqchip *irqchip);

#endif
