/* SPDX-License-Identifier: BSD-2-Clause */
/* See time_math.h for the contract. */
#include "base/time_math.h"

typedef unsigned __int128 u128;

static uint64_t saturate(u128 value)
{
    return value > UINT64_MAX ? UINT64_MAX : (uint64_t)value;
}

uint64_t mul_div_floor(uint64_t value, uint64_t mul, uint64_t div)
{
    return saturate((u128)value * mul / div);
}

uint64_t mul_div_ceil(uint64_t value, uint64_t mul, uint64_t div)
{
    u128 product = (u128)value * mul;

    return saturate(product / div + (product % div != 0));
}
