/*
 * What becomes of the ticks of a periodic interrupt that could not be delivered when they were due.
 *
 * An interrupt controller holds one interrupt of a line, so that of the ticks that a late host or a
 * slow guest has missed only one arrives. The three answers (VMware, "Timekeeping in VMware virtual
 * machines"):
 *   drop   the rest never arrive; a guest that counts ticks falls behind
 *   burst  they arrive one by one, each as soon as the guest has acknowledged the one before
 *   slew   they arrive at up to twice the rate, half of a period apart, until none is owed: k of
 *          them within k + 1 periods
 *
 * Acknowledgement is known only where a register of the chip tells: C of the RTC, INT_STATUS of an
 * HPET timer in level mode. Of an edge that goes by the PIC, KVM tells whether it was merged with
 * one that the guest had not taken (irq_line.h): then it is lost, too. When one is taken nobody
 * tells. KVM has a notice of EOI: an irqfd with KVM_IRQFD_FLAG_RESAMPLE, which beside KVM_IRQ_LINE
 * only listens, as it clears a level of its own that is never set. By KVM's sources it comes
 *   from the PIC       at every EOI (pic_clear_isr), and says nothing of an input that is masked
 *   from the I/O APIC  where the EOI of the vector causes an exit. A GSI with a listener asks for
 *                      that (kvm_ioapic_scan_entry), and APICv heeds it; AVIC does the EOI of an
 *                      edge in hardware and nobody is told. KVM turns AVIC off and on as a machine
 *                      runs, and does not say which it is
 *   for messages       never
 * Counted on a KVM without AVIC, 26 of 28 edges of the PIT through the PIC and 13 of 15 of the HPET
 * through the I/O APIC were told of; the others had met a mask. Where AVIC runs, a chip that waits
 * for the notice would wait for good, and one that gives up after a while is paced by guest time
 * anyway. So without such a register, guest time takes the place of acknowledgement: a burst's
 * ticks come a quarter of a period apart. No wait is longer than TICK_POLICY_MAX_WAIT_NS.
 *
 * At most TICK_POLICY_MAX_OWED ticks are owed (a minute at 1 kHz); the rest are dropped. Every tick
 * has been delivered, is owed, or is counted as dropped. All of it works on one tick or by
 * arithmetic, so nothing grows with lateness or with a guest that never acknowledges.
 */
#ifndef DEVICES_TICK_POLICY_H
#define DEVICES_TICK_POLICY_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "kvmclock/time_math.h"

#define TICK_POLICY_MAX_OWED    65536u
#define TICK_POLICY_MAX_WAIT_NS NS_PER_SEC

enum lost_ticks {
    LOST_TICKS_DROP,
    LOST_TICKS_BURST,
    LOST_TICKS_SLEW,
    LOST_TICKS_KINDS,
};

/* All zeroes: drop, with nothing owed. Part of a chip's state. */
struct tick_policy {
    /* Guest time before which no owed tick is delivered. */
    uint64_t earliest_ns;
    /* Ticks that were not and will not be delivered. */
    uint64_t dropped;
    uint32_t owed;
    /* An enum lost_ticks. */
    uint8_t kind;
    uint8_t pad[3];
};
static_assert(sizeof(struct tick_policy) == 24, "part of a snapshot");

/* What the user sees at the end of a run. */
struct tick_counts {
    uint64_t dropped;
    uint64_t owed;
};

/* Ticks that cannot be delivered now: owed or dropped. */
void tick_policy_lose(struct tick_policy *policy, uint64_t ticks);

/*
 * `ticks` (1 or more) have become due by now_ns. True: one is to be delivered now. What is left is
 * owed or dropped.
 */
bool tick_policy_due(struct tick_policy *policy, uint64_t now_ns, uint64_t period_ns,
                     uint64_t ticks);

/* True: one owed tick is to be delivered now, and is no longer owed. */
bool tick_policy_take(struct tick_policy *policy, uint64_t now_ns, uint64_t period_ns);

/* The guest has acknowledged the last one. */
void tick_policy_acknowledged(struct tick_policy *policy, uint64_t now_ns, uint64_t period_ns);

/* When tick_policy_take will be true, or TIME_NEVER_NS. */
uint64_t tick_policy_deadline_ns(const struct tick_policy *policy);

/* The guest has set the ticks up anew, or something else drives the line: nothing is owed. */
void tick_policy_forget(struct tick_policy *policy);

/* Whether it can be like this at now_ns. */
bool tick_policy_is_valid(const struct tick_policy *policy, uint64_t now_ns);

/* Adds its counts to those of others. */
void tick_policy_count(const struct tick_policy *policy, struct tick_counts *counts);

#endif
