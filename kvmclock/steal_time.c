/* SPDX-License-Identifier: BSD-2-Clause */
/* See steal_time.h. */
#include "kvmclock/steal_time.h"

#include <assert.h>

#include "base/time_math.h"

#define ENABLE   UINT64_C(1)
#define RESERVED UINT64_C(0x3e)

/* 0.7 % less than Linux's shortest tick, and parts of it. */
#define TICK_NS     UINT64_C(993000)
#define MAX_STEP_NS UINT64_C(497000)
#define MIN_STEP_NS UINT64_C(99300)

/* struct kvm_steal_time of the ABI. */
struct steal_time_page {
    uint64_t steal_ns;
    uint32_t version;
    uint32_t flags;
    uint8_t preempted;
    uint8_t pad[47];
};
static_assert(sizeof(struct steal_time_page) == STEAL_TIME_PAGE_BYTES, "guest ABI");

/* The version only has to be odd and then new, whatever the guest has made of it. */
static void page_write(struct steal_time_page *page, uint64_t steal_ns)
{
    uint32_t odd = (__atomic_load_n(&page->version, __ATOMIC_RELAXED) + 1) | 1;

    __atomic_store_n(&page->version, odd, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    page->steal_ns = steal_ns;
    __atomic_store_n(&page->version, odd + 1, __ATOMIC_RELEASE);
}

bool steal_time_is_enabled(uint64_t msr_value)
{
    return (msr_value & ENABLE) != 0;
}

uint64_t steal_time_gpa(uint64_t msr_value)
{
    return msr_value & ~ENABLE;
}

bool steal_time_may_be(uint64_t msr_value)
{
    return (msr_value & RESERVED) == 0;
}

uint64_t steal_time_read(const void *page)
{
    const struct steal_time_page *from = page;

    return __atomic_load_n(&from->steal_ns, __ATOMIC_RELAXED);
}

void steal_time_write(void *page, uint64_t steal_ns)
{
    page_write(page, steal_ns);
}

/*
 * The longest step is half of the shortest tick. All are a little shorter than a round part of a
 * tick, so that they do not keep step with what a guest does each tick: whether it is idle is seen
 * at the end of each of them.
 */
uint64_t steal_time_step_ns(unsigned percent)
{
    uint64_t step_ns = percent == 0 ? MAX_STEP_NS : TICK_NS * (100 - percent) / percent;

    step_ns -= step_ns % 100;
    if (step_ns > MAX_STEP_NS)
        return MAX_STEP_NS;
    return step_ns < MIN_STEP_NS ? MIN_STEP_NS : step_ns;
}

bool steal_time_charge(struct steal_time *steal, uint64_t now_ns, unsigned percent)
{
    uint64_t elapsed_ns = now_ns - steal->since_ns;
    uint64_t show_ns = elapsed_ns < MAX_STEP_NS ? elapsed_ns : MAX_STEP_NS;

    steal->owed_ns += mul_div_floor(elapsed_ns, percent, 100);
    if (steal->owed_ns > STEAL_TIME_MAX_OWED_NS)
        steal->owed_ns = STEAL_TIME_MAX_OWED_NS;
    if (show_ns > steal->owed_ns)
        show_ns = steal->owed_ns;
    steal->since_ns = now_ns;
    steal->shown_ns += show_ns;
    steal->owed_ns -= show_ns;
    return show_ns > 0;
}
