/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the JSON at the head of a trace says (docs/trace.md), and when on the host things were. A
 * file may come from a stranger: numbers that cannot be are taken for 0.
 */
#ifndef TIMELAB_TRACE_HEAD_H
#define TIMELAB_TRACE_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "timelab/trace_codec.h"

#define TRACE_NAME_BYTES 64

struct trace_head {
    char minivmm[TRACE_NAME_BYTES];
    char kernel[TRACE_NAME_BYTES];
    char host_clocksource[TRACE_NAME_BYTES];
    char threads[TRACE_THREADS_MAX][16];
    unsigned cpus;
    /* UTC at G = 0. */
    uint64_t wall_zero_ns;
    uint64_t hpet_hz;
    unsigned pm_timer_bits;
    /* One instant of the host, as the machine was made; and its TSC's rate. */
    uint64_t start_tsc;
    uint64_t start_raw_ns;
    uint64_t start_realtime_ns;
    uint64_t tsc_millihz;
};

/* False: error says what is wrong with it. */
bool trace_head_parse(const char *json, struct trace_head *head, struct text *error);

/* From a TSC to CLOCK_MONOTONIC_RAW: by the latest instant at which both are known. */
struct trace_time {
    uint64_t tsc;
    uint64_t raw_ns;
    /* So many nanoseconds in so many cycles; neither is 0. */
    uint64_t ns;
    uint64_t cycles;
    /* The first instant. */
    uint64_t first_tsc;
    uint64_t first_raw_ns;
};

struct trace_time trace_time_start(const struct trace_head *head);

/* Takes in a record; those of the kind host_clock count. */
void trace_time_take(struct trace_time *time, const struct trace_record *record);

uint64_t trace_time_raw_ns(const struct trace_time *time, uint64_t tsc);

#endif
