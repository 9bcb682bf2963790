/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time arithmetic: exact conversion between nanoseconds and ticks of a clock with a rational rate.
 *
 * A rate is a fraction of hertz (the PIT is 105/88 MHz) and is never rounded to a period.
 * Ticks are rounded down and nanoseconds up, so that a counter read at its own deadline has
 * reached the tick that the deadline was computed for:
 *
 *     ticks_from_ns(ns_from_ticks(n, rate), rate) == n     for every n and every rate <= 1 GHz
 *
 * A result past 2^64-1 saturates at UINT64_MAX, which as a deadline means never.
 *
 * A guest reads counters often, and a division of 128 bits by 64 is dear. So the two conversions
 * are made of whole periods and the rest. With a constant rate, which is what all devices have, the
 * compiler makes multiplications of the divisions. Example: the PM timer has 39375000 ticks in 11
 * s. 25 s are 2 periods and 3 s: 2 * 39375000 + floor(3e9 * 39375000 / 11e9) = 89488636 ticks.
 */
#ifndef BASE_TIME_MATH_H
#define BASE_TIME_MATH_H

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_SEC UINT64_C(1000000000)

/* A deadline that never comes. */
#define TIME_NEVER_NS UINT64_MAX

/* A rate of num/den hertz, both nonzero. */
struct rate {
    uint64_t num_hz;
    uint64_t den;
};

/* The 14.318180 MHz crystal of the PC (315/22 MHz) and the clocks divided from it. */
#define RATE_PIT     ((struct rate){13125000, 11})
#define RATE_PMTIMER ((struct rate){39375000, 11})
/* The RTC's watch crystal. */
#define RATE_RTC ((struct rate){32768, 1})

/* floor(value * mul / div) on 128 bits, saturated; div is not 0. */
uint64_t mul_div_floor(uint64_t value, uint64_t mul, uint64_t div);

/* ceil(value * mul / div) on 128 bits, saturated; div is not 0. */
uint64_t mul_div_ceil(uint64_t value, uint64_t mul, uint64_t div);

/* den * 1e9 stays below 2^64 for every den below 2^34. */
static inline uint64_t rate_period_ns(struct rate rate)
{
    return rate.den * NS_PER_SEC;
}

/* Whether the rest of a period, times the ticks of one, is below 2^64, and no tick below 1 ns. */
static inline bool rate_is_narrow(struct rate rate)
{
    uint64_t period_ns = rate_period_ns(rate);

    return rate.num_hz <= period_ns && rate.num_hz <= UINT64_MAX / period_ns;
}

/* Whole ticks that have passed after ns nanoseconds: floor(ns * rate / 1e9). */
static inline uint64_t ticks_from_ns(uint64_t ns, struct rate rate)
{
    uint64_t period_ns = rate_period_ns(rate);

    if (!rate_is_narrow(rate))
        return mul_div_floor(ns, rate.num_hz, period_ns);
    return ns / period_ns * rate.num_hz + ns % period_ns * rate.num_hz / period_ns;
}

/* The first nanosecond at which `ticks` whole ticks have passed: ceil(ticks * 1e9 / rate). */
static inline uint64_t ns_from_ticks(uint64_t ticks, struct rate rate)
{
    uint64_t period_ns = rate_period_ns(rate), left, whole_ns, ns;

    if (!rate_is_narrow(rate))
        return mul_div_ceil(ticks, period_ns, rate.num_hz);
    left = ticks % rate.num_hz * period_ns;
    if (__builtin_mul_overflow(ticks / rate.num_hz, period_ns, &whole_ns) ||
        __builtin_add_overflow(whole_ns, left / rate.num_hz + (left % rate.num_hz != 0), &ns))
        return UINT64_MAX;
    return ns;
}

#endif
