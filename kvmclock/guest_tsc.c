/* SPDX-License-Identifier: BSD-2-Clause */
/* See guest_tsc.h. */
#include "kvmclock/guest_tsc.h"

typedef unsigned __int128 u128;

struct tsc_ratio tsc_ratio_from_khz(uint32_t khz, uint32_t host_khz, unsigned frac_bits)
{
    u128 mul = ((u128)khz << frac_bits) / host_khz;

    assert(mul != 0 && mul >> 63 == 0);
    return (struct tsc_ratio){(uint64_t)mul, frac_bits};
}

static uint32_t fit_khz(u128 khz)
{
    return khz <= UINT32_MAX ? (uint32_t)khz : 0;
}

uint32_t tsc_ratio_guest_khz(struct tsc_ratio ratio, uint32_t host_khz)
{
    return fit_khz((((u128)host_khz * ratio.mul >> (ratio.frac_bits - 1)) + 1) >> 1);
}

uint32_t tsc_ratio_host_khz(struct tsc_ratio ratio, uint32_t guest_khz)
{
    return fit_khz((((u128)guest_khz << ratio.frac_bits) + ratio.mul / 2) / ratio.mul);
}

bool tsc_ratio_equal(struct tsc_ratio a, struct tsc_ratio b)
{
    return (u128)a.mul << b.frac_bits == (u128)b.mul << a.frac_bits;
}

uint64_t tsc_ratio_apply(struct tsc_ratio ratio, uint64_t host_tsc)
{
    return (uint64_t)((u128)host_tsc * ratio.mul >> ratio.frac_bits);
}

/* host_scale is host mul * 2^(host shift - 32); divided by ratio it has mul / ratio mul as mul. */
struct pvclock_scale tsc_ratio_scale(struct tsc_ratio ratio, struct pvclock_scale host_scale)
{
    struct pvclock_scale scale = pvclock_scale_from_ratio(host_scale.mul, ratio.mul);
    int shift = scale.shift + host_scale.shift - 32 + (int)ratio.frac_bits;

    assert(shift >= INT8_MIN && shift <= INT8_MAX);
    scale.shift = (int8_t)shift;
    return scale;
}

uint64_t guest_tsc_at(const struct guest_tsc *tsc, uint64_t host_tsc)
{
    return tsc_ratio_apply(tsc->ratio, host_tsc) + tsc->offset;
}

uint64_t guest_tsc_host_at(const struct guest_tsc *tsc, uint64_t guest_tsc)
{
    u128 scaled = (u128)(guest_tsc - tsc->offset) << tsc->ratio.frac_bits;

    return (uint64_t)((scaled + tsc->ratio.mul - 1) / tsc->ratio.mul);
}

struct guest_tsc guest_tsc_set(const struct guest_tsc *tsc, uint64_t host_tsc, uint64_t tsc_value)
{
    return (struct guest_tsc){tsc->ratio, tsc_value - tsc_ratio_apply(tsc->ratio, host_tsc)};
}

struct guest_tsc guest_tsc_delayed(const struct guest_tsc *tsc, uint64_t host_tsc,
                                   uint64_t host_cycles)
{
    return guest_tsc_set(tsc, host_tsc + host_cycles, guest_tsc_at(tsc, host_tsc));
}

bool guest_tsc_equal(const struct guest_tsc *a, const struct guest_tsc *b)
{
    return a->offset == b->offset && tsc_ratio_equal(a->ratio, b->ratio);
}
