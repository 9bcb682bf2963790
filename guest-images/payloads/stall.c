/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A CPU that does not run for a while, with --at 'TIME vcpu.stall vcpu=1 for=300ms' and --steal 0%:
 * the other one goes on, and all of the time is stolen from it. The fault counts only once the
 * payload is ready: on a busy host that may take longer than the TIME, so there may be several.
 */
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pvclock.h"
#include "guest-images/payloads/lib/smp.h"

#define MSR_STEAL_TIME 0x4b564d03
#define ENABLE         1
#define STALL_NS       (300 * NS_PER_MS)
#define LIMIT_NS       (20 * NS_PER_SEC)

struct steal_page {
    volatile uint64_t steal_ns;
    volatile uint32_t version;
    uint8_t pad[52];
};

static struct steal_page steal[2] __attribute__((aligned(64)));
static struct pvclock_page clocks[2];
static volatile bool is_up, has_seen;
/* The longest time between two turns of CPU 1. */
static volatile uint64_t gap_ns;

static void enable(unsigned cpu)
{
    msr_write(MSR_STEAL_TIME, (uintptr_t)&steal[cpu] | ENABLE);
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&clocks[cpu] | PVCLOCK_ENABLE);
}

void smp_main(unsigned index)
{
    uint64_t last_ns, now_ns;

    (void)index;
    enable(1);
    last_ns = pvclock_read_ns(&clocks[1]);
    is_up = true;
    while (!has_seen) {
        now_ns = pvclock_read_ns(&clocks[1]);
        if (now_ns - last_ns > gap_ns)
            gap_ns = now_ns - last_ns;
        last_ns = now_ns;
        has_seen = steal[1].steal_ns >= STALL_NS && gap_ns >= STALL_NS;
    }
}

void payload_main(const uint8_t *zero_page)
{
    uint64_t end_ns = guest_ns() + LIMIT_NS;

    (void)zero_page;
    apic_enable();
    enable(0);
    smp_start();
    while (!is_up && guest_ns() < end_ns)
        cpu_pause();
    print("# ready\n");
    while (!has_seen && guest_ns() < end_ns)
        cpu_pause();
    check("the other CPU has started", is_up);
    check("it did not run for so long", gap_ns >= STALL_NS);
    check("all of that was stolen", steal[1].steal_ns >= STALL_NS);
    check("no more was", steal[1].steal_ns <= guest_ns());
    check_equal("from this CPU nothing was", steal[0].steal_ns, 0);
    check_done();
}
