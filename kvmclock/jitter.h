/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Jitter: a clock that is now a little ahead and now a little behind, by chance, and never goes
 * back.
 *
 *     J(t) = t + N(t)
 *
 * N is a function of the clock's own time alone: a clock that is asked twice at one time says one
 * thing. It has a knot each every_ns from zero_ns on, and goes from one to the next in a straight
 * line. The first knot is first_ns; each later one is drawn from the seed and its number. None is
 * further from 0 than by_ns, which is at most half of every_ns, so no line is steeper than time:
 * J never falls.
 *
 *   white   each knot is drawn for itself, evenly
 *   walk    a knot is near the one before: a sum of lines, each twice as long as the one before and
 *           sqrt(2) times as high, up to 128 knots. That is about what steps by chance add up to,
 *           but within bounds.
 *
 * Worked example: by_ns = 100, every_ns = 1000, knots 0, 60, -40. J(500) = 530, J(1000) = 1060,
 * J(1250) = 1250 + 60 - 25 = 1285, J(2000) = 1960.
 *
 * Pure. Times are those of the clock, below 2^63.
 */
#ifndef KVMCLOCK_JITTER_H
#define KVMCLOCK_JITTER_H

#include <stdbool.h>
#include <stdint.h>

/* An hour. */
#define JITTER_EVERY_MAX_NS (UINT64_C(3600) * 1000000000)

/* All zeros: there is none. */
struct jitter {
    int64_t zero_ns;
    int64_t first_ns;
    uint64_t by_ns;
    /* 0: there is none. */
    uint64_t every_ns;
    uint64_t seed;
    bool walks;
};

/* Whether jitter.h has such a one. */
bool jitter_is_valid(const struct jitter *jitter);

/* J(time_ns); time_ns itself before zero_ns. Never below 0. */
uint64_t jitter_at(const struct jitter *jitter, uint64_t time_ns);

/* The first time, not before zero_ns and not before 0, at which J is shown_ns or more. It may be
 * beyond 2^63. */
uint64_t jitter_time_ns(const struct jitter *jitter, uint64_t shown_ns);

/* What an interval of ns, from time_ns on, is by the line that J is on there: rounded down. */
uint64_t jitter_stretched(const struct jitter *jitter, uint64_t time_ns, uint64_t ns);

/* When the line that J is on at time_ns ends; TIME_NEVER_NS: there is no other behind it. */
uint64_t jitter_next_ns(const struct jitter *jitter, uint64_t time_ns);

/* The same J up to time_ns, and from there on one that comes to t itself within every_ns. */
struct jitter jitter_end(const struct jitter *jitter, uint64_t time_ns);

/* The clock's own time is later by so much from now on, or earlier; N goes on as it was. */
void jitter_step(struct jitter *jitter, int64_t by_ns);

#endif
