/* SPDX-License-Identifier: BSD-2-Clause */
/* See vmclock_page.h. */
#include "kvmclock/vmclock_page.h"

#include <string.h>

#include "base/time_math.h"

/* What changes with a publication: all behind seq_count. */
#define BODY_OFFSET offsetof(struct vmclock_page, disruption_marker)
#define BODY_BYTES  (sizeof(struct vmclock_page) - BODY_OFFSET)

/* A guest on another CPU reads meanwhile: the compiler may not move the stores of the body. */
static void set_seq_count(struct vmclock_page *page, uint32_t seq_count)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    __atomic_store_n(&page->seq_count, seq_count, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void vmclock_page_write(struct vmclock_page *page, const struct vmclock_page *fields)
{
    uint32_t seq_count = page->seq_count & ~1u;

    set_seq_count(page, seq_count + 1);
    memcpy((uint8_t *)page + BODY_OFFSET, (const uint8_t *)fields + BODY_OFFSET, BODY_BYTES);
    set_seq_count(page, seq_count + 2);
}

void vmclock_page_init(struct vmclock_page *page, const struct vmclock_page *fields)
{
    *page = *fields;
    page->seq_count &= ~1u;
}

static vmclock_time periods(const struct vmclock_page *page, uint64_t cycles, uint64_t period)
{
    return ((vmclock_time)cycles * period) >> page->counter_period_shift;
}

vmclock_time vmclock_page_time(const struct vmclock_page *page, uint64_t tsc)
{
    vmclock_time reference = ((vmclock_time)page->time_sec << 64) | page->time_frac_sec;
    uint64_t period = page->counter_period_frac_sec;
    int64_t cycles = (int64_t)(tsc - page->counter_value);

    if (cycles < 0)
        return reference - periods(page, -(uint64_t)cycles, period);
    return reference + periods(page, (uint64_t)cycles, period);
}

vmclock_time vmclock_page_max_error(const struct vmclock_page *page, uint64_t tsc)
{
    return vmclock_time_from_ns(page->time_maxerror_nanosec) +
           periods(page, tsc - page->counter_value, page->counter_period_maxerror_rate_frac_sec);
}

vmclock_time vmclock_time_from_ns(uint64_t ns)
{
    vmclock_time sec = ns / NS_PER_SEC;

    return (sec << 64) + ((vmclock_time)(ns % NS_PER_SEC) << 64) / NS_PER_SEC;
}

uint64_t vmclock_time_ns(vmclock_time time)
{
    uint64_t sec = (uint64_t)(time >> 64), ns;
    uint64_t part_ns = (uint64_t)(((vmclock_time)(uint64_t)time * NS_PER_SEC) >> 64);

    if (__builtin_mul_overflow(sec, NS_PER_SEC, &ns) || __builtin_add_overflow(ns, part_ns, &ns))
        return UINT64_MAX;
    return ns;
}
