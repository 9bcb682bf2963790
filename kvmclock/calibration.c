/* See calibration.h. */
#include "kvmclock/calibration.h"

#include "kvmclock/time_math.h"

#define PARTS_PER_BILLION UINT64_C(1000000000)

static uint64_t bracket_width(const struct clock_bracket *bracket)
{
    return bracket->tsc_after - bracket->tsc_before;
}

static uint64_t bracket_middle(const struct clock_bracket *bracket)
{
    return bracket->tsc_before + bracket_width(bracket) / 2;
}

struct clock_bracket clock_bracket_narrowest(const struct clock_bracket *brackets, unsigned count)
{
    struct clock_bracket best = brackets[0];

    for (unsigned i = 1; i < count; i++)
        if (bracket_width(&brackets[i]) < bracket_width(&best))
            best = brackets[i];
    return best;
}

/*
 * The bound is in cycles: half of either width, one for the halves rounded down, and for each end
 * the nanosecond to which the clock itself is rounded.
 */
bool calibration_result(const struct calibration *calibration, struct pvclock_scale *scale,
                        uint64_t *bound_ppb)
{
    const struct clock_bracket *first = &calibration->first;
    const struct clock_bracket *latest = &calibration->latest;
    uint64_t delta_ns = latest->raw_ns - first->raw_ns;
    uint64_t delta_tsc = bracket_middle(latest) - bracket_middle(first);
    uint64_t error_tsc;

    if (latest->raw_ns <= first->raw_ns || latest->tsc_before <= first->tsc_after)
        return false;
    *scale = pvclock_scale_from_ratio(delta_ns, delta_tsc);
    error_tsc =
        (bracket_width(first) + bracket_width(latest)) / 2 + 1 + 2 * (delta_tsc / delta_ns + 1);
    *bound_ppb = mul_div_ceil(error_tsc, PARTS_PER_BILLION, delta_tsc);
    return true;
}
