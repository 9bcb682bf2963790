/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The timebase: the one place where host time becomes guest time.
 *
 * Guest time is a function of a counter: guest_ns + tsc_scale * (counter - counter at host_tsc).
 * The counter is the host's TSC at the rate that the guest's TSC has: with a scaled TSC it counts
 * the guest's cycles, each rounded as the hardware rounds it. So it is the same function, with the
 * same rounding, that the kvm-clock page of a vCPU with that rate holds, and what a device register
 * shows and what the guest's kvm-clock says at one TSC value are equal to the nanosecond.
 */
#ifndef KVMCLOCK_TIMEBASE_H
#define KVMCLOCK_TIMEBASE_H

#include <stdint.h>

#include "kvmclock/guest_tsc.h"
#include "kvmclock/pvclock.h"

struct timebase {
    uint64_t host_tsc;
    uint64_t guest_ns;
    /* Nanoseconds per cycle of the host's TSC. */
    struct pvclock_scale scale;
    /* The counter's rate, and nanoseconds per cycle of it. */
    struct tsc_ratio ratio;
    struct pvclock_scale tsc_scale;
    /* The counter at host_tsc, modulo 2^64. */
    uint64_t counter;
};

/* A timebase that is guest_ns at host_tsc. */
struct timebase timebase_start(uint64_t host_tsc, uint64_t guest_ns, struct pvclock_scale scale,
                               struct tsc_ratio ratio);

/*
 * Guest time at host_tsc. One before the timebase's own (tsc_order.h), as of a TSC that is behind
 * on another CPU or has fallen back, counts as the timebase's own.
 */
uint64_t timebase_ns(const struct timebase *timebase, uint64_t host_tsc);

/* Guest time is guest_ns at host_tsc and goes on from there at the same rate. */
void timebase_set_ns(struct timebase *timebase, uint64_t host_tsc, uint64_t guest_ns);

/*
 * The rate becomes scale from host_tsc on. Guest time at host_tsc itself is the same before and
 * after, and later readings are not smaller: a change of rate is never a step.
 */
void timebase_set_scale(struct timebase *timebase, uint64_t host_tsc, struct pvclock_scale scale);

#endif
