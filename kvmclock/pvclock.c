/* SPDX-License-Identifier: BSD-2-Clause */
/* See pvclock.h. */
#include "kvmclock/pvclock.h"

#include "base/time_math.h"

typedef unsigned __int128 u128;

/*
 * Shift is chosen so that 2^31 <= mul < 2^32, that is 2^(shift-1) <= ns/tsc < 2^shift: the scale
 * then has 32 significant bits. Rounding to nearest can reach 2^32 itself, which is 2^31 one shift
 * up.
 */
struct pvclock_scale pvclock_scale_from_ratio(uint64_t delta_ns, uint64_t delta_tsc)
{
    u128 num = delta_ns;
    u128 den = delta_tsc;
    int shift = 0;
    uint64_t mul;

    while (num >= den) {
        den <<= 1;
        shift++;
    }
    while (num << 1 < den) {
        num <<= 1;
        shift--;
    }
    mul = (uint64_t)(((num << 33) / den + 1) >> 1);
    if (mul >> 32 != 0) {
        mul >>= 1;
        shift++;
    }
    assert(shift >= INT8_MIN && shift <= INT8_MAX);
    return (struct pvclock_scale){.mul = (uint32_t)mul, .shift = (int8_t)shift};
}

uint64_t pvclock_scale_ns(struct pvclock_scale scale, uint64_t delta_tsc)
{
    uint64_t scaled = scale.shift >= 0 ? delta_tsc << scale.shift : delta_tsc >> -scale.shift;

    return (uint64_t)((u128)scaled * scale.mul >> 32);
}

/* scaled is the least with floor(scaled * mul / 2^32) >= delta_ns. */
uint64_t pvclock_scale_cycles(struct pvclock_scale scale, uint64_t delta_ns)
{
    u128 scaled = (((u128)delta_ns << 32) + scale.mul - 1) / scale.mul;

    if (scale.shift < 0)
        return (uint64_t)(scaled << -scale.shift);
    return (uint64_t)((scaled + ((u128)1 << scale.shift) - 1) >> scale.shift);
}

/* The version only has to be odd and then new: a page that the guest left odd is made even here. */
void pvclock_write_begin(struct pvclock_page *page)
{
    uint32_t version = __atomic_load_n(&page->version, __ATOMIC_RELAXED);

    __atomic_store_n(&page->version, (version + 1) | 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void pvclock_write_end(struct pvclock_page *page)
{
    uint32_t version = __atomic_load_n(&page->version, __ATOMIC_RELAXED);

    __atomic_store_n(&page->version, (version | 1) + 1, __ATOMIC_RELEASE);
}

void pvclock_write_wall(struct pvclock_wall_page *page, uint64_t wall_ns)
{
    uint32_t odd = (__atomic_load_n(&page->version, __ATOMIC_RELAXED) + 1) | 1;

    __atomic_store_n(&page->version, odd, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    page->sec = (uint32_t)(wall_ns / NS_PER_SEC);
    page->nsec = (uint32_t)(wall_ns % NS_PER_SEC);
    __atomic_store_n(&page->version, odd + 1, __ATOMIC_RELEASE);
}

uint64_t pvclock_read_ns(const struct pvclock_page *page, uint64_t tsc)
{
    uint32_t version;
    uint64_t ns;

    do {
        version = __atomic_load_n(&page->version, __ATOMIC_ACQUIRE) & ~1u;
        ns = page->system_time_ns +
             pvclock_scale_ns((struct pvclock_scale){page->tsc_to_system_mul, page->tsc_shift},
                              tsc - page->tsc_timestamp);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    } while (__atomic_load_n(&page->version, __ATOMIC_RELAXED) != version);
    return ns;
}
