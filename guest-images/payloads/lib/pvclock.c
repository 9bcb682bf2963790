/* SPDX-License-Identifier: BSD-2-Clause */
/* See pvclock.h. x86 keeps reads in order, and the TSC is read between them. */
#include "guest-images/payloads/lib/pvclock.h"

#include "guest-images/payloads/lib/cpu.h"

static uint64_t scale(uint64_t delta_tsc, int8_t shift, uint32_t mul)
{
    delta_tsc = shift >= 0 ? delta_tsc << shift : delta_tsc >> -shift;
    return (uint64_t)((unsigned __int128)delta_tsc * mul >> 32);
}

struct pvclock_page pvclock_copy(const struct pvclock_page *page)
{
    struct pvclock_page copy;

    do
        copy = *page;
    while (copy.version % 2 != 0 || copy.version != page->version);
    return copy;
}

uint64_t pvclock_ns_at(const struct pvclock_page *page, uint64_t tsc)
{
    return page->system_time_ns +
           scale(tsc - page->tsc_timestamp, page->tsc_shift, page->tsc_to_system_mul);
}

uint64_t pvclock_read_ns(const struct pvclock_page *page)
{
    uint32_t version;
    uint64_t now_ns;

    do {
        version = page->version;
        now_ns = pvclock_ns_at(page, tsc_read());
    } while (version % 2 != 0 || version != page->version);
    return now_ns;
}

uint64_t pvclock_tsc_after(const struct pvclock_page *page, uint64_t ns)
{
    struct pvclock_page rate = pvclock_copy(page);
    uint64_t tsc = tsc_read(), start_ns = pvclock_ns_at(&rate, tsc), cycles = 0;

    for (uint64_t step = UINT64_C(1) << 58; step != 0; step >>= 1)
        if (pvclock_ns_at(&rate, tsc + cycles + step) - start_ns <= ns)
            cycles += step;
    return tsc + cycles;
}
