/* SPDX-License-Identifier: BSD-2-Clause */
/* See steal_time.h. */
#include "kvmclock/steal_time.h"

#include <assert.h>

#include "base/time_math.h"

#define ENABLE   UINT64_C(1)
#define RESERVED UINT64_C(0x3e)

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

void steal_time_write(void *page, uint64_t now_ns, unsigned percent)
{
    page_write(page, mul_div_floor(now_ns, percent, 100));
}
