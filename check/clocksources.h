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
    unsigned rating;
    /* By the vDSO or by a system call. A report does not say what kvm-clock's pages say. */
    const char *read;
    /* Where the rating comes from, and what changes it. */
    const char *reason;
};

/* NULL: no clocksource of that name is known. */
const struct clocksource_fact *clocksource_fact_find(const char *name);

/* The rating that the kernel of this report gives the clocksource; 0 if it is not known. */
unsigned clocksource_rating(const struct report *report, const char *name);

/* Whether CPUID tells the guest that its TSC neither stops nor changes its rate. */
bool report_has_invariant_tsc(const struct report *report);

/* Whether CPUID offers kvm-clock, by either pair of MSRs. */
bool report_has_kvmclock(const struct report *report);

/* The first line of the kernel's log, of those in the report, that has the text; NULL if none. */
const char *report_find_log(const struct report *report, const char *text);

/*
 * The first line by which the kernel calls a clock unstable that it has measured: not what the
 * command line told it, nor what it assumes of CPUs. NULL if none.
 */
const char *report_find_unstable(const struct report *report);

/* Lines of the kernel's log that the report counts and does not show. */
unsigned report_log_left_out(const struct report *report);

/* The measurements of the clocksource that the kernel chose; NULL if it was not measured. */
const struct source_result *report_chosen_source(const struct report *report);

#endif
