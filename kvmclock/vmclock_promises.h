/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the pages of vmclock have promised, and whether a new page keeps it.
 *
 * The contract (UAPI.13, "Time error calculation"): what a later page says is inside the bounds of
 * each earlier one. A page that cannot be, because the host's clock was set or its rate has changed
 * by more than was foreseen, comes with a new disruption_marker, and nothing that was promised
 * under the old one counts any more. Two things are promised:
 *
 * - The present, and what comes. At its counter_value, and at any TSC value after that, a page is
 *   inside the bounds of all that were published before it under its marker. Bounds are a cone: the
 *   time may be from lowest to highest, and then run from slowest to fastest. What is kept is the
 *   cone that all have in common.
 * - The past. A TSC value that was read under a page, up to VMCLOCK_PROMISE_SEC ago, has by the new
 *   page a time inside the bounds that the page of then gave for it. A line that is inside at both
 *   ends of that piece of time is inside between them; and what was read between the new page's
 *   counter_value and its publication is the first promise's matter. For longer nobody could
 *   promise it: a page is a straight line, and the host's TSC is not so constant that one line is
 *   right to microseconds for all of a day.
 *
 * Without bounds of the time, as on a host that is not synchronized, nothing is promised. Then a
 * clock that is off by more than its reading and the bound of its rate explain was set, and that
 * needs a new marker as well.
 *
 * Pure.
 */
#ifndef KVMCLOCK_VMCLOCK_PROMISES_H
#define KVMCLOCK_VMCLOCK_PROMISES_H

#include <stdbool.h>
#include <stdint.h>

#include "kvmclock/vmclock_page.h"

#define VMCLOCK_PROMISE_SEC 8
/*
 * Two more than there are pages in that time, at one a second. If there are more of them, the next
 * has a new marker.
 */
#define VMCLOCK_RECENT_PAGES (VMCLOCK_PROMISE_SEC + 2)

struct vmclock_cone {
    uint64_t tsc;
    vmclock_time lowest;
    vmclock_time highest;
    /* Periods with this shift. */
    uint8_t shift;
    uint64_t slowest;
    uint64_t fastest;
};

/* A page with bounds, and the TSC values that were read under it. */
struct vmclock_recent {
    struct vmclock_page page;
    uint64_t end_tsc;
};

struct vmclock_promises {
    /* How far the time at the counter_value of the latest page can be from the host's clock. */
    uint64_t reading_error_ns;
    /* Something is promised: the cone, and of the past. */
    bool is_bound;
    struct vmclock_cone cone;
    /* The oldest first. */
    unsigned recent_count;
    struct vmclock_recent recent[VMCLOCK_RECENT_PAGES];
};

/* The page has a new marker: nothing but what it says itself is promised. */
void vmclock_promises_begin(struct vmclock_promises *promises, const struct vmclock_page *page,
                            uint64_t reading_error_ns);

/*
 * Whether next, which is later than shown, may follow it under the same marker. shown is the latest
 * page. True: what next says is promised, too. False: promises is of no use until it begins anew.
 */
bool vmclock_promises_follow(struct vmclock_promises *promises, const struct vmclock_page *shown,
                             const struct vmclock_page *next, uint64_t reading_error_ns);

/*
 * Whether next says anything that a guest should know: another status, leap indicator or offset; a
 * time that is off by more than the reading of the clock explains; bounds half as wide.
 */
bool vmclock_promises_is_news(const struct vmclock_page *shown, const struct vmclock_page *next,
                              uint64_t reading_error_ns);

#endif
