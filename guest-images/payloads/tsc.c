/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TSCs of all CPUs, as --tsc has set them: rate and offset of each are measured against guest
 * time, and its kvm-clock page is compared with guest time. On the command line cpus=N; khz=N, and
 * for CPU i khzI=N, or else the rate is that of the kvm-clock page; aheadI=N is by how many
 * microseconds the TSC of CPU i is to be ahead of CPU 0's, each counted at its own rate. CPU i is
 * the one with APIC id i.
 */
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pvclock.h"
#include "guest-images/payloads/lib/smp.h"
#include "guest-images/payloads/lib/text.h"

#define MEASURE_NS (300 * NS_PER_MS)
/* A page may be so far from guest time if its TSC has a rate of its own. */
#define PAGE_SLACK_NS 5
#define NS_PER_US     UINT64_C(1000)
/* Keeps differences of leads above 0. */
#define FAR_NS (UINT64_C(1) << 40)

struct cpu_report {
    struct sample first, last;
    uint64_t guest_before_ns, page_ns, guest_after_ns;
    uint8_t flags;
};

static struct pvclock_page pages[SMP_MAX_CPUS];
static struct cpu_report reports[SMP_MAX_CPUS];
/* The CPU that measures: they share the record of the reference device. */
static volatile unsigned turn;
/* TSC_STABLE of CPU 0's page while there is no other: the host's TSC is good for it. */
static uint8_t stable_alone;

/* Guest time between two reads of the TSC of this CPU. */
static struct sample tsc_sample(void)
{
    return sample_take(guest_ns, tsc_read);
}

static void enable_clock(unsigned cpu)
{
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&pages[cpu] | PVCLOCK_ENABLE);
}

static void measure(unsigned cpu)
{
    struct cpu_report *report = &reports[cpu];

    report->first = tsc_sample();
    wait_until_ns(report->first.value + MEASURE_NS);
    report->last = tsc_sample();
    report->guest_before_ns = guest_ns();
    report->page_ns = pvclock_read_ns(&pages[cpu]);
    report->guest_after_ns = guest_ns();
    report->flags = pages[cpu].flags;
    turn = cpu + 1;
}

void smp_main(unsigned index)
{
    unsigned cpu = apic_id();

    (void)index;
    enable_clock(cpu);
    while (turn != cpu)
        cpu_pause();
    measure(cpu);
}

/* What the page says that the TSC's rate is: 1e6 * 2^(32 - shift) / mul, up to rounding. */
static uint32_t page_khz(const struct pvclock_page *page)
{
    uint64_t khz = (UINT64_C(1000000) << 32) / page->tsc_to_system_mul;

    return (uint32_t)(page->tsc_shift >= 0 ? khz >> page->tsc_shift : khz << -page->tsc_shift);
}

static bool have_one_rate(const struct pvclock_page *a, const struct pvclock_page *b)
{
    return a->tsc_to_system_mul == b->tsc_to_system_mul && a->tsc_shift == b->tsc_shift;
}

/* Cycles in which the TSC of khz makes ns. */
static uint64_t cycles_of(uint64_t ns, uint32_t khz)
{
    return ns / 1000000 * khz + ns % 1000000 * khz / 1000000;
}

/* Cycles between the samples, against those that guest time between them makes. */
static void check_rate(const struct cpu_report *report, uint32_t khz)
{
    uint64_t cycles = cycles_of(report->last.value - report->first.value, khz);
    uint64_t slack = cycles >> 19;

    check_range("cycles of its TSC are those of its rate", cycles,
                report->last.before - report->first.after - slack,
                report->last.after - report->first.before + slack);
}

/* In nanoseconds of that TSC; negative cycles are those before it was 0. */
static int64_t ns_of(int64_t cycles, uint32_t khz)
{
    return cycles / khz * 1000000 + cycles % khz * 1000000 / khz;
}

/* By how much a TSC was ahead of 0 at guest time 0. */
struct lead {
    int64_t lowest_ns, highest_ns;
};

/*
 * The TSC at guest time 0 is within the bracket of a sample minus the cycles until then; 2 parts
 * per million of those are allowed for what a kilohertz is short of.
 */
static struct lead lead_of(const struct cpu_report *report, uint32_t khz)
{
    uint64_t cycles = cycles_of(report->last.value, khz);
    uint64_t slack = cycles >> 19;

    return (struct lead){
        ns_of((int64_t)(report->last.before - cycles - slack), khz) - 1,
        ns_of((int64_t)(report->last.after - cycles + slack), khz) + 1,
    };
}

/* All TSCs start together, but for their offsets. */
static void check_ahead(struct lead base, struct lead lead, uint32_t ahead_us)
{
    check_range("its TSC is as far ahead as was asked for", FAR_NS + NS_PER_US * ahead_us,
                FAR_NS + (uint64_t)(lead.lowest_ns - base.highest_ns),
                FAR_NS + (uint64_t)(lead.highest_ns - base.lowest_ns));
}

static void check_page(const struct cpu_report *report)
{
    check_range("its kvm-clock is guest time", report->page_ns,
                report->guest_before_ns - PAGE_SLACK_NS, report->guest_after_ns + PAGE_SLACK_NS);
}

static void check_cpu(const char *command_line, unsigned cpu, bool same)
{
    uint32_t asked_khz = text_number_for(command_line, "khz", cpu), khz = page_khz(&pages[cpu]);

    print("# CPU ");
    print_decimal(cpu);
    print("\n");
    if (asked_khz != 0)
        check_range("its page has the rate that was asked for", khz,
                    asked_khz - asked_khz / 500000 - 1, asked_khz + asked_khz / 500000 + 1);
    check_rate(&reports[cpu], khz);
    check_ahead(lead_of(&reports[0], page_khz(&pages[0])), lead_of(&reports[cpu], khz),
                text_number_for(command_line, "ahead", cpu));
    check_page(&reports[cpu]);
    check_equal("TSC_STABLE stays if all TSCs are one", reports[cpu].flags & PVCLOCK_TSC_STABLE,
                same ? stable_alone : 0);
}

static bool all_same(const char *command_line, unsigned cpu_count)
{
    for (unsigned i = 1; i < cpu_count; i++)
        if (text_number_for(command_line, "ahead", i) !=
                text_number_for(command_line, "ahead", 0) ||
            !have_one_rate(&pages[i], &pages[0]))
            return false;
    return true;
}

void payload_main(const uint8_t *zero_page)
{
    const char *command_line = payload_command_line(zero_page);
    const char *cpus = text_find_value(command_line, "cpus");
    unsigned cpu_count = cpus != NULL ? text_number(cpus) : 1;

    apic_enable();
    enable_clock(0);
    stable_alone = pages[0].flags & PVCLOCK_TSC_STABLE;
    if (cpu_count > 1)
        smp_start();
    measure(0);
    while (turn < cpu_count)
        cpu_pause();
    for (unsigned i = 0; i < cpu_count; i++)
        check_cpu(command_line, i, all_same(command_line, cpu_count));
    check_done();
}
