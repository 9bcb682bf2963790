/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's clocks for unit tests: host_clock.h with time as a number, put in its place by the
 * linker. Time stands still until a test moves it. Any thread may call any of these.
 *
 * pthread_cond_clockwait is here as well: it waits until this time has come, so a thread that waits
 * for a deadline is tested without sleeping.
 */
#ifndef TESTS_UNIT_FAKE_CLOCK_H
#define TESTS_UNIT_FAKE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "kvmclock/host_facts.h"
#include "tests/unit/fake_host.h"
#include "vmm/host/host_clock.h"

/* By default 2.5 GHz, a TSC that all trust, and CLOCK_REALTIME 1.7e9 s ahead of the others. */
struct fake_clock {
    struct fake_host host;
    uint64_t realtime_zero_ns;
    struct host_facts facts;
    /* CLOCK_MONOTONIC_RAW shows 0 at any time; the others go on. */
    bool raw_stands_still;
    /* CLOCK_BOOTTIME is so far ahead of CLOCK_MONOTONIC. */
    uint64_t slept_ns;
    /* What adjtimex says: known and synchronized, and nothing else. */
    struct host_ntp ntp;
};

#define FAKE_CLOCK_HZ UINT64_C(2500000000)

/* A test may change it while no other thread runs. */
extern struct fake_clock fake_clock;

/* Before each test. */
void fake_clock_reset(void);

/* CLOCK_MONOTONIC. */
uint64_t fake_clock_ns(void);

/* Time goes on, and wakes who waits for it. Not with a lock that a waiter waits with. */
void fake_clock_advance_ns(uint64_t ns);

/* Time goes on as it does while something is done: who waits for it finds out later. */
void fake_clock_pass_ns(uint64_t ns);

/*
 * Waits until a thread is in pthread_cond_clockwait, for the count-th time since the reset or a
 * later one, and returns until when it waits, in CLOCK_MONOTONIC's nanoseconds.
 */
uint64_t fake_clock_await_wait(unsigned count);

/* How often a thread has gone to wait since the reset. */
unsigned fake_clock_waits(void);

#endif
