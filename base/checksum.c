/* SPDX-License-Identifier: BSD-2-Clause */
/* See checksum.h. */
#include "base/checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t checksum_of(const void *bytes, size_t size_bytes)
{
    return XXH3_64bits(bytes, size_bytes);
}

uint64_t checksum_of_zeros(size_t size_bytes)
{
    static const uint8_t zeros[4096];
    XXH3_state_t state;

    XXH3_64bits_reset(&state);
    for (; size_bytes > sizeof zeros; size_bytes -= sizeof zeros)
        XXH3_64bits_update(&state, zeros, sizeof zeros);
    XXH3_64bits_update(&state, zeros, size_bytes);
    return XXH3_64bits_digest(&state);
}
