/* SPDX-License-Identifier: BSD-2-Clause */
/* A trace in a few lines, for people: `minivmm trace FILE summary`. */
#ifndef TIMELAB_TRACE_SUMMARY_H
#define TIMELAB_TRACE_SUMMARY_H

#include "timelab/trace_export.h"

/* Of what is written. */
#define TRACE_SUMMARY_BYTES 16384
#define TRACE_SUMMARY_LINES 24
#define TRACE_REASONS       64
#define TRACE_GSIS          24
/* Bucket i counts what is below 2^i ns. */
#define TRACE_BUCKETS 48

struct trace_tally {
    uint64_t count;
    uint64_t sum;
    uint64_t max;
};

struct trace_lateness {
    uint64_t count;
    uint64_t merged;
    uint64_t timed;
    uint64_t max_ns;
    uint64_t buckets[TRACE_BUCKETS];
};

struct trace_clock_summary {
    uint64_t count;
    int64_t min_ns;
    int64_t max_ns;
    int64_t last_ns;
    /* Of the reading with the latest TSC: those of several threads are about in order. */
    uint64_t last_tsc;
    uint64_t last_shown_ns;
    uint64_t went_back;
};

/* A fault, a clocksource or a mark. */
struct trace_summary_line {
    uint64_t g_ns;
    char text[96];
};

struct trace_summary {
    struct trace_readings readings;
    uint64_t events;
    uint64_t missing;
    uint64_t first_tsc;
    uint64_t last_tsc;
    uint64_t last_g_ns;
    struct trace_time time;
    struct trace_tally exits[TRACE_REASONS];
    uint64_t reads[TRACE_CLOCKS];
    uint64_t writes[TRACE_CLOCKS];
    struct trace_lateness irqs[TRACE_GSIS];
    struct trace_lateness messages;
    uint64_t eois;
    uint64_t publications;
    struct trace_tally steps;
    /* Signed, in two's complement. */
    uint64_t stepped_ns;
    struct trace_tally steering;
    uint64_t messages_of_kernel;
    struct trace_clock_summary clocks[TRACE_CLOCKS];
    struct trace_summary_line lines[TRACE_SUMMARY_LINES];
    uint64_t line_count;
};

void trace_summary_init(struct trace_summary *summary, const struct trace_head *head);
void trace_summary_take(struct trace_summary *summary, const struct trace_event *event);
void trace_summary_write(const struct trace_summary *summary, const struct trace_head *head,
                         struct text *text);

#endif
