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
 * A notice costs an exit and a turn of the main loop.
 */
#ifndef VMM_EOI_H
#define VMM_EOI_H

#include <poll.h>

#include "vmm/board.h"

#define EOI_POLL_FDS BOARD_MAX_EOI_GSIS

struct machine;

struct eoi_line {
    unsigned gsi;
    /* Eventfds: what kvm_tell_eoi wants, and where KVM counts. */
    int unused_fd;
    int eoi_fd;
};

struct eoi_notices {
    struct eoi_line lines[BOARD_MAX_EOI_GSIS];
    unsigned count;
};

/*
 * Asks KVM for the notices that the board wants. It takes KVM a grace period, so it is for when the
 * vCPUs run. Where this KVM cannot tell there are none, and the log says so.
 */
void eoi_open(struct eoi_notices *eoi, struct machine *machine);
void eoi_close(struct eoi_notices *eoi);

/* Sets fds[0] to fds[EOI_POLL_FDS - 1]. */
void eoi_poll_prepare(const struct eoi_notices *eoi, struct pollfd *fds);

/* After poll: passes on what was told. */
void eoi_poll_done(const struct eoi_notices *eoi, const struct pollfd *fds,
                   struct machine *machine);

#endif
