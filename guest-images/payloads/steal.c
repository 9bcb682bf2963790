/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steal time as the guest's kernel reads it: percent=N on the command line, or it is hidden. With
 * idle=1 it counts while the CPU is halted as well.
 */
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/text.h"

#define FEATURES_LEAF  0x40000001
#define FEATURE_STEAL  (1u << 5)
#define MSR_STEAL_TIME 0x4b564d03
#define ENABLE         1
#define RESERVED       2
#define NOT_RAM_GPA    0xd0000000
#define READS          200
#define STEP_NS        497000
#define TIMER_VECTOR   0x38
/* Of the local APIC's timer, of 16 ns each. */
#define HALT_COUNT (200 * NS_PER_MS / 16)
#define HALTS      3

static struct {
    volatile uint64_t steal_ns;
    volatile uint32_t version;
    volatile uint32_t flags;
    volatile uint8_t preempted;
    uint8_t pad[47];
} page __attribute__((aligned(64)));

static uint64_t steal_ns(void)
{
    uint32_t version;
    uint64_t value;

    do {
        version = page.version;
        value = page.steal_ns;
    } while (version % 2 != 0 || version != page.version);
    return value;
}

/* What is shown is of a time up to a step before the read, or more with a late host. */
static void check_share(unsigned percent, uint64_t enabled_ns)
{
    bool monotonic = true, too_much = false;
    uint64_t last_ns = 0, first_ns = steal_ns(), start_ns = guest_ns();

    for (unsigned i = 0; i < READS; i++) {
        uint64_t stolen_ns = steal_ns();

        monotonic = monotonic && stolen_ns >= last_ns;
        too_much = too_much || stolen_ns > (guest_ns() - enabled_ns) * percent / 100;
        last_ns = stolen_ns;
        wait_until_ns(guest_ns() + NS_PER_MS);
    }
    check("it never falls", monotonic);
    check("it is never more than its share of the time since it was enabled", !too_much);
    check("it grows", last_ns - first_ns > (guest_ns() - start_ns) / 2 * percent / 100);
    check_equal("no vCPU is said to be preempted", page.preempted, 0);
}

static volatile unsigned timer_irqs;

static void on_timer(void)
{
    timer_irqs++;
    apic_acknowledge();
}

/* The share is that of the time in which this CPU is not halted, or of all. */
static void check_halted(unsigned percent, bool idle_counts)
{
    uint64_t first_ns = steal_ns(), start_ns = guest_ns(), half_ns;

    apic_enable();
    for (unsigned i = 0; i < HALTS; i++) {
        apic_timer_start(HALT_COUNT, TIMER_VECTOR, on_timer);
        while (timer_irqs <= i)
            interrupts_wait();
    }
    wait_until_ns(guest_ns() + 20 * NS_PER_MS);
    half_ns = (guest_ns() - start_ns) / 2 * percent / 100;
    if (idle_counts)
        check("it grows while the CPU is halted", steal_ns() - first_ns > half_ns);
    else
        check("it does not grow while the CPU is halted", steal_ns() - first_ns < half_ns);
}

void payload_main(const uint8_t *zero_page)
{
    const char *percent = text_find_value(payload_command_line(zero_page), "percent");
    uint64_t enabled_ns, shown_ns;
    unsigned n;

    if (percent == NULL) {
        check_equal("CPUID does not say steal time", cpuid_read(FEATURES_LEAF).eax & FEATURE_STEAL,
                    0);
        check_done();
    }
    n = text_number(percent);
    check_equal("CPUID says steal time", cpuid_read(FEATURES_LEAF).eax & FEATURE_STEAL,
                FEATURE_STEAL);
    enabled_ns = guest_ns();
    page.steal_ns = NS_PER_SEC;
    msr_write(MSR_STEAL_TIME, (uintptr_t)&page | ENABLE);
    shown_ns = steal_ns();
    check_range("it goes on from what the page shows", shown_ns, NS_PER_SEC,
                NS_PER_SEC + (guest_ns() - enabled_ns) * n / 100);
    msr_write(MSR_STEAL_TIME, 0);
    page.steal_ns = 0;
    enabled_ns = guest_ns();
    msr_write(MSR_STEAL_TIME, (uintptr_t)&page | ENABLE);
    check_equal("the MSR reads back", msr_read(MSR_STEAL_TIME), (uintptr_t)&page | ENABLE);
    check_share(n, enabled_ns);
    check_halted(n, text_find_value(payload_command_line(zero_page), "idle") != NULL);
    check_equal("a reserved bit is #GP",
                msr_try_write(MSR_STEAL_TIME, (uintptr_t)&page | RESERVED | ENABLE), VECTOR_GP);
    check_equal("no RAM is #GP", msr_try_write(MSR_STEAL_TIME, NOT_RAM_GPA | ENABLE), VECTOR_GP);
    msr_write(MSR_STEAL_TIME, 0);
    n = page.version;
    wait_until_ns(guest_ns() + 20 * STEP_NS);
    check_equal("0 disables, and the page is left alone", page.version, n);
    check_done();
}
