/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notices of EOI: KVM tells when the guest has acknowledged an interrupt of a clock, so that a tick
 * that is owed is delivered when the one before has been taken (devices/tick_policy.h).
 *
 * The mechanism is an irqfd with KVM_IRQFD_FLAG_RESAMPLE. It is made for a level-triggered line
 * that an eventfd drives: at each EOI KVM clears that eventfd's level and signals a second eventfd,
 * the resample fd. Here devices drive their lines by KVM_IRQ_LINE and the first eventfd is never
 * written, so there is nothing to clear, and the resample fd counts EOIs. By KVM's sources it is
 * signalled
 *   from the PIC       at every EOI (pic_clear_isr), and at ICW1
 *   from the I/O APIC  where the EOI of the vector causes an exit. A GSI with a listener asks for
 *                      that (kvm_ioapic_scan_entry), and APICv heeds it; AVIC does the EOI of an
 *                      edge in hardware, and then there is no notice
 *   for messages       never
 * Counted on a KVM without AVIC, 26 of 28 edges of the PIT through the PIC and 13 of 15 of the HPET
 * through the I/O APIC were told of; the others had met a mask.
 *
 * A listener costs an exit for each EOI that goes through the I/O APIC, and registering one stops
 * all vCPUs for a moment. So a GSI gets its listener when a device first drives its line. EOIs
 * before that are missed. The eventfds are made with the machine, before a vCPU runs.
 *
 * When a tick becomes due it matters whether the one before was acknowledged; until then it does
 * not. So the timer thread reads the eventfds before it fires timers, and an EOI wakes nobody. Only
 * while a tick is owed does the main loop wait for the EOI after which it can be delivered.
 */
#ifndef VMM_MACHINE_EOI_H
#define VMM_MACHINE_EOI_H

#include "vmm/machine/machine_state.h"

struct event_loop;

/* Once the board is there. 0 or -errno after an error line, with nothing left behind. */
int eoi_open(struct machine *machine);

/* Once the loop has ended. */
void eoi_close(struct eoi_notices *eoi);

/* The board is a new one on a new VM; no thread runs. As after eoi_open. */
void eoi_begin_again(struct machine *machine);

/* Under the lock: a device drives this line. */
void eoi_line_driven(struct eoi_notices *eoi, unsigned gsi);

/* Under the lock, before timers are run at now_ns: tells the board of the EOIs until now. */
void eoi_take_all(struct eoi_notices *eoi, uint64_t now_ns);

/* Under the lock, after that: where the board waits for the next EOI, the main loop does as well.
 */
void eoi_ticks_sent(struct eoi_notices *eoi, const struct board *board);

/* Under the lock: the GSIs that a device has driven and that are listened to, or will be soon. */
uint32_t eoi_driven_gsis(const struct machine *machine);

/*
 * In a machine that is restored, before its vCPUs run: listens to these GSIs at once, as far as the
 * board wants their EOIs.
 */
void eoi_restore(struct machine *machine, uint32_t gsis);

/*
 * In the main thread: from here on the loop registers listeners and passes EOIs to the board. Where
 * this KVM cannot tell, the log says so. 0, or -ENOSPC if the loop is full.
 */
int eoi_attach(struct eoi_notices *eoi, struct event_loop *loop, struct machine *machine);

#endif
