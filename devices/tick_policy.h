/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What becomes of the ticks of a periodic interrupt that could not be delivered when they were due.
 *
 * An interrupt controller holds one pending edge of a line. If the host is late, or the guest takes
 * its interrupts late, one interrupt arrives for several ticks. The others are lost ticks. There
 * are three policies for them (VMware, "Timekeeping in VMware virtual machines"):
 *
 *   drop   Lost ticks are never delivered. A guest that counts ticks falls behind.
 *   burst  Lost ticks are owed. Each is delivered as soon as the guest has acknowledged the one
 *          before it.
 *   slew   Lost ticks are owed. Each is delivered half of a period after the guest has acknowledged
 *          the one before it. The rate is at most doubled; k owed ticks take at most k + 1 periods.
 *
 * How the chip learns of an acknowledgement:
 *
 *   register   The guest reads C of the RTC, or clears INT_STATUS of an HPET timer in level mode.
 *   PIC        KVM tells of every EOI (vmm/machine/eoi.h). It also says if a rise was merged with
 *              an edge that the guest had not taken (irq_line.h).
 *   I/O APIC   KVM tells of an EOI where it causes an exit. With APICv it does; with AVIC it does
 *              not, and KVM turns AVIC on and off while the machine runs, and does not say so. KVM
 *              also says if the input is masked at a rise.
 *   message    Nobody tells.
 *
 * Where KVM tells of EOIs. After the first notice, each edge that is sent is expected to have its
 * EOI told of. Until that notice comes, no further edge is sent, so none is merged and none is
 * lost. A guest that had interrupts disabled, or was long in its handler, gets every tick once.
 *
 * When a notice does not come. The next edge is sent without it after TICK_POLICY_NOTICE_PERIODS
 * periods. Each further wait is twice as long. After TICK_POLICY_PATIENCE such edges (4 + 8 + 16 +
 * 32 + 64 = 124 periods) no notice is expected any more.
 *
 * When notices come again. Several edges may then wait for their notices. If the guest took them,
 * their notices follow each other closely. Edges of which nothing is heard within
 * TICK_POLICY_NOTICE_PERIODS periods of the last notice were merged, and are owed again.
 *
 * Where nobody tells, guest time takes the place of the acknowledgement. The ticks of a burst come
 * a quarter of a period apart, those of a slew half of a period.
 *
 * Limits. No wait is longer than TICK_POLICY_MAX_WAIT_NS. At most TICK_POLICY_MAX_OWED ticks are
 * owed (a minute at 1 kHz); the rest are dropped. Every tick is delivered, owed, counted as
 * dropped, or has met a masked input. A call takes as long for a million ticks as for
 * one, so neither a late host nor a guest that never acknowledges costs anything.
 *
 * Times are guest time. A policy is a part of a chip's state: the machine's lock protects it, and
 * the chip calls these functions on whichever thread has called the chip.
 */
#ifndef DEVICES_TICK_POLICY_H
#define DEVICES_TICK_POLICY_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/time_math.h"
#include "devices/irq_line.h"

#define TICK_POLICY_MAX_OWED       65536u
#define TICK_POLICY_MAX_WAIT_NS    NS_PER_SEC
#define TICK_POLICY_NOTICE_PERIODS 4u
#define TICK_POLICY_PATIENCE       5u

/* The three policies, and their number. */
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
    /*
     * How many more edges are sent without a notice of the one before. A notice fills it up to
     * TICK_POLICY_PATIENCE. 0: no notices are expected.
     */
    uint8_t patience;
    /* Edges that were sent and wait for the notice of their EOI. */
    uint8_t unanswered;
    /* 1: since the last edge was sent a notice has come, and edges still wait for theirs. */
    uint8_t answered;
};
static_assert(sizeof(struct tick_policy) == 24, "part of a snapshot");

/* What the user sees at the end of a run. */
struct tick_counts {
    uint64_t dropped;
    uint64_t owed;
};

/*
 * `ticks` ticks, 0 or more, cannot be delivered now. They are owed, or dropped if they may not be.
 */
void tick_policy_lose(struct tick_policy *policy, uint64_t ticks);

/*
 * `ticks` ticks, 1 or more, have become due by now_ns. True: the caller delivers one of them now,
 * and then calls tick_policy_sent if it was an edge. The others are owed or dropped. period_ns is
 * the time from one tick to the next, here and below.
 */
bool tick_policy_due(struct tick_policy *policy, uint64_t now_ns, uint64_t period_ns,
                     uint64_t ticks);

/* True: one tick is no longer owed, and the caller delivers it now, as with tick_policy_due. */
bool tick_policy_take(struct tick_policy *policy, uint64_t now_ns, uint64_t period_ns);

/*
 * The caller has sent the tick that was to be delivered as an edge, with this result (irq_line.h).
 * A merged one is a lost tick; one that met a masked input is not.
 */
void tick_policy_sent(struct tick_policy *policy, uint64_t now_ns, uint64_t period_ns,
                      enum irq_arrival arrival);

/* KVM has told of `eois` EOIs, 1 or more, of the line on which the edges are sent. */
void tick_policy_noticed(struct tick_policy *policy, uint64_t now_ns, uint64_t period_ns,
                         uint64_t eois);

/*
 * Whether a notice is to be passed on at once: a tick is owed that it may deliver, or the time
 * until the next depends on it. Otherwise it is soon enough before the next tick that becomes due.
 */
bool tick_policy_waits_for_notice(const struct tick_policy *policy);

/* The guest has acknowledged the last tick by a register of the chip. */
void tick_policy_acknowledged(struct tick_policy *policy, uint64_t now_ns, uint64_t period_ns);

/* Guest time from which tick_policy_take is true, or TIME_NEVER_NS if nothing is owed. */
uint64_t tick_policy_deadline_ns(const struct tick_policy *policy);

/*
 * The guest has set up the periodic interrupt anew, or something else drives the line from now on.
 * What was owed is dropped, and no notices are expected. The policy itself stays.
 */
void tick_policy_forget(struct tick_policy *policy);

/*
 * Whether a chip can have this policy at now_ns. For states that come from a file: any bytes will
 * do.
 */
bool tick_policy_is_valid(const struct tick_policy *policy, uint64_t now_ns);

/* Adds the ticks that it has dropped, and those that it owes, to *counts. */
void tick_policy_count(const struct tick_policy *policy, struct tick_counts *counts);

#endif
