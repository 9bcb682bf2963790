/* SPDX-License-Identifier: BSD-2-Clause */
/* See steering.h. */
#include "kvmclock/steering.h"

#define MILLION         1000000
#define START_BOUND_PPT UINT64_C(100000000000)

void steering_init(struct steering *steering, uint64_t resolution_ns,
                   const struct clock_bracket *first)
{
    *steering = (struct steering){.max_ppm = STEERING_MAX_PPM};
    calibration_init(&steering->calibration, resolution_ns, first);
}

uint64_t steering_period_ns(const struct steering *steering)
{
    uint64_t baseline_ns = calibration_baseline_ns(&steering->calibration);

    if (baseline_ns < STEERING_SHORTEST_PERIOD_NS)
        return STEERING_SHORTEST_PERIOD_NS;
    return baseline_ns < STEERING_LONGEST_PERIOD_NS ? baseline_ns : STEERING_LONGEST_PERIOD_NS;
}

int64_t steering_error_ns(const struct steering *steering, const struct timebase *timebase,
                          const struct clock_bracket *bracket)
{
    uint64_t due_ns = bracket->clock_ns - steering->clock_zero_ns;
    int64_t least_ns = (int64_t)(timebase_ns(timebase, bracket->tsc_before) - due_ns -
                                 steering->calibration.resolution_ns);
    int64_t most_ns = (int64_t)(timebase_ns(timebase, bracket->tsc_after) - due_ns);

    if (least_ns > 0)
        return least_ns;
    return most_ns < 0 ? most_ns : 0;
}

/* rate * (1 - error_ns / period_ns), with the quotient cut to what is allowed. */
static struct pvclock_scale corrected(const struct steering *steering, int64_t error_ns)
{
    uint64_t rate = steering->calibration.rate;
    uint64_t period_ns = steering_period_ns(steering);
    int64_t limit_ns = (int64_t)(period_ns * steering->max_ppm / MILLION);
    int64_t removed_ns = error_ns;

    if (removed_ns > limit_ns)
        removed_ns = limit_ns;
    if (removed_ns < -limit_ns)
        removed_ns = -limit_ns;
    rate -= (uint64_t)((__int128)rate * removed_ns / (int64_t)period_ns);
    return pvclock_scale_from_ratio(rate, UINT64_C(1) << CALIBRATION_RATE_SHIFT);
}

struct pvclock_scale steering_measured_scale(const struct steering *steering)
{
    return corrected(steering, 0);
}

bool steering_start(struct steering *steering, const struct clock_bracket *bracket,
                    struct pvclock_scale *scale)
{
    calibration_add(&steering->calibration, bracket);
    if (calibration_bound_ppt(&steering->calibration) > START_BOUND_PPT)
        return false;
    steering->aligned = true;
    steering->clock_zero_ns = bracket->clock_ns;
    *scale = steering_measured_scale(steering);
    return true;
}

void steering_follow_date(struct steering *steering, uint32_t max_ppm, uint64_t zero_ns)
{
    steering->max_ppm = max_ppm;
    steering->follows_date = true;
    steering->aligned = true;
    steering->clock_zero_ns = zero_ns;
}

void steering_realign(struct steering *steering)
{
    steering->aligned = false;
}

static void align(struct steering *steering, const struct timebase *timebase,
                  const struct clock_bracket *bracket)
{
    steering->clock_zero_ns =
        bracket->clock_ns - timebase_ns(timebase, clock_bracket_middle(bracket));
    steering->aligned = true;
}

static bool is_jump(int64_t error_ns)
{
    return error_ns > STEERING_MAX_ERROR_NS || error_ns < -STEERING_MAX_ERROR_NS;
}

struct pvclock_scale steering_update(struct steering *steering, const struct timebase *timebase,
                                     const struct clock_bracket *bracket,
                                     const struct clock_bracket *date)
{
    int64_t error_ns = steering_error_ns(steering, timebase, date);

    calibration_add(&steering->calibration, bracket);
    if (!steering->aligned || (!steering->follows_date && is_jump(error_ns))) {
        align(steering, timebase, date);
        error_ns = 0;
    }
    return corrected(steering, error_ns);
}
