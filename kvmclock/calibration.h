/*
 * Calibration: how many nanoseconds of CLOCK_MONOTONIC_RAW a cycle of the host's TSC takes.
 *
 * A sample is a reading of the clock between two readings of the TSC: the clock had that value
 * somewhere in the bracket, so a narrow bracket is a good sample, and one that was interrupted
 * shows itself by its width. The rate is taken between the first sample and the latest one; its
 * error is at most the two half widths over the distance, so it shrinks as the distance grows.
 *
 * Worked example: two brackets of 100 cycles at 2 GHz, 20 ms apart: (50 + 50) cycles of 40 000 000
 * is 2.5 parts per million; a minute apart, 0.8 parts per billion.
 */
#ifndef KVMCLOCK_CALIBRATION_H
#define KVMCLOCK_CALIBRATION_H

#include <stdbool.h>
#include <stdint.h>

#include "kvmclock/pvclock.h"

struct clock_bracket {
    uint64_t tsc_before;
    uint64_t raw_ns;
    uint64_t tsc_after;
};

struct calibration {
    struct clock_bracket first;
    struct clock_bracket latest;
};

/* The narrowest of count brackets, count at least 1. */
struct clock_bracket clock_bracket_narrowest(const struct clock_bracket *brackets, unsigned count);

/*
 * The measured scale in *scale and a bound of its relative error, in parts per billion, in
 * *bound_ppb. False, with nothing written, if the samples are not in order or no time lies between
 * them: such a host has no usable TSC.
 */
bool calibration_result(const struct calibration *calibration, struct pvclock_scale *scale,
                        uint64_t *bound_ppb);

#endif
