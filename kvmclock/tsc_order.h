/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order of two values of one TSC. A TSC is a number modulo 2^64, and a guest that is a host
 * itself can be given one just below 2^64: so the signed difference decides, and 5 is after 2^64 -
 * 5. It is right for values that are less than 2^63 cycles apart, which are 58 years at 5 GHz.
 */
#ifndef KVMCLOCK_TSC_ORDER_H
#define KVMCLOCK_TSC_ORDER_H

#include <stdbool.h>
#include <stdint.h>

static inline bool tsc_is_before(uint64_t a, uint64_t b)
{
    return (int64_t)(a - b) < 0;
}

#endif
