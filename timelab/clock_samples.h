/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest's CLOCK_MONOTONIC showed over a run, by the samples of its trace
 * (trace_reading.h), and what they prove of a part of it.
 *
 * The best sample of all says what they are right to. One that is right to CLOCK_SAMPLES_BOUND
 * times that at most counts; the others, in which an interrupt came, do not.
 */
#ifndef TIMELAB_CLOCK_SAMPLES_H
#define TIMELAB_CLOCK_SAMPLES_H

#include <stdbool.h>
#include <stdint.h>

/* 54 minutes at 20 samples a second. */
#define CLOCK_SAMPLES_MAX   65536
#define CLOCK_SAMPLES_BOUND 8

struct clock_sample {
    uint64_t g_ns;
    /* How far the clock was ahead of guest time, since the first sample; right to bound_ns. */
    int64_t error_ns;
    uint64_t bound_ns;
};

/* In the order of time. 1.5 MB. */
struct clock_samples {
    struct clock_sample items[CLOCK_SAMPLES_MAX];
    unsigned count;
    /* Those that found no room. */
    uint64_t dropped;
};

void clock_samples_add(struct clock_samples *samples, struct clock_sample sample);

/* Of those that count, from from_ns to to_ns. */
struct clock_span {
    unsigned count;
    /* The error that is the largest for certain, and the one that may be. */
    struct clock_sample least;
    struct clock_sample most;
    /* The first and the last. */
    struct clock_sample first;
    struct clock_sample last;
};

struct clock_span clock_samples_span(const struct clock_samples *samples, uint64_t from_ns,
                                     uint64_t to_ns);

/* From the first to the last: parts per billion, and what they are right to. False: it is not
 * known, as there are less than two, or as it is beyond a second each second. */
bool clock_span_rate(const struct clock_span *span, int64_t *ppb, uint64_t *uncertainty_ppb);

#endif
