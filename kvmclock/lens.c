/* SPDX-License-Identifier: BSD-2-Clause */
/* See lens.h. */
#include "kvmclock/lens.h"

#include "base/time_math.h"

/* Nanoseconds of the clock in a second of guest time. */
static uint64_t ns_in_sec(const struct lens *lens)
{
    return (uint64_t)((int64_t)NS_PER_SEC + lens->ppb);
}

static uint64_t add(uint64_t a, uint64_t b)
{
    return a < UINT64_MAX - b ? a + b : UINT64_MAX;
}

uint64_t lens_at(const struct lens *lens, uint64_t guest_ns)
{
    return add(lens->shown_ns,
               mul_div_floor(guest_ns - lens->guest_ns, ns_in_sec(lens), NS_PER_SEC));
}

uint64_t lens_guest_ns(const struct lens *lens, uint64_t shown_ns)
{
    if (shown_ns <= lens->shown_ns)
        return lens->guest_ns;
    if (shown_ns == TIME_NEVER_NS || lens->ppb == LENS_STANDS_PPB)
        return TIME_NEVER_NS;
    return add(lens->guest_ns,
               mul_div_ceil(shown_ns - lens->shown_ns, NS_PER_SEC, ns_in_sec(lens)));
}

struct lens lens_with_rate(const struct lens *lens, uint64_t guest_ns, int64_t ppb)
{
    return (struct lens){guest_ns, lens_at(lens, guest_ns), ppb};
}
