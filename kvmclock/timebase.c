/* See timebase.h. */
#include "kvmclock/timebase.h"

uint64_t timebase_ns(const struct timebase *timebase, uint64_t host_tsc)
{
    return timebase->guest_ns + pvclock_scale_ns(timebase->scale, host_tsc - timebase->host_tsc);
}

void timebase_set_ns(struct timebase *timebase, uint64_t host_tsc, uint64_t guest_ns)
{
    timebase->host_tsc = host_tsc;
    timebase->guest_ns = guest_ns;
}

void timebase_set_scale(struct timebase *timebase, uint64_t host_tsc, struct pvclock_scale scale)
{
    *timebase = (struct timebase){
        .host_tsc = host_tsc,
        .guest_ns = timebase_ns(timebase, host_tsc),
        .scale = scale,
    };
}
