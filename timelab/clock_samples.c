/* SPDX-License-Identifier: BSD-2-Clause */
/* See clock_samples.h. */
#include "timelab/clock_samples.h"

#include "base/measured.h"
#include "base/time_math.h"

void clock_samples_add(struct clock_samples *samples, struct clock_sample sample)
{
    if (samples->count < CLOCK_SAMPLES_MAX)
        samples->items[samples->count++] = sample;
    else
        samples->dropped++;
}

static uint64_t best_bound_ns(const struct clock_samples *samples)
{
    uint64_t best_ns = UINT64_MAX / CLOCK_SAMPLES_BOUND;

    for (unsigned i = 0; i < samples->count; i++)
        if (samples->items[i].bound_ns < best_ns)
            best_ns = samples->items[i].bound_ns;
    return best_ns;
}

/* The error is so large at least; 0 if it may be none. */
static uint64_t least_ns(const struct clock_sample *sample)
{
    uint64_t size_ns = measured_magnitude(sample->error_ns);

    return size_ns > sample->bound_ns ? size_ns - sample->bound_ns : 0;
}

static uint64_t most_ns(const struct clock_sample *sample)
{
    return measured_magnitude(sample->error_ns) + sample->bound_ns;
}

struct clock_span clock_samples_span(const struct clock_samples *samples, uint64_t from_ns,
                                     uint64_t to_ns)
{
    uint64_t bound_ns = best_bound_ns(samples) * CLOCK_SAMPLES_BOUND;
    struct clock_span span = {.count = 0};

    for (unsigned i = 0; i < samples->count; i++) {
        const struct clock_sample *sample = &samples->items[i];

        if (sample->g_ns < from_ns || sample->g_ns > to_ns || sample->bound_ns > bound_ns)
            continue;
        if (span.count++ == 0)
            span.first = span.least = span.most = *sample;
        if (least_ns(sample) > least_ns(&span.least))
            span.least = *sample;
        if (most_ns(sample) > most_ns(&span.most))
            span.most = *sample;
        span.last = *sample;
    }
    return span;
}

bool clock_span_rate(const struct clock_span *span, int64_t *ppb, uint64_t *uncertainty_ppb)
{
    uint64_t length_ns = span->last.g_ns - span->first.g_ns;
    uint64_t bound_ns = span->first.bound_ns + span->last.bound_ns;
    __int128 moved_ns = (__int128)span->last.error_ns - span->first.error_ns;

    if (span->count < 2 || span->last.g_ns <= span->first.g_ns || bound_ns > length_ns ||
        moved_ns > length_ns || moved_ns < -(__int128)length_ns)
        return false;
    *ppb = (int64_t)(moved_ns * NS_PER_SEC / length_ns);
    *uncertainty_ppb = (uint64_t)((unsigned __int128)bound_ns * NS_PER_SEC / length_ns) + 1;
    return true;
}
