/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a TSC of another rate than the host's must leave right, on each CPU: the rate itself, to one
 * part per million of what was asked for, against the host's CLOCK_MONOTONIC_RAW; kvm-clock; the
 * local APIC's timer, by TSC deadline and by count. On the command line cpus=N and khz=N, or for
 * CPU i khzI=N. CPU i is the one with APIC id i. With moved=1 CPU 0 first says that it is ready to
 * be saved and restored elsewhere; of that its TSC, kvm-clock and guest time must show the same.
 *
 * All CPUs measure at the same time, and sleep meanwhile, for so long that the rate is known well
 * enough although the host's clock was sampled somewhere between two reads of the TSC.
 */
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pvclock.h"
#include "guest-images/payloads/lib/smp.h"
#include "guest-images/payloads/lib/text.h"

#define TIMER_VECTOR 0x30
#define DEADLINE_MS  8000
#define COUNT_NS     (50 * NS_PER_MS)
/* At a 16th of KVM's 1 GHz. */
#define APIC_TICK_NS 16
#define PPM          1000000
/* A page may be so far from guest time if its TSC has a rate of its own. */
#define PAGE_SLACK_NS 5

struct page_sample {
    uint64_t before_ns, page_ns, after_ns;
};

struct cpu_report {
    struct sample first, last;
    struct page_sample first_page, last_page;
    uint64_t armed_tsc, deadline_tsc, woken_tsc;
    uint64_t armed_ns, counted_ns;
};

static const char *command_line;
static struct pvclock_page pages[SMP_MAX_CPUS];
static struct cpu_report reports[SMP_MAX_CPUS];
static volatile uint64_t fired_tsc[SMP_MAX_CPUS];
static volatile uint32_t finished_count;
/* Of the reference device, whose record all CPUs share. */
static volatile bool locked;

static void lock(void)
{
    while (__atomic_exchange_n(&locked, true, __ATOMIC_SEQ_CST))
        cpu_pause();
}

static void unlock(void)
{
    __atomic_store_n(&locked, false, __ATOMIC_SEQ_CST);
}

static uint64_t khz_of(unsigned cpu)
{
    return text_number_for(command_line, "khz", cpu);
}

static uint64_t host_raw_ns(void)
{
    struct reference_record record;

    reference_read(&record);
    return record.host_monotonic_raw_ns;
}

static uint64_t locked_guest_ns(void)
{
    uint64_t now_ns;

    lock();
    now_ns = guest_ns();
    unlock();
    return now_ns;
}

static struct page_sample page_sample(unsigned cpu)
{
    struct page_sample sample;

    sample.before_ns = guest_ns();
    sample.page_ns = pvclock_read_ns(&pages[cpu]);
    sample.after_ns = guest_ns();
    return sample;
}

static void on_timer(void)
{
    fired_tsc[apic_id()] = tsc_read();
    apic_acknowledge();
}

static uint64_t sleep_until_fired(unsigned cpu)
{
    while (fired_tsc[cpu] == 0)
        interrupts_wait();
    return fired_tsc[cpu];
}

static void measure(unsigned cpu)
{
    struct cpu_report *report = &reports[cpu];

    lock();
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&pages[cpu] | PVCLOCK_ENABLE);
    report->first_page = page_sample(cpu);
    report->first = sample_take(host_raw_ns, tsc_read);
    unlock();

    report->armed_tsc = tsc_read();
    report->deadline_tsc = report->armed_tsc + DEADLINE_MS * khz_of(cpu);
    apic_timer_start_deadline(report->deadline_tsc, TIMER_VECTOR, on_timer);
    report->woken_tsc = sleep_until_fired(cpu);

    lock();
    report->last = sample_take(host_raw_ns, tsc_read);
    report->last_page = page_sample(cpu);
    unlock();

    report->armed_ns = locked_guest_ns();
    fired_tsc[cpu] = 0;
    apic_timer_start(COUNT_NS / APIC_TICK_NS, TIMER_VECTOR, on_timer);
    sleep_until_fired(cpu);
    report->counted_ns = locked_guest_ns();
    __atomic_fetch_add(&finished_count, 1, __ATOMIC_SEQ_CST);
}

void smp_main(unsigned index)
{
    (void)index;
    measure(apic_id());
}

static void check_rate(const struct cpu_report *report, uint64_t khz)
{
    uint64_t fewest = report->last.before - report->first.after;
    uint64_t most = report->last.after - report->first.before;
    uint64_t expected = (report->last.value - report->first.value) * khz / (NS_PER_SEC / 1000);
    uint64_t slack = expected / PPM;

    check_range("its TSC is as fast as was asked for, to one part per million", fewest,
                expected - slack, expected + slack);
    check_range("and no faster", most, expected - slack, expected + slack);
}

static void check_page(const char *name, const struct page_sample *sample)
{
    check_range(name, sample->page_ns, sample->before_ns - PAGE_SLACK_NS,
                sample->after_ns + PAGE_SLACK_NS);
}

/* Late by half of the wait would be another rate, not a slow host. */
static void check_timers(const struct cpu_report *report)
{
    uint64_t wait = report->deadline_tsc - report->armed_tsc;

    check_range("a TSC deadline interrupts then and not before", report->woken_tsc,
                report->deadline_tsc, report->deadline_tsc + wait / 2);
    check_range("the local APIC's timer counts at a 16th of 1 GHz",
                report->counted_ns - report->armed_ns, COUNT_NS, COUNT_NS + COUNT_NS / 2);
}

static void check_cpu(unsigned cpu)
{
    const struct cpu_report *report = &reports[cpu];

    print("# CPU ");
    print_decimal(cpu);
    print("\n");
    check_rate(report, khz_of(cpu));
    check_page("its kvm-clock is guest time", &report->first_page);
    check_page("and is so after the sleep", &report->last_page);
    check_timers(report);
}

/* Guest time is the axis: what it went on by, the TSC went on by at its rate, and the page too. */
static void check_move(void)
{
    struct tick_rate rate = {khz_of(0), NS_PER_SEC / 1000, 0};
    struct page_sample page;
    struct sample first, last;

    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&pages[0] | PVCLOCK_ENABLE);
    page = page_sample(0);
    first = sample_take(tsc_read, guest_ns);
    check_page("before the move kvm-clock is guest time", &page);
    print("# ready\n");
    page = page_sample(0);
    last = sample_take(tsc_read, guest_ns);
    check_page("after it kvm-clock is guest time", &page);
    check_elapsed("its TSC and guest time went on together", first, last, rate);
}

void payload_main(const uint8_t *zero_page)
{
    const char *cpus;
    unsigned cpu_count;

    command_line = payload_command_line(zero_page);
    cpus = text_find_value(command_line, "cpus");
    cpu_count = cpus != NULL ? text_number(cpus) : 1;
    apic_enable();
    if (text_find_value(command_line, "moved") != NULL)
        check_move();
    if (cpu_count > 1)
        smp_start();
    measure(0);
    while (finished_count < cpu_count)
        cpu_pause();
    for (unsigned i = 0; i < cpu_count; i++)
        check_cpu(i);
    check_done();
}
