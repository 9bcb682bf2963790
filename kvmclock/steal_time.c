/* SPDX-License-Identifier: BSD-2-Clause */
/* See steal_time.h. */
#include "kvmclock/steal_time.h"

#include <assert.h>
#include <stddef.h>

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
static_assert(sizeof(struct steal_time_page) == 64, "guest ABI");

/* The version only has to be odd and then new, whatever the guest has made of it. */
static void page_write(struct steal_time_page *page, uint64_t steal_ns)
{
    uint32_t odd = (__atomic_load_n(&page->version, __ATOMIC_RELAXED) + 1) | 1;

    __atomic_store_n(&page->version, odd, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    page->steal_ns = steal_ns;
    __atomic_store_n(&page->version, odd + 1, __ATOMIC_RELEASE);
}

bool steal_time_write_msr(struct steal_time *steal, unsigned vcpu, uint64_t value, uint64_t now_ns)
{
    uint64_t gpa = value & ~ENABLE;
    struct steal_time_page *page = NULL;

    if ((value & RESERVED) != 0)
        return false;
    if ((value & ENABLE) != 0) {
        page = steal->memory_at(steal->ctx, gpa, sizeof *page);
        if (page == NULL)
            return false;
    }
    steal->vcpus[vcpu] = (struct steal_time_vcpu){value, page};
    steal_time_publish(steal, now_ns);
    return true;
}

void steal_time_publish(struct steal_time *steal, uint64_t now_ns)
{
    uint64_t steal_ns;

    if (now_ns > steal->latest_ns)
        steal->latest_ns = now_ns;
    steal_ns = mul_div_floor(steal->latest_ns, steal->percent, 100);
    for (unsigned i = 0; i < steal->vcpu_count; i++)
        if (steal->vcpus[i].page != NULL)
            page_write(steal->vcpus[i].page, steal_ns);
}
