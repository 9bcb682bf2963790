/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dilation: guest time runs at k times the host's, with k a fraction that is fixed for a run.
 *
 *     guest = floor(host * guest_ns / host_ns)         the product 128 bits wide
 *
 * The host's clock that guest time follows is taken times k, and what waits in the host waits for
 * the guest's nanoseconds by k. Everything else is a function of guest time. The guest's TSC counts
 * at the host's rate, so to the guest it has the rate f / k.
 *
 * Worked example: k = 10 is 10 to 1. A second of the host's is ten of the guest's, and the host
 * waits 100 ms for a second of the guest's. A TSC of 2.5 GHz counts 0.25e9 cycles in a second of
 * the guest's.
 *
 * Pure.
 */
#ifndef KVMCLOCK_DILATION_H
#define KVMCLOCK_DILATION_H

#include <stdbool.h>
#include <stdint.h>

/* From 1 / DILATION_MAX to DILATION_MAX. */
#define DILATION_MAX 10
/* Neither number of the fraction is greater, in lowest terms. */
#define DILATION_MAX_TERM 1000000

/* So many nanoseconds of guest time in so many of the host's. Zeros: k is 1. */
struct dilation {
    uint32_t guest_ns;
    uint32_t host_ns;
};

/*
 * The fraction in lowest terms; zeros if it is 1. False, and *dilation is as it was: a number is 0
 * or too great, or k is out of range.
 */
bool dilation_set(struct dilation *dilation, uint64_t guest_ns, uint64_t host_ns);

/* Whether it is what dilation_set makes. */
bool dilation_is_valid(struct dilation dilation);

static inline bool dilation_is_one(struct dilation dilation)
{
    return dilation.guest_ns == dilation.host_ns;
}

/* Rounded down; UINT64_MAX if it does not fit. */
uint64_t dilation_guest_ns(struct dilation dilation, uint64_t host_ns);
uint64_t dilation_host_ns(struct dilation dilation, uint64_t guest_ns);

/* How long the host has to wait until guest_ns have passed: rounded up. */
uint64_t dilation_wait_ns(struct dilation dilation, uint64_t guest_ns);

/*
 * The host's nanoseconds in a tick of the bus of the local APICs, so that the guest finds it at
 * 1 GHz: k = 1 / n has n of them. 1 where no whole number of them does it; then the guest finds it
 * at 1 GHz / k.
 */
uint32_t dilation_apic_bus_ns(struct dilation dilation);

#endif
