/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host whose TSC and clock a test makes up: it knows the truth that calibration can only bound.
 * True time is that of the clock, in picoseconds.
 */
#ifndef TESTS_UNIT_FAKE_HOST_H
#define TESTS_UNIT_FAKE_HOST_H

#include "kvmclock/calibration.h"

struct fake_host {
    /* Set by the test. */
    uint64_t seed;
    uint64_t tsc_hz;
    /* TSC and clock show multiples of these. */
    uint64_t tsc_step;
    uint64_t resolution_ns;
    /* Of 1000 readings, so many are interrupted, for up to so long. */
    unsigned interrupted_per_mille;
    uint64_t longest_interrupt_ns;

    uint64_t time_ps;
    uint64_t tsc_then;
    uint64_t tsc_then_ps;
    int64_t clock_step_ns;
};

/* One that is switched on: 1 ns, 1 cycle, never interrupted. */
void fake_host_init(struct fake_host *host, uint64_t seed, uint64_t tsc_hz);

/* A number below limit. */
uint64_t fake_host_random(struct fake_host *host, uint64_t limit);

uint64_t fake_host_tsc(const struct fake_host *host);
uint64_t fake_host_clock_ns(const struct fake_host *host);

void fake_host_advance_ns(struct fake_host *host, uint64_t ns);

/* From now on the TSC has another rate. */
void fake_host_set_tsc_hz(struct fake_host *host, uint64_t tsc_hz);

/* From now on the TSC counts from that value. */
void fake_host_set_tsc(struct fake_host *host, uint64_t tsc);

/* One reading of the clock between two of the TSC, each some 15 to 40 ns after the one before. */
struct clock_bracket fake_host_read(struct fake_host *host);

/* The narrowest of eight. */
struct clock_bracket fake_host_bracket(struct fake_host *host);

/* Whether the rate of the host's TSC is from slowest to fastest. */
bool fake_host_rate_is_in(const struct fake_host *host, const struct calibration *calibration);

#endif
