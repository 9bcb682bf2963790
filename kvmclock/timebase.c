/* SPDX-License-Identifier: BSD-2-Clause */
/* See timebase.h. */
#include "kvmclock/timebase.h"

struct timebase timebase_start(uint64_t host_tsc, uint64_t guest_ns, struct pvclock_scale scale,
                               struct tsc_ratio ratio)
{
    return (struct timebase){
        .host_tsc = host_tsc,
        .guest_ns = guest_ns,
        .scale = scale,
        .ratio = ratio,
        .tsc_scale = tsc_ratio_scale(ratio, scale),
    };
}

uint64_t timebase_ns(const struct timebase *timebase, uint64_t host_tsc)
{
    uint64_t tsc = host_tsc > timebase->host_tsc ? host_tsc : timebase->host_tsc;
    uint64_t delta_tsc = tsc_ratio_apply(timebase->ratio, tsc) -
                         tsc_ratio_apply(timebase->ratio, timebase->host_tsc);

    return timebase->guest_ns + pvclock_scale_ns(timebase->tsc_scale, delta_tsc);
}

void timebase_set_ns(struct timebase *timebase, uint64_t host_tsc, uint64_t guest_ns)
{
    timebase->host_tsc = host_tsc;
    timebase->guest_ns = guest_ns;
}

void timebase_set_scale(struct timebase *timebase, uint64_t host_tsc, struct pvclock_scale scale)
{
    *timebase = timebase_start(host_tsc, timebase_ns(timebase, host_tsc), scale, timebase->ratio);
}
