/* SPDX-License-Identifier: BSD-2-Clause */
/* See timebase.h. */
#include "kvmclock/timebase.h"

#include "kvmclock/tsc_order.h"

struct timebase timebase_start(uint64_t host_tsc, uint64_t guest_ns, struct pvclock_scale scale,
                               struct tsc_ratio ratio)
{
    return (struct timebase){
        .host_tsc = host_tsc,
        .guest_ns = guest_ns,
        .scale = scale,
        .ratio = ratio,
        .tsc_scale = tsc_ratio_scale(ratio, scale),
        .counter = tsc_ratio_apply(ratio, host_tsc),
    };
}

/* Where the host's TSC has gone from 2^64 - 1 to 0 the counter is short of 2^64 * ratio. */
static uint64_t counter_since(const struct timebase *timebase, uint64_t host_tsc)
{
    struct tsc_ratio ratio = timebase->ratio;
    uint64_t wrapped = host_tsc < timebase->host_tsc ? ratio.mul << (64 - ratio.frac_bits) : 0;

    return tsc_ratio_apply(ratio, host_tsc) + wrapped - timebase->counter;
}

uint64_t timebase_ns(const struct timebase *timebase, uint64_t host_tsc)
{
    if (tsc_is_before(host_tsc, timebase->host_tsc))
        return timebase->guest_ns;
    return timebase->guest_ns +
           pvclock_scale_ns(timebase->tsc_scale, counter_since(timebase, host_tsc));
}

void timebase_set_ns(struct timebase *timebase, uint64_t host_tsc, uint64_t guest_ns)
{
    timebase->host_tsc = host_tsc;
    timebase->counter = tsc_ratio_apply(timebase->ratio, host_tsc);
    timebase->guest_ns = guest_ns;
}

void timebase_set_scale(struct timebase *timebase, uint64_t host_tsc, struct pvclock_scale scale)
{
    *timebase = timebase_start(host_tsc, timebase_ns(timebase, host_tsc), scale, timebase->ratio);
}
