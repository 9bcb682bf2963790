/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions that every chip asks of a state that is to be loaded. */
#ifndef DEVICES_STATE_CHECK_H
#define DEVICES_STATE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A flag in a byte. */
static inline bool is_flag(uint8_t value)
{
    return value <= 1;
}

/* No bit is set but some of these. */
static inline bool has_only(uint64_t value, uint64_t bits)
{
    return (value & ~bits) == 0;
}

/* Padding, for example: whatever is in it would come back in the next snapshot. */
static inline bool is_zero(const void *bytes, size_t size_bytes)
{
    const uint8_t *byte = bytes;

    for (size_t i = 0; i < size_bytes; i++)
        if (byte[i] != 0)
            return false;
    return true;
}

#endif
