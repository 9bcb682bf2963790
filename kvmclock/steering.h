/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steering: the rate at which guest time is to run so that it follows a clock of the host.
 *
 * A clock measured again and again gives better and better rates (see calibration.h). To take the
 * new rate alone would leave what the worse ones before have done: guest time would keep whatever
 * it has gained or lost by then. So at each update the published rate is a little off the measured
 * one, for one period, by what takes guest time back to the clock:
 *
 *     published = rate * (1 - error_ns / period_ns)
 *
 * The error is how far guest time is ahead of clock - clock_zero, where clock_zero is what the
 * clock showed at guest time 0. Guest time is known exactly at each TSC value, the clock only
 * between the two ends of a bracket. What could be the bracket's own is not taken for an error:
 *
 *     ahead by at least   guest(tsc_before) - (clock_ns + resolution_ns - clock_zero)
 *     ahead by at most    guest(tsc_after)  - (clock_ns - clock_zero)
 *
 * error_ns is 0 if these have 0 between them, or else the one that is nearer to 0. So a reader that
 * was interrupted, or noise, moves nothing; guest time stays within the width of a good bracket of
 * the clock; and an error is gone at the next update. Guest time never steps: the correction is a
 * rate. It is at most 500 parts per million, so that guest time never runs at a rate that an NTP
 * client in the guest could not follow; a greater error takes more periods. One of over a second is
 * no drift: TSC or clock have jumped, the guest has seen it or not, and it goes on from there.
 *
 * Worked example: the rate is 0.4 ns per cycle, measured to 50 parts per billion after a second,
 * and was 80 parts per billion too fast up to then: the guest is 80 ns ahead. The bracket is 40 ns
 * wide and its middle is right, so guest time is ahead by at least 80 - 20 - 1 = 59 ns. The next
 * period of a second has 0.4 * (1 - 59e-9) ns per cycle. At its end the guest is 21 ns ahead, which
 * the bracket cannot tell from 0.
 *
 * The clock that is followed has a rate, and is never stepped. A date, such as CLOCK_REALTIME, has
 * the same rate and may be stepped by whoever sets it. With steering_follow_date the error is that
 * against the date, whatever its size: guest time goes to the date by a rate of at most max_ppm off
 * the clock's, and arrives without passing it. An update that comes late by a part x of its period
 * passes it by the part x of what one period removes, which the next update takes back. After a
 * step of 2 s, 500 ppm take 4000 s and 100 000 ppm take 20 s.
 *
 * Guest time may be asked to go faster or slower than the clock (steering_set_rate). Then a lens
 * (lens.h) stands between the two: guest time follows L(clock - clock_zero), and the rate is as
 * much more. A change of it begins a new piece where the one before has come to, so nothing steps.
 *
 * A period is as long as one rate has been measured, from 4 ms to a second: each of the first
 * updates doubles the baseline. After a contradiction (calibration.h) that begins anew. So the same
 * rule follows a clock whose rate changes, which is what NTP does to CLOCK_MONOTONIC: a change by d
 * leaves an error of up to d times a second, which is gone after another one.
 */
#ifndef KVMCLOCK_STEERING_H
#define KVMCLOCK_STEERING_H

#include <stdbool.h>
#include <stdint.h>

#include "kvmclock/calibration.h"
#include "kvmclock/lens.h"
#include "kvmclock/timebase.h"

#define STEERING_MAX_PPM      500
#define STEERING_MAX_ERROR_NS INT64_C(1000000000)

#define STEERING_SHORTEST_PERIOD_NS UINT64_C(4000000)
#define STEERING_LONGEST_PERIOD_NS  UINT64_C(1000000000)

struct steering {
    struct calibration calibration;
    /* What the clock showed at guest time 0, once it is aligned. */
    bool aligned;
    uint64_t clock_zero_ns;
    /* Guest time by the clock's; all zeros: the same. */
    struct lens bend;
    /* The greatest correction of the rate. */
    uint32_t max_ppm;
    /* The error is that against a date: no jump is kept, and clock_zero_ns is the date's. */
    bool follows_date;
};

/* first is a bracket of the clock to follow. */
void steering_init(struct steering *steering, uint64_t resolution_ns,
                   const struct clock_bracket *first);

/*
 * Guest time is 0 in the middle of bracket, which is later than the first one, and runs at *scale.
 * False if that is not known to 10 %, because TSC or clock stands still or runs backwards, or
 * because the clock is too coarse for the time between the two.
 */
bool steering_start(struct steering *steering, const struct clock_bracket *bracket,
                    struct pvclock_scale *scale);

/* After the start: from now on guest time follows a date, which was zero_ns at guest time 0. */
void steering_follow_date(struct steering *steering, uint32_t max_ppm, uint64_t zero_ns);

/*
 * After the start, of a clock and no date: from where the clock shows clock_ns on, guest time goes
 * on by so many parts per billion more than it. The next update makes it so.
 */
void steering_set_rate(struct steering *steering, uint64_t clock_ns, int64_t ppb);

/* Guest time has been moved on purpose: it follows the clock from where it is at the next update.
 */
void steering_realign(struct steering *steering);

/* The scale of the rate as it is measured and asked for, without a correction. */
struct pvclock_scale steering_measured_scale(const struct steering *steering);

/* The time from the latest update to the next one. */
uint64_t steering_period_ns(const struct steering *steering);

/*
 * An update: takes a bracket in, in which guest time is that of the timebase, and returns the scale
 * for the next period. date is a bracket of the date, if one is followed, and else the same one.
 */
struct pvclock_scale steering_update(struct steering *steering, const struct timebase *timebase,
                                     const struct clock_bracket *bracket,
                                     const struct clock_bracket *date);

/*
 * How far guest time is certainly ahead of the clock, or of the date if that is followed; negative
 * if it is behind.
 */
int64_t steering_error_ns(const struct steering *steering, const struct timebase *timebase,
                          const struct clock_bracket *bracket);

#endif
