/* SPDX-License-Identifier: BSD-2-Clause */
/* See calibration.h. */
#include "kvmclock/calibration.h"

#include "base/time_math.h"
#include "kvmclock/tsc_order.h"

#define PARTS_PER_TRILLION  UINT64_C(1000000000000)
#define MILLIHZ_OF_1_PER_NS UINT64_C(1000000000000)
/* 16384 ns per cycle. */
#define RATE_MAX (UINT64_C(1) << 62)

typedef unsigned __int128 u128;

struct rate_interval {
    uint64_t slowest;
    uint64_t fastest;
};

static uint64_t bracket_width(const struct clock_bracket *bracket)
{
    return bracket->tsc_after - bracket->tsc_before;
}

uint64_t clock_bracket_middle(const struct clock_bracket *bracket)
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

static uint64_t rate_floor(uint64_t ns, uint64_t cycles)
{
    u128 rate = ((u128)ns << CALIBRATION_RATE_SHIFT) / cycles;

    return rate < RATE_MAX ? (uint64_t)rate : RATE_MAX;
}

/*
 * False if TSC or clock ran backwards, or the TSC stood still. The TSC shows whole cycles: one that
 * showed n may have been next to n + 1. Brackets that touch say nothing of how fast the rate is.
 */
static bool interval_between(const struct clock_bracket *a, const struct clock_bracket *b,
                             uint64_t resolution_ns, struct rate_interval *interval)
{
    uint64_t ns = b->clock_ns - a->clock_ns;
    uint64_t longest = b->tsc_after + 1 - a->tsc_before;
    uint64_t shortest = b->tsc_before - (a->tsc_after + 1);

    if (b->clock_ns < a->clock_ns || tsc_is_before(b->tsc_before, a->tsc_before) ||
        tsc_is_before(b->tsc_after, b->tsc_before))
        return false;
    interval->slowest = ns > resolution_ns ? rate_floor(ns - resolution_ns, longest) : 0;
    interval->fastest = tsc_is_before(a->tsc_after + 1, b->tsc_before)
                            ? rate_floor(ns + resolution_ns, shortest) + 1
                            : RATE_MAX;
    return interval->slowest < RATE_MAX;
}

/* What calibration and interval have in common; false, with nothing changed, if that is nothing. */
static bool intersect(struct calibration *calibration, const struct rate_interval *interval)
{
    uint64_t slowest = calibration->slowest, fastest = calibration->fastest;

    if (interval->slowest > slowest)
        slowest = interval->slowest;
    if (interval->fastest < fastest)
        fastest = interval->fastest;
    if (slowest > fastest)
        return false;
    calibration->slowest = slowest;
    calibration->fastest = fastest;
    return true;
}

static bool refine(struct calibration *calibration, const struct clock_bracket *bracket)
{
    const struct clock_bracket *const earlier[] = {&calibration->oldest, &calibration->anchor,
                                                   &calibration->latest};
    struct rate_interval interval;

    for (unsigned i = 0; i < sizeof earlier / sizeof earlier[0]; i++)
        if (!interval_between(earlier[i], bracket, calibration->resolution_ns, &interval) ||
            !intersect(calibration, &interval))
            return false;
    return true;
}

static void start_at(struct calibration *calibration, const struct clock_bracket *bracket)
{
    calibration->oldest = calibration->anchor = calibration->latest = *bracket;
    calibration->slowest = 0;
    calibration->fastest = RATE_MAX;
}

void calibration_init(struct calibration *calibration, uint64_t resolution_ns,
                      const struct clock_bracket *first)
{
    *calibration = (struct calibration){.resolution_ns = resolution_ns};
    start_at(calibration, first);
}

static bool is_bounded(const struct calibration *calibration)
{
    return calibration->slowest > 0 && calibration->fastest < RATE_MAX;
}

bool calibration_add(struct calibration *calibration, const struct clock_bracket *bracket)
{
    bool agrees = refine(calibration, bracket);

    if (!agrees)
        start_at(calibration, bracket);
    if (bracket_width(bracket) < bracket_width(&calibration->anchor) / 2)
        calibration->anchor = *bracket;
    calibration->latest = *bracket;
    if (is_bounded(calibration))
        calibration->rate =
            calibration->slowest + (calibration->fastest - calibration->slowest) / 2;
    return agrees;
}

uint64_t calibration_baseline_ns(const struct calibration *calibration)
{
    return calibration->latest.clock_ns - calibration->oldest.clock_ns;
}

/* Half the width is rounded up, as is the division. */
uint64_t calibration_bound_ppt(const struct calibration *calibration)
{
    uint64_t half_width = (calibration->fastest - calibration->slowest) / 2 + 1;

    if (!is_bounded(calibration))
        return UINT64_MAX;
    return mul_div_ceil(half_width, PARTS_PER_TRILLION, calibration->slowest);
}

uint64_t calibration_tsc_millihz(const struct calibration *calibration)
{
    if (calibration->rate == 0)
        return 0;
    return mul_div_floor(MILLIHZ_OF_1_PER_NS, UINT64_C(1) << CALIBRATION_RATE_SHIFT,
                         calibration->rate);
}
