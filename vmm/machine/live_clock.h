/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is read of guest time without the machine's lock: the latest time that anybody was given,
 * and what some guests read for each time stamp that they take: the main counter of the HPET, and
 * the ACPI PM timer, which is a function of guest time alone once the guest runs.
 *
 * The timebase, and what the counter follows from, change under the lock. A copy of both is here
 * behind a sequence number that is even while they change. Why a reader without the lock fits in
 * with all others:
 *
 * A change, under the lock:           A reading without the lock:
 *   1. makes the sequence even          1. copies and reads the TSC; gives up unless the sequence
 *   2. raises now_ns to its time W         is odd, and the same before and after: so the copy is
 *   3. changes, renews the copy            whole and was valid when the TSC was read
 *   4. makes the sequence odd           2. raises now_ns to its time; R is now_ns after that
 *                                       3. gives up if the sequence has changed
 *
 * Everybody who takes a time raises now_ns to it, and uses the value that now_ns has after that. So
 * all times are in one order, and a TSC that is behind on another CPU takes nobody back. A reading
 * that has not given up in its step 3 has raised now_ns before the change's step 1: R <= W, and its
 * value is of before the change. One that sees the new sequence raises now_ns after W: R >= W, and
 * its value is of after the change. So a counter that is halted at W stands at no less than anybody
 * has read. A reading that gives up has raised now_ns by a time that was right before the change,
 * which does no harm, and is made again with the lock. It never waits for a thread that the host
 * has suspended in the middle of a change.
 *
 * All accesses that this rests on are sequentially consistent: now_ns, then the sequence, in one
 * thread, against the sequence, then now_ns, in the other.
 */
#ifndef VMM_MACHINE_LIVE_CLOCK_H
#define VMM_MACHINE_LIVE_CLOCK_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/pc/hpet_counter.h"
#include "kvmclock/timebase.h"

#define CACHE_LINE_BYTES 64

/* What the counter follows from. */
struct live_inputs {
    struct timebase timebase;
    struct hpet_counter counter;
};

#define LIVE_WORDS (sizeof(struct live_inputs) / sizeof(uint64_t))
static_assert(sizeof(struct live_inputs) % sizeof(uint64_t) == 0, "copied word by word");

/* All zeroes: time 0, and a change that has begun. */
struct live_clock {
    /* Written by every reader, so apart from what they only read. */
    _Alignas(CACHE_LINE_BYTES) _Atomic uint64_t now_ns;
    _Alignas(CACHE_LINE_BYTES) _Atomic uint64_t sequence;
    _Atomic uint64_t words[LIVE_WORDS];
};

/* Any thread: raises live->now_ns to now_ns if that is later. Returns live->now_ns after that. */
uint64_t live_clock_raise(struct live_clock *live, uint64_t now_ns);

/* Under the lock, before the time of a change is taken. To call it again before live_clock_end does
 * nothing. */
void live_clock_begin(struct live_clock *live);

/* Under the lock: whether a change has begun and not ended. */
bool live_clock_is_changing(const struct live_clock *live);

/* Under the lock: the change that has begun ends, with these inputs. */
void live_clock_end(struct live_clock *live, const struct live_inputs *inputs);

/*
 * Any thread: a reading. Guest time, and what the counter followed from at that time. False: the
 * caller has to take the lock.
 */
bool live_clock_read(struct live_clock *live, uint64_t (*host_tsc)(void), uint64_t *now_ns,
                     struct hpet_counter *counter);

#endif
