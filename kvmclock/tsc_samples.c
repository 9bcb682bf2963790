/* See tsc_samples.h. */
#include "kvmclock/tsc_samples.h"

#include "kvmclock/time_math.h"

#define PARTS_PER_BILLION UINT64_C(1000000000)

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

struct tsc_rate_bounds tsc_samples_rate(const struct tsc_samples *samples)
{
    uint64_t guest = samples->last.guest - samples->first.guest;
    uint64_t longest = samples->last.host_after - samples->first.host_before;
    struct tsc_rate_bounds bounds = {
        .low_ppb = mul_div_floor(guest, PARTS_PER_BILLION, longest),
        .high_ppb = UINT64_MAX,
    };

    if (samples->last.host_before > samples->first.host_after)
        bounds.high_ppb = mul_div_ceil(guest, PARTS_PER_BILLION,
                                       samples->last.host_before - samples->first.host_after);
    return bounds;
}
