/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Readings: those records of a trace that say what time a clock showed, with how far that is from
 * what it should have shown.
 *
 *   realtime, vmclock   against UTC at G = 0, plus G
 *   monotonic and other clocks of the kernel
 *                       against G and what they were ahead of it when they were first read: where
 *                       their zero is, is the kernel's own
 *   kvmclock            a publication of its page, against G
 *   pm                  a read of the whole register, against G
 *   hpet                a read of the main counter while it is enabled, against G since the first
 *                       read behind the guest's last write to it or to its enabling
 *
 * A record `wall` that is no vCPU's is the start of a boot: all of this begins anew with it.
 *
 * What wraps is taken for the value that is nearest to what it should have been. A read of another
 * register, as of the PIT or the RTC, says no time by itself.
 */
#ifndef TIMELAB_TRACE_READING_H
#define TIMELAB_TRACE_READING_H

#include <stdbool.h>
#include <stdint.h>

#include "timelab/trace_head.h"

struct trace_reading {
    enum trace_clock clock;
    unsigned vcpu;
    uint64_t tsc;
    uint64_t g_ns;
    /* What it showed, in nanoseconds of the clock's own. */
    uint64_t shown_ns;
    /* Shown less what it should have been, right to bound_ns. */
    int64_t error_ns;
    uint64_t bound_ns;
};

/* What is remembered between readings. */
struct trace_readings {
    uint64_t wall_zero_ns;
    uint64_t hpet_hz;
    unsigned pm_timer_bits;
    /* By clock: what it is ahead of G, once that is known. */
    bool has_zero[TRACE_CLOCKS];
    uint64_t zero_ns[TRACE_CLOCKS];
    /* How exactly; 0 for one that follows from the head. */
    uint64_t zero_bound_ns[TRACE_CLOCKS];
    /* Of the HPET: whether it stands still, and the first read. */
    bool hpet_is_halted;
    uint64_t hpet_count;
    uint64_t hpet_g_ns;
};

struct trace_readings trace_readings_start(const struct trace_head *head);

/* Takes in the next record. True: it is a reading. */
bool trace_readings_take(struct trace_readings *readings, const struct trace_record *record,
                         struct trace_reading *reading);

#endif
