/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notices of EOI: KVM tells when the guest has acknowledged an interrupt of a clock, so that a tick
 * that is owed is delivered when the one before has been taken (devices/tick_policy.h).
 *
 * KVM tells by an irqfd with KVM_IRQFD_FLAG_RESAMPLE, which is meant for a level that is driven by
 * an eventfd. Beside KVM_IRQ_LINE it only listens: what it clears at each EOI is a level of its
 * own, which is never set. By KVM's sources the notice comes
 *   from the PIC       at every EOI (pic_clear_isr), and at ICW1
 *   from the I/O APIC  where the EOI of the vector causes an exit. A GSI with a listener asks for
 *                      that (kvm_ioapic_scan_entry), and APICv heeds it; AVIC does the EOI of an
 *                      edge in hardware, and then nobody is told
 *   for messages       never
 * Counted on a KVM without AVIC, 26 of 28 edges of the PIT through the PIC and 13 of 15 of the HPET
 * through the I/O APIC were told of; the others had met a mask.
 *
 * A notice costs an exit and a turn of the main loop, and to ask for notices stops every vCPU for a
 * moment. So the main loop asks when a line is driven for the first time, whose ticks are made up
 * for; before that an EOI is not told of.
 */
#ifndef VMM_MACHINE_EOI_H
#define VMM_MACHINE_EOI_H

#include <poll.h>
#include <stdint.h>

#include "vmm/machine/machine_state.h"

#define EOI_POLL_FDS (1 + BOARD_MAX_EOI_GSIS)

struct machine;

/* Once the board is there. 0 or -errno after an error line. */
int eoi_open(struct eoi_notices *eoi, const struct board *board);
void eoi_close(struct eoi_notices *eoi);

/* Under the lock: a device drives this line. */
void eoi_line_driven(struct eoi_notices *eoi, unsigned gsi);

/* Sets fds[0] to fds[EOI_POLL_FDS - 1]. */
void eoi_poll_prepare(const struct eoi_notices *eoi, struct pollfd *fds);

/*
 * After poll: asks KVM for what is to be asked for, and passes on what was told. Where this KVM
 * cannot tell, the log says so.
 */
void eoi_poll_done(struct eoi_notices *eoi, const struct pollfd *fds, struct machine *machine);

#endif
