/* SPDX-License-Identifier: BSD-2-Clause */
/* See steering.h. */
#include "kvmclock/steering.h"

#include "base/time_math.h"

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

/*
 * What guest time is to be. A clock that is coarse can be read a little before the piece: there the
 * two go at one rate.
 */
static uint64_t due_ns_at(const struct steering *steering, uint64_t clock_ns)
{
    const struct lens *bend = &steering->bend;
    uint64_t passed_ns = clock_ns - steering->clock_zero_ns;

    if (passed_ns < bend->guest_ns)
        return bend->shown_ns - (bend->guest_ns - passed_ns);
    return lens_at(bend, passed_ns);
}

int64_t steering_error_ns(const struct steering *steering, const struct timebase *timebase,
                          const struct clock_bracket *bracket)
{
    uint64_t due_ns = due_ns_at(steering, bracket->clock_ns);
    int64_t least_ns = (int64_t)(timebase_ns(timebase, bracket->tsc_before) - due_ns -
                                 steering->calibration.resolution_ns);
    int64_t most_ns = (int64_t)(timebase_ns(timebase, bracket->tsc_after) - due_ns);

    if (least_ns > 0)
        return least_ns;
    return most_ns < 0 ? most_ns : 0;
}

/* Nanoseconds of guest time in a second of the clock. */
static uint64_t ns_in_sec(const struct steering *steering)
{
    return (uint64_t)((int64_t)NS_PER_SEC + steering->bend.ppb);
}

/* rate * (1 - error_ns / period_ns), with the quotient cut to what is allowed. */
static struct pvclock_scale corrected(const struct steering *steering, int64_t error_ns)
{
    uint64_t rate = mul_div_floor(steering->calibration.rate, ns_in_sec(steering), NS_PER_SEC);
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

void steering_set_rate(struct steering *steering, uint64_t clock_ns, int64_t ppb)
{
    if (steering->aligned)
        steering->bend =
            (struct lens){clock_ns - steering->clock_zero_ns, due_ns_at(steering, clock_ns), ppb};
    else
        steering->bend.ppb = ppb;
}

void steering_realign(struct steering *steering)
{
    steering->aligned = false;
}

static void align(struct steering *steering, const struct timebase *timebase,
                  const struct clock_bracket *bracket)
{
    uint64_t guest_ns = timebase_ns(timebase, clock_bracket_middle(bracket));

    steering->clock_zero_ns = bracket->clock_ns - guest_ns;
    steering->bend = (struct lens){guest_ns, guest_ns, steering->bend.ppb};
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
