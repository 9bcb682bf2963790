/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When the timer thread wakes, and whether it is to be woken before that: by numbers alone, all in
 * guest time.
 *
 * The thread waits for the earliest deadline, but not for one inside its rest: then it waits for
 * the end of the rest. Whoever arms an earlier deadline wakes the thread, so that it waits anew.
 * That is of no use where it would still wake at the same time: a timer that has expired in a rest
 * is armed again for a time that is inside the rest as well.
 *
 * Example: a rest is over at 150, and the thread waits for it. Deadlines of 101 and of 149 wake
 * nobody. If it waits for 900, each of the two wakes it, and then it waits for 150.
 *
 * All of it is under the machine's lock.
 */
#ifndef VMM_MACHINE_TIMER_REST_H
#define VMM_MACHINE_TIMER_REST_H

#include <stdbool.h>
#include <stdint.h>

/* Of the host's time. */
#define TIMER_REST_NS 50000

struct timer_rest {
    /* No timer is fired before this. */
    uint64_t over_ns;
    /* The thread waits until this; TIME_NEVER_NS: without end. */
    uint64_t wake_ns;
};

/* The thread has fired timers at now_ns: a rest of so long begins. */
void timer_rest_begin(struct timer_rest *rest, uint64_t now_ns, uint64_t length_ns);

/* When the thread is to wake for deadline_ns. */
uint64_t timer_rest_wake_ns(const struct timer_rest *rest, uint64_t deadline_ns);

/* Whether to wake the waiting thread because deadline_ns is now the earliest deadline. */
bool timer_rest_is_too_long(const struct timer_rest *rest, uint64_t deadline_ns);

#endif
