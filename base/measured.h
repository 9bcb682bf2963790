/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A measured value and its uncertainty: the true value is from value - uncertainty to value +
 * uncertainty. Both, and the limits, are in one unit, whichever it is. No sum can overflow.
 */
#ifndef BASE_MEASURED_H
#define BASE_MEASURED_H

#include <stdbool.h>
#include <stdint.h>

/* The value without its sign, of INT64_MIN too. */
static inline uint64_t measured_magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

/* Whether the true value is sure to be from -limit to limit. */
static inline bool measured_is_within(int64_t value, uint64_t uncertainty, uint64_t limit)
{
    return uncertainty <= limit && measured_magnitude(value) <= limit - uncertainty;
}

/* Whether the true value is sure to be below -limit or above limit. */
static inline bool measured_is_beyond(int64_t value, uint64_t uncertainty, uint64_t limit)
{
    uint64_t magnitude = measured_magnitude(value);

    return magnitude > limit && magnitude - limit > uncertainty;
}

#endif
