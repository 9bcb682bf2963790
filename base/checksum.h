/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checksum of snapshots and traces: XXH3 with 64 bits and seed 0, as `xxhsum -H3` prints it. It
 * finds damage, and is no protection against a file that somebody made to deceive.
 */
#ifndef BASE_CHECKSUM_H
#define BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

uint64_t checksum_of(const void *bytes, size_t size_bytes);

/* The same of as many zeros. */
uint64_t checksum_of_zeros(size_t size_bytes);

#endif
