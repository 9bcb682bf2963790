/* SPDX-License-Identifier: BSD-2-Clause */
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
 * Who tells of the acknowledgement:
 *   a register         C of the RTC, INT_STATUS of an HPET timer in level mode
 *   the PIC            of a rise, whether it was merged with an edge that the guest had not taken
 *                      (irq_line.h), and of every EOI (vmm/machine/eoi.h)
 *   the I/O APIC       of a rise, whether its input is masked; of the EOI, where that causes an
 *                      exit: with APICv too, but not with AVIC, which KVM turns on and off as a
 *                      machine runs and does not say so
 *   of messages        nobody
 * Where KVM has told of an EOI since the ticks were set up, it is expected to tell of the next one,
 * and no edge is sent while one is on its way: none is merged, none is lost. If nothing is heard
 * for TICK_POLICY_NOTICE_PERIODS the next one is sent all the same, then after twice as long, and
 * so on; after TICK_POLICY_PATIENCE times, or 124 periods, KVM is not expected to tell any more.
 * When EOIs are told of again, those of edges that were taken follow each other closely: edges that
 * are not told of within TICK_POLICY_NOTICE_PERIODS of the last notice were merged, and are owed
 * again. So a guest that had interrupts disabled, or was long in its handler, gets every tick once,
 * and so does one whose EOIs were not told of. Where KVM does not tell, guest time takes the place
 * of acknowledgement: a burst's ticks come a quarter of a period apart. No wait is longer than
 * TICK_POLICY_MAX_WAIT_NS.
 *
 * At most TICK_POLICY_MAX_OWED ticks are owed (a minute at 1 kHz); the rest are dropped. Every tick
 * has been delivered, is owed, is counted as dropped, or met a mask. All of it works on one tick or
 * by arithmetic, so nothing grows with lateness or with a guest that never acknowledges.
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
    /* How often an edge is still sent though none was told of before it; 0: no EOI is expected. */
    uint8_t patience;
    /* Edges sent since then of whose EOI nobody has told. */
    uint8_t unanswered;
    /* 1: of an edge before them an EOI was told, since the last one was sent. */
    uint8_t answered;
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

/* The tick that was to be delivered now was sent as an edge: what became of it. */
void tick_policy_sent(struct tick_policy *policy, uint64_t now_ns, uint64_t period_ns,
                      enum irq_arrival arrival);

/* KVM has told of so many EOIs, 1 or more, for the line that the edges go by. */
void tick_policy_noticed(struct tick_policy *policy, uint64_t now_ns, uint64_t period_ns,
                         uint64_t eois);

/* By a register of the chip the guest has acknowledged the last one. */
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
