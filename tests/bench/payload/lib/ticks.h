/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that takes a periodic interrupt for ten seconds and says when it got each one.
 *
 * It waits by HLT, so that what it sees includes the wake-up of its vCPU. Interrupts come by the
 * PIC. On COM1 it prints
 *
 *   begin                          before the first tick
 *   period NUMERATOR DENOMINATOR   nanoseconds that one period takes by the data sheet
 *   CYCLES                         for each tick but the first, TSC cycles since the one before
 *   end
 *
 * and ends through the debug exit port with status 1. The times are the handler's first action.
 */
#ifndef TESTS_BENCH_PAYLOAD_LIB_TICKS_H
#define TESTS_BENCH_PAYLOAD_LIB_TICKS_H

#include <stdint.h>

struct tick_source {
    uint32_t period_ns_numerator;
    uint32_t period_ns_denominator;
    /* Ticks in ten seconds, at most TICKS_MAX. */
    uint32_t count;
    unsigned irq;
    /* Interrupts are off and the PIC is set up. */
    void (*start)(void);
    /* What the device needs before its next interrupt; NULL for nothing. */
    void (*acknowledge)(void);
};

#define TICKS_MAX 10240
/* The first ticks bring pages and caches in: no time is said of them. */
#define TICKS_WARM_UP 100

void ticks_run(const struct tick_source *source);

#endif
