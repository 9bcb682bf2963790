/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Choices that are the same in every run: the generator splitmix64 (Steele, Lea and Flood, "Fast
 * splittable pseudorandom number generators", OOPSLA 2014). Its state is one number, which begins
 * as the seed. It moves once for each choice and never with time, so the n-th choice of a seed is
 * the same whenever it is made.
 */
#ifndef BASE_SPLITMIX64_H
#define BASE_SPLITMIX64_H

#include <stdbool.h>
#include <stdint.h>

#define SPLITMIX64_MILLION 1000000

static inline uint64_t splitmix64_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* The choice of that number, from 0 on, which those before it are not needed for. */
static inline uint64_t splitmix64_nth(uint64_t seed, uint64_t number)
{
    uint64_t state = seed + number * UINT64_C(0x9e3779b97f4a7c15);

    return splitmix64_next(&state);
}

/* True for so many of a million: never for 0, always for a million. */
static inline bool splitmix64_is_hit(uint64_t *state, uint32_t ppm)
{
    return ((splitmix64_next(state) >> 32) * SPLITMIX64_MILLION) >> 32 < ppm;
}

#endif
