/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measurements of the guest's own clocks: what a read costs, and whether time ever went back.
 */
#ifndef GUEST_IMAGES_PROBE_CLOCKS_H
#define GUEST_IMAGES_PROBE_CLOCKS_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "guest-images/probe/drift.h"
#include "guest-images/probe/report.h"

uint64_t clock_read_ns(clockid_t clock);

/* The TSC, not earlier than the code before and not later than the code after. */
uint64_t tsc_read(void);

/*
 * A span of time by CLOCK_MONOTONIC. That clock is what is measured and may stand still, so a span
 * is over as well when the TSC has counted more than any CPU could in that time.
 */
struct span {
    uint64_t start_ns;
    uint64_t start_tsc;
    uint64_t budget_ns;
};

struct span span_start(uint64_t budget_ns);
bool span_is_over(const struct span *span);

/* The narrowest of some reads of a clock between two reads of the TSC. */
struct tsc_pair tsc_pair_take(clockid_t clock);

/* Cost of a read of CLOCK_MONOTONIC, measured for about budget_ns. */
void clocks_measure_cost(struct source_result *source, uint64_t budget_ns);

/*
 * Whether CLOCK_MONOTONIC ever went back, on one CPU or from one to another, in about budget_ns, or
 * some times that where its reads are slow; and until it was read min_reads times, however long
 * that takes. A thread pinned to each CPU loads the newest value that any CPU has read, reads the
 * clock, and counts a value below the loaded one: the load came before the read, so time went back.
 */
void clocks_race(struct source_result *source, const cpu_set_t *cpus, uint64_t budget_ns,
                 uint64_t min_reads);

/* Keeps the caller on the first CPU that it may run on; returns all those that it could use. */
cpu_set_t clocks_pin_to_first_cpu(void);

#endif
