/* SPDX-License-Identifier: BSD-2-Clause */
/* See tsc_samples.h. */
#include "kvmclock/tsc_samples.h"

uint64_t tsc_sample_width(const struct tsc_sample *sample)
{
    return sample->host_after - sample->host_before;
}

/* Differences, because a TSC with an offset may wrap. */
static bool sample_fits(const struct tsc_sample *sample, const struct guest_tsc *tsc)
{
    return (int64_t)(sample->guest - guest_tsc_at(tsc, sample->host_before)) >= 0 &&
           (int64_t)(guest_tsc_at(tsc, sample->host_after) - sample->guest) >= 0;
}

bool tsc_samples_fit(const struct tsc_samples *samples, const struct guest_tsc *tsc)
{
    return sample_fits(&samples->first, tsc) && sample_fits(&samples->last, tsc);
}
