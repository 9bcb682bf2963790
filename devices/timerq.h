/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timer queue: what will happen in guest time, in order.
 *
 * Timers belong to their devices and are linked in place. The queue reads no clock: whoever runs it
 * says what time it is. A callback is given its own deadline as now, never the later time at which
 * the host came round to it, so a late host changes nothing that the guest can read.
 *
 * The order is that of (deadline, rank). A rank is the device's place in the list of devices, and
 * then the timer's among those of its device. So the order follows from what is in a snapshot; the
 * order of arming would not, since a load arms all timers anew.
 */
#ifndef DEVICES_TIMERQ_H
#define DEVICES_TIMERQ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time_math.h"

/* A device has at most this many timers. */
#define TIMERQ_TIMERS_PER_DEVICE 4

struct timer {
    /* Called once per arming, with the timer already out of the queue; may arm it again. */
    void (*fire)(void *ctx, uint64_t deadline_ns);
    void *ctx;
    uint64_t deadline_ns;
    unsigned rank;
    struct timer *next;
    bool armed;
};

struct timerq {
    struct timer *first;
    /*
     * The now of the present or last run. A periodic timer that fires late may skip, by division,
     * the periods that are past by then; nothing that the guest can read may depend on it.
     */
    uint64_t run_now_ns;
    /* The deadline of the timer whose callback runs; 0: none does. */
    uint64_t firing_ns;
};

/* The earlier one of two deadlines. */
static inline uint64_t timerq_earlier(uint64_t a_ns, uint64_t b_ns)
{
    return a_ns < b_ns ? a_ns : b_ns;
}

/* The rank of a device's nth timer, from the device's place in the list of devices. */
static inline unsigned timer_rank(unsigned device_rank, unsigned n)
{
    return device_rank * TIMERQ_TIMERS_PER_DEVICE + n;
}

/* An unarmed timer. No other timer of its queue has its rank. */
void timer_init(struct timer *timer, unsigned rank, void (*fire)(void *ctx, uint64_t deadline_ns),
                void *ctx);

/*
 * Arms the timer for deadline_ns, in place of any deadline it had. A deadline of TIME_NEVER_NS
 * leaves it unarmed.
 */
void timerq_arm(struct timerq *queue, struct timer *timer, uint64_t deadline_ns);

/* Takes the timer out of the queue; nothing happens if it is not armed. */
void timerq_cancel(struct timerq *queue, struct timer *timer);

/* The timers of one device, by its place in the list of devices, are in `to` with the deadlines
 * that they had in `from`. */
void timerq_move(struct timerq *from, struct timerq *to, unsigned device_rank);

/* The earliest deadline, or TIME_NEVER_NS. */
uint64_t timerq_next_deadline_ns(const struct timerq *queue);

/*
 * Fires every timer with a deadline at or before now_ns, those armed by callbacks included. A
 * callback that arms a timer must move its deadline forward, so that the run ends.
 */
void timerq_run(struct timerq *queue, uint64_t now_ns);

#endif
