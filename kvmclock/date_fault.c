/* SPDX-License-Identifier: BSD-2-Clause */
/* See date_fault.h. */
#include "kvmclock/date_fault.h"

#include "base/time_math.h"

/* Who tells a date may take some of it for the time that reading it takes. */
#define EARLIEST_NS ((__int128)NS_PER_SEC)
/* 2261-12-31. */
#define LATEST_NS ((__int128)106650 * 86400 * NS_PER_SEC)

static void begin_piece(struct date_fault *fault, uint64_t guest_ns, int64_t ppb)
{
    fault->lens = lens_with_rate(&fault->lens, guest_ns, ppb);
}

void date_fault_set_rate(struct date_fault *fault, uint64_t guest_ns, int64_t ppb)
{
    fault->later_ppb = ppb;
    fault->stands = false;
    begin_piece(fault, guest_ns, ppb);
}

void date_fault_stick(struct date_fault *fault, uint64_t guest_ns, bool stands)
{
    fault->stands = stands;
    begin_piece(fault, guest_ns, stands ? LENS_STANDS_PPB : fault->later_ppb);
}

/* A sum that does not fit stays as great as it can be: no date is told that is so far away. */
void date_fault_step(struct date_fault *fault, int64_t by_ns)
{
    if (__builtin_add_overflow(fault->step_ns, by_ns, &fault->step_ns))
        fault->step_ns = by_ns < 0 ? INT64_MIN : INT64_MAX;
}

static __int128 offset_ns(const struct date_fault *fault, uint64_t guest_ns)
{
    if (guest_ns < fault->lens.guest_ns)
        guest_ns = fault->lens.guest_ns;
    return (__int128)lens_at(&fault->lens, guest_ns) - guest_ns + fault->step_ns;
}

bool date_fault_is_wrong(const struct date_fault *fault)
{
    return fault->lens.ppb != 0 || offset_ns(fault, fault->lens.guest_ns) != 0;
}

static __int128 told_ns(const struct date_fault *fault, uint64_t guest_ns, uint64_t date_ns)
{
    return date_ns + offset_ns(fault, guest_ns);
}

bool date_fault_may_step(const struct date_fault *fault, uint64_t guest_ns, uint64_t date_ns,
                         int64_t by_ns)
{
    __int128 ns = told_ns(fault, guest_ns, date_ns) + by_ns;
    int64_t step_ns;

    return ns >= EARLIEST_NS && ns <= LATEST_NS &&
           !__builtin_add_overflow(fault->step_ns, by_ns, &step_ns);
}

uint64_t date_fault_ns(const struct date_fault *fault, uint64_t guest_ns, uint64_t date_ns)
{
    __int128 ns = told_ns(fault, guest_ns, date_ns);

    if (!date_fault_is_wrong(fault))
        return date_ns;
    return (uint64_t)(ns < EARLIEST_NS ? EARLIEST_NS : ns > LATEST_NS ? LATEST_NS : ns);
}
