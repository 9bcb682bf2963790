/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Linux knows of the clocksources of a PC: the ratings by which it chooses one, and how an
 * application reads it.
 */
#ifndef CHECK_CLOCKSOURCES_H
#define CHECK_CLOCKSOURCES_H

#include <stdbool.h>

#include "guest-images/probe/report.h"

struct clocksource_fact {
    const char *name;
    /* Linux chooses the one with the highest rating. */
    unsigned rating;
    /* How an application reads it: by the vDSO, or by a system call. */
    const char *read;
    /* Where the rating comes from, and what changes it. */
    const char *reason;
};

/* What is known of the clocksource of that name; NULL if nothing is. */
const struct clocksource_fact *clocksource_fact_find(const char *name);

/* The rating that the kernel of this report gives the clocksource; 0 if it is not known. */
unsigned clocksource_rating(const struct report *report, const char *name);

/* Whether CPUID tells the guest that its TSC neither stops nor changes its rate. */
bool report_has_invariant_tsc(const struct report *report);

/* Whether CPUID offers kvm-clock, by either pair of MSRs. */
bool report_has_kvmclock(const struct report *report);

/* The first line of the kernel's log in the report that contains the text; NULL if none does. */
const char *report_find_log(const struct report *report, const char *text);

/*
 * The first line of the log that says that the kernel has measured a clock and found it unstable;
 * NULL if there is none. What the command line told the kernel does not count, nor what it assumes
 * of CPUs.
 */
const char *report_find_unstable(const struct report *report);

/* How many lines of the kernel's log the report counts but does not show. */
unsigned report_log_left_out(const struct report *report);

/* The measurements of the clocksource that the kernel chose; NULL if it was not measured. */
const struct source_result *report_chosen_source(const struct report *report);

#endif
