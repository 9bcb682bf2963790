/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * As many CPUs as cpus=N on the command line says, up to SMP_MAX_CPUS: each starts, has an id of
 * its own and kvm-clock, and halts.
 */
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pvclock.h"
#include "guest-images/payloads/lib/smp.h"
#include "guest-images/payloads/lib/text.h"

#define LIMIT_NS (30 * NS_PER_SEC)

static struct cpu {
    struct pvclock_page page;
    uint32_t cpuid_apic_id;
    uint64_t clock_ns;
} cpus[SMP_MAX_CPUS];
/* Those with an APIC id that there may be. */
static volatile uint32_t started_count;

void smp_main(unsigned index)
{
    uint32_t id = apic_id();

    (void)index;
    if (id >= SMP_MAX_CPUS)
        return;
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&cpus[id].page | PVCLOCK_ENABLE);
    cpus[id].cpuid_apic_id = cpuid_read(1).ebx >> 24;
    cpus[id].clock_ns = pvclock_read_ns(&cpus[id].page);
    __atomic_fetch_add(&started_count, 1, __ATOMIC_SEQ_CST);
}

static bool wait_for_start(uint32_t count)
{
    uint64_t end_ns = guest_ns() + LIMIT_NS;

    while (started_count < count && guest_ns() < end_ns)
        cpu_pause();
    return started_count == count;
}

static unsigned count_right_ids(unsigned cpu_count)
{
    unsigned count = 0;

    for (unsigned id = 0; id < cpu_count; id++)
        count += cpus[id].cpuid_apic_id == id;
    return count;
}

static unsigned count_clocks(unsigned cpu_count, uint64_t from_ns, uint64_t to_ns)
{
    unsigned count = 0;

    for (unsigned id = 0; id < cpu_count; id++)
        count += cpus[id].clock_ns >= from_ns && cpus[id].clock_ns <= to_ns;
    return count;
}

void payload_main(const uint8_t *zero_page)
{
    const char *text = text_find_value(payload_command_line(zero_page), "cpus");
    unsigned cpu_count = text != NULL ? text_number(text) : 0;
    uint64_t start_ns = guest_ns();

    check_range("the command line says how many CPUs", cpu_count, 1, SMP_MAX_CPUS);
    apic_enable();
    smp_main(0);
    smp_start();
    check("all start", wait_for_start(cpu_count));
    check_equal("with APIC ids from 0 on, as CPUID says", count_right_ids(cpu_count), cpu_count);
    check_equal("kvm-clock on each gives guest time", count_clocks(cpu_count, start_ns, guest_ns()),
                cpu_count);
    check_done();
}
