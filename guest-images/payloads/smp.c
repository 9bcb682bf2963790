/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several CPUs: INIT, SIPI, SIPI starts them in real mode, from where they come to 64-bit mode.
 * Then all of them read the HPET's counter, which the first CPU halts and lets run meanwhile, and
 * compare; and kvm-clock, each by a page of its own. cpus=N on the command line.
 * strict=1: kvm-clock is to be monotonic from CPU to CPU even where it does not say so, as it is on
 * TSCs that only have different offsets.
 */
#include "guest-images/payloads/lib/smp.h"
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pvclock.h"
#include "guest-images/payloads/lib/text.h"

#define READS    3000
#define LIMIT_NS (20 * NS_PER_SEC)

#define HPET_CONFIG       ((volatile uint64_t *)0xfed00010)
#define HPET_COUNTER      ((volatile uint64_t *)0xfed000f0)
#define HPET_COUNTER_LOW  ((volatile uint32_t *)0xfed000f0)
#define HPET_COUNTER_HIGH ((volatile uint32_t *)0xfed000f4)
/* 0.3 s, in which the machine has measured the rate of guest time anew several times. */
#define HPET_RACE_TICKS 30000000

struct cpu_report {
    volatile uint32_t apic_id;
    volatile uint32_t cpuid_apic_id;
    volatile bool went_back;
    volatile bool counter_went_back;
    volatile bool halves_disagree;
    volatile bool not_stable;
};

static struct pvclock_page pages[SMP_MAX_CPUS];
static struct cpu_report reports[SMP_MAX_CPUS];
static volatile uint32_t started_count;
static volatile uint32_t finished_count;
static volatile bool go;
/* The latest that any CPU has read. */
static volatile uint64_t latest_ns;
static volatile uint64_t latest_ticks;
static bool halted_counter_ran;
static volatile bool enabled_counter_stood;

/* Raises the latest to now if that is later. */
static void raise_latest(volatile uint64_t *latest, uint64_t now)
{
    uint64_t seen = *latest;

    while (seen < now && !__atomic_compare_exchange_n(latest, &seen, now, false, __ATOMIC_SEQ_CST,
                                                      __ATOMIC_SEQ_CST))
        ;
}

/* No CPU may read a time before one that another CPU had read already. */
static void race(unsigned index)
{
    for (unsigned i = 0; i < READS; i++) {
        uint64_t seen_ns = latest_ns;
        uint64_t now_ns = pvclock_read_ns(&pages[index]);

        if (now_ns < seen_ns)
            reports[index].went_back = true;
        raise_latest(&latest_ns, now_ns);
    }
    reports[index].not_stable = (pages[index].flags & PVCLOCK_TSC_STABLE) == 0;
}

/* The counter is below 2^32 in this race. */
static uint64_t race_for_counter(unsigned index)
{
    uint64_t seen = latest_ticks;
    uint64_t ticks = *HPET_COUNTER;

    if (ticks < seen)
        reports[index].counter_went_back = true;
    if (*HPET_COUNTER_LOW < ticks || *HPET_COUNTER_HIGH != 0)
        reports[index].halves_disagree = true;
    raise_latest(&latest_ticks, ticks);
    return ticks;
}

static void halt_and_run(void)
{
    unsigned reads = 0;
    uint64_t ticks;

    *HPET_CONFIG = 0;
    ticks = *HPET_COUNTER;
    if (race_for_counter(0) != ticks)
        halted_counter_ran = true;
    *HPET_CONFIG = 1;
    while (*HPET_COUNTER == ticks && reads < READS)
        reads++;
    if (reads == READS)
        enabled_counter_stood = true;
}

static void race_hpet(unsigned index)
{
    while (race_for_counter(index) < HPET_RACE_TICKS && !enabled_counter_stood)
        if (index == 0)
            halt_and_run();
}

static void enable_clock(unsigned index)
{
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&pages[index] | PVCLOCK_ENABLE);
    reports[index].apic_id = apic_id();
    reports[index].cpuid_apic_id = cpuid_read(1).ebx >> 24;
}

void smp_main(unsigned index)
{
    enable_clock(index);
    __atomic_fetch_add(&started_count, 1, __ATOMIC_SEQ_CST);
    while (!go)
        cpu_pause();
    race_hpet(index);
    race(index);
    __atomic_fetch_add(&finished_count, 1, __ATOMIC_SEQ_CST);
}

static bool wait_for_all(const volatile uint32_t *counter, uint32_t count)
{
    uint64_t end_ns = guest_ns() + LIMIT_NS;

    while (*counter < count && guest_ns() < end_ns)
        cpu_pause();
    return *counter >= count;
}

static void check_ids(unsigned cpu_count)
{
    uint64_t seen = 0;
    bool agree = true;

    for (unsigned i = 0; i < cpu_count; i++) {
        seen |= UINT64_C(1) << reports[i].apic_id;
        agree = agree && reports[i].apic_id == reports[i].cpuid_apic_id;
    }
    check_equal("APIC ids are 0 to N - 1", seen, UINT64_MAX >> (64 - cpu_count));
    check("CPUID says the same ids", agree);
}

static void check_pages(unsigned cpu_count, bool strict)
{
    bool went_back = false, same = true, not_stable = false;

    for (unsigned i = 0; i < cpu_count; i++) {
        went_back = went_back || reports[i].went_back;
        not_stable = not_stable || reports[i].not_stable;
        same = same && pages[i].tsc_timestamp == pages[0].tsc_timestamp &&
               pages[i].system_time_ns == pages[0].system_time_ns &&
               pages[i].tsc_to_system_mul == pages[0].tsc_to_system_mul &&
               pages[i].tsc_shift == pages[0].tsc_shift;
    }
    check("all pages are one function of the TSC", same || not_stable);
    check("kvm-clock never goes back from CPU to CPU", !went_back || (not_stable && !strict));
}

static void check_counters(unsigned cpu_count)
{
    bool went_back = false, halves_disagree = false;

    for (unsigned i = 0; i < cpu_count; i++) {
        went_back = went_back || reports[i].counter_went_back;
        halves_disagree = halves_disagree || reports[i].halves_disagree;
    }
    check("the HPET's counter never goes back from CPU to CPU", !went_back);
    check("and neither do its halves", !halves_disagree);
    check("halted, it stands", !halted_counter_ran);
    check("enabled, it runs", !enabled_counter_stood);
}

void payload_main(const uint8_t *zero_page)
{
    const char *command_line = payload_command_line(zero_page);
    const char *cpus = text_find_value(command_line, "cpus");
    unsigned cpu_count = cpus != NULL ? text_number(cpus) : 0;

    check_range("the command line says how many CPUs", cpu_count, 2, SMP_MAX_CPUS);
    apic_enable();
    enable_clock(0);
    smp_start();
    check("all others start", wait_for_all(&started_count, cpu_count - 1));
    wait_until_ns(guest_ns() + 10 * NS_PER_MS);
    check_equal("and no more than that", started_count, cpu_count - 1);
    go = true;
    race_hpet(0);
    race(0);
    check("all come to the end", wait_for_all(&finished_count, cpu_count - 1));
    check_ids(cpu_count);
    check_pages(cpu_count, text_find_value(command_line, "strict") != NULL);
    check_counters(cpu_count);
    check_done();
}
