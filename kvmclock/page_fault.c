/* SPDX-License-Identifier: BSD-2-Clause */
/* See page_fault.h. */
#include "kvmclock/page_fault.h"

#include "base/time_math.h"

typedef unsigned __int128 u128;

#define MUL_MIN (UINT64_C(1) << 31)
#define MUL_END (UINT64_C(1) << 32)

static void begin_piece(struct page_fault *fault, uint64_t guest_ns, int64_t ppb)
{
    fault->lens = lens_with_rate(&fault->lens, guest_ns, ppb);
    fault->is_lensed = true;
}

void page_fault_set_rate(struct page_fault *fault, uint64_t guest_ns, int64_t ppb)
{
    fault->later_ppb = ppb;
    fault->stands = false;
    begin_piece(fault, guest_ns, ppb);
}

void page_fault_stick(struct page_fault *fault, uint64_t guest_ns, bool stands)
{
    fault->stands = stands;
    begin_piece(fault, guest_ns, stands ? LENS_STANDS_PPB : fault->later_ppb);
}

bool page_fault_step(struct page_fault *fault, uint64_t guest_ns, int64_t by_ns)
{
    uint64_t shown_ns = lens_at(&fault->lens, guest_ns);
    uint64_t stepped_ns = shown_ns + (uint64_t)by_ns;

    if (by_ns < 0 ? stepped_ns > shown_ns : stepped_ns < shown_ns || stepped_ns > LENS_LATEST_NS)
        return false;
    begin_piece(fault, guest_ns, fault->lens.ppb);
    fault->lens.shown_ns = stepped_ns;
    fault->least_ns = 0;
    return true;
}

uint64_t page_fault_ns(const struct page_fault *fault, uint64_t guest_ns)
{
    return fault->is_lensed ? lens_at(&fault->lens, guest_ns) : guest_ns;
}

/* Nanoseconds of the page in a second of guest time. */
static uint64_t ns_in_sec(const struct page_fault *fault, uint64_t ahead_ns)
{
    uint64_t ns = (uint64_t)((int64_t)NS_PER_SEC + fault->lens.ppb);

    return ns > ahead_ns ? ns - ahead_ns : 0;
}

struct pvclock_scale page_fault_scale(const struct page_fault *fault, struct pvclock_scale scale,
                                      uint64_t ahead_ns)
{
    u128 product = (u128)scale.mul * ns_in_sec(fault, ahead_ns);
    u128 unit = NS_PER_SEC;
    int8_t shift = scale.shift;

    if (!fault->is_lensed || (fault->lens.ppb == 0 && ahead_ns == 0))
        return scale;
    if (product == 0)
        return (struct pvclock_scale){.mul = 0, .shift = scale.shift};
    for (; product < MUL_MIN * unit; shift--)
        product <<= 1;
    for (; product >= MUL_END * unit; shift++)
        unit <<= 1;
    product = (product + unit / 2) / unit;
    if (product >= MUL_END) {
        product >>= 1;
        shift++;
    }
    return (struct pvclock_scale){.mul = (uint32_t)product, .shift = shift};
}

uint8_t page_fault_flags(const struct page_fault *fault, uint8_t flags)
{
    return (uint8_t)((flags | fault->flags_set) & ~fault->flags_cleared);
}
