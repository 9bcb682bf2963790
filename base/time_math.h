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
 * Products are 128 bits wide; a result past 2^64-1 saturates at UINT64_MAX, which as a deadline
 * means never.
 */
#ifndef BASE_TIME_MATH_H
#define BASE_TIME_MATH_H

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
#define RATE_PIT     ((struct rate){105000000, 88})
#define RATE_PMTIMER ((struct rate){315000000, 88})
/* The RTC's watch crystal. */
#define RATE_RTC ((struct rate){32768, 1})

/* floor(value * mul / div) on 128 bits, saturated; div is not 0. */
uint64_t mul_div_floor(uint64_t value, uint64_t mul, uint64_t div);

/* ceil(value * mul / div) on 128 bits, saturated; div is not 0. */
uint64_t mul_div_ceil(uint64_t value, uint64_t mul, uint64_t div);

/* Whole ticks that have passed after ns nanoseconds: floor(ns * rate / 1e9). */
uint64_t ticks_from_ns(uint64_t ns, struct rate rate);

/* The first nanosecond at which `ticks` whole ticks have passed: ceil(ticks * 1e9 / rate). */
uint64_t ns_from_ticks(uint64_t ticks, struct rate rate);

#endif
