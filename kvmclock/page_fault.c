/* SPDX-License-Identifier: BSD-2-Clause */
/* See page_fault.h. */
#include "kvmclock/page_fault.h"

#include "base/time_math.h"

typedef unsigned __int128 u128;

#define MUL_MIN (UINT64_C(1) << 31)
#define MUL_END (UINT64_C(1) << 32)

#define ROUNDING_MAX_NS 10000

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
    jitter_step(&fault->jitter, by_ns);
    fault->least_ns = 0;
    return true;
}

void page_fault_set_jitter(struct page_fault *fault, uint64_t guest_ns, const struct jitter *jitter)
{
    uint64_t shown_ns = page_fault_ns(fault, guest_ns);

    begin_piece(fault, guest_ns, fault->lens.ppb);
    if (jitter->by_ns == 0) {
        fault->jitter = jitter_end(&fault->jitter, fault->lens.shown_ns);
    } else {
        fault->lens.shown_ns = shown_ns;
        fault->jitter = *jitter;
        fault->jitter.zero_ns = (int64_t)shown_ns;
    }
}

uint64_t page_fault_next_ns(const struct page_fault *fault, uint64_t guest_ns)
{
    return lens_guest_ns(&fault->lens,
                         jitter_next_ns(&fault->jitter, lens_at(&fault->lens, guest_ns)));
}

uint64_t page_fault_slack_ns(const struct page_fault *fault)
{
    return ROUNDING_MAX_NS + fault->jitter.every_ns;
}

uint64_t page_fault_ns(const struct page_fault *fault, uint64_t guest_ns)
{
    return fault->is_lensed ? jitter_at(&fault->jitter, lens_at(&fault->lens, guest_ns)) : guest_ns;
}

/* Nanoseconds of the page in a second of guest time, by the line that it is on at guest_ns. */
static uint64_t ns_in_sec(const struct page_fault *fault, uint64_t guest_ns, uint64_t ahead_ns)
{
    uint64_t ns = jitter_stretched(&fault->jitter, lens_at(&fault->lens, guest_ns),
                                   (uint64_t)((int64_t)NS_PER_SEC + fault->lens.ppb));

    return ns > ahead_ns ? ns - ahead_ns : 0;
}

struct pvclock_scale page_fault_scale(const struct page_fault *fault, uint64_t guest_ns,
                                      struct pvclock_scale scale, uint64_t ahead_ns)
{
    u128 product, unit = NS_PER_SEC;
    uint64_t sec_ns;
    int8_t shift = scale.shift;

    if (!fault->is_lensed)
        return scale;
    sec_ns = ns_in_sec(fault, guest_ns, ahead_ns);
    if (sec_ns == NS_PER_SEC)
        return scale;
    product = (u128)scale.mul * sec_ns;
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
