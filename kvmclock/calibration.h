/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calibration: how many nanoseconds of a clock of the host a cycle of the host's TSC takes, and how
 * certain that is.
 *
 * A bracket is a reading of the clock between two readings of the TSC: the clock had that value at
 * some TSC value in the bracket. Between two brackets a and b the clock has run b.clock_ns -
 * a.clock_ns, give or take its resolution, in at most b.tsc_after - a.tsc_before cycles and in at
 * least b.tsc_before - a.tsc_after. So the rate, nanoseconds per cycle, is in an interval:
 *
 *     (ns - resolution) / longest  <=  rate  <=  (ns + resolution) / shortest
 *
 * That is certain, whatever happened to the reader: one who was interrupted inside a bracket has a
 * wide one, and a wide interval. As long as the rate is one rate it is in each of these intervals,
 * so in all that they have in common. Calibration keeps this, gives its middle as the rate and half
 * its width as the bound of the error. It shrinks as the distance grows. Two intervals that have
 * nothing in common prove that the rate has changed, or that TSC or clock have stepped: that is
 * reported, and calibration starts again from the last bracket.
 *
 * The bound is one for the time that was measured. That the TSC will not change its rate nobody can
 * measure beforehand; of CLOCK_MONOTONIC_RAW, Linux says that it runs at one rate of its
 * clocksource.
 *
 * Worked example: brackets of 104 cycles at 2.6 GHz are 40 ns wide. Two of them 20 ms apart give
 * 20 000 000 +- 1 ns in 52 000 000 +- 105 cycles: +- (105 / 52 000 000 + 1 / 20 000 000) = +- 2.07
 * parts per million. After 45 s it is 0.92 parts per billion.
 */
#ifndef KVMCLOCK_CALIBRATION_H
#define KVMCLOCK_CALIBRATION_H

#include <stdbool.h>
#include <stdint.h>

#include "kvmclock/pvclock.h"

struct clock_bracket {
    uint64_t tsc_before;
    uint64_t clock_ns;
    uint64_t tsc_after;
};

#define CALIBRATION_RATE_SHIFT 48

struct calibration {
    /* The clock shows the last multiple of it. */
    uint64_t resolution_ns;
    /* Nanoseconds per cycle times 2^48; 0 while it is not known. */
    uint64_t rate;
    /*
     * Since the start, or since the last contradiction. The anchor is the first one, too, until one
     * comes that is less than half as wide. The rate is from slowest to fastest.
     */
    struct clock_bracket oldest;
    struct clock_bracket anchor;
    struct clock_bracket latest;
    uint64_t slowest;
    uint64_t fastest;
};

/* The narrowest of count brackets, count at least 1. */
struct clock_bracket clock_bracket_narrowest(const struct clock_bracket *brackets, unsigned count);

/* The TSC in the middle of a bracket. */
uint64_t clock_bracket_middle(const struct clock_bracket *bracket);

/* Starts with one bracket; the rate is not known yet. */
void calibration_init(struct calibration *calibration, uint64_t resolution_ns,
                      const struct clock_bracket *first);

/*
 * Takes a later bracket in. False if it contradicts those before; the rate stays what it was then,
 * without a bound, until the next one.
 */
bool calibration_add(struct calibration *calibration, const struct clock_bracket *bracket);

/* For how long, by the clock, one rate has been measured. */
uint64_t calibration_baseline_ns(const struct calibration *calibration);

/* A bound of the rate's relative error in parts per trillion (10^-12); UINT64_MAX if there is none.
 */
uint64_t calibration_bound_ppt(const struct calibration *calibration);

/* The rate as a frequency of the TSC in millihertz; 0 while it is not known. */
uint64_t calibration_tsc_millihz(const struct calibration *calibration);

#endif
