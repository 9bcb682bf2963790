/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * With --skip-idle: a HLT that is to last for years, by each timer that there is, is over at once,
 * and every clock has gone on by that. Ticks come all the same.
 *
 * With cpus=2 nothing is skipped that somebody waits for: one CPU waits for a minute, again and
 * again, and the other one sleeps 3000 times for some milliseconds or less. An interrupt that is on
 * its way as idle time is looked for, and is not seen, costs a minute. end=once, periodic or
 * deadline is how the timer ends the short sleeps; end=ipi: the other CPU's deadline does, and that
 * CPU then sends an interrupt to this one, which waits for a minute.
 */
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pic.h"
#include "guest-images/payloads/lib/pvclock.h"
#include "guest-images/payloads/lib/smp.h"
#include "guest-images/payloads/lib/text.h"

#define YEAR_NS   (UINT64_C(365) * 86400 * NS_PER_SEC)
#define MINUTE_NS (60 * NS_PER_SEC)
/* By which a sleep may be late on a host that stands still, and a host's time for it. */
#define LATE_NS      (10 * NS_PER_SEC)
#define TIMER_VECTOR 0x39
#define IPI_VECTOR   0x3a
#define HPET_VECTOR  0x38
#define HPET_PIN     20
#define APIC_TICK_NS 16

#define SLEEPS         3000
#define SHORT_NS       32000
#define SHORT_STEP_NS  97000
#define SHORT_STEPS    41
#define SECONDS        1000
#define PIT_IRQ        0
#define PIT_100HZ      11932
#define PIT_TICKS      300
#define PIT_TICK_NS    10000152
#define HPET(offset)   ((volatile uint64_t *)(uintptr_t)(0xfed00000 + (offset)))
#define HPET_CONFIG    HPET(0x10)
#define HPET_COUNTER   HPET(0xf0)
#define HPET_T0_CONFIG HPET(0x100)
#define HPET_T0        HPET(0x108)
#define HPET_ENABLE    1
#define HPET_T_ENABLE  0x004
#define HPET_TICK_NS   10

static struct pvclock_page page;
static volatile uint32_t irqs, ticks;
static const char *end;
static volatile bool company_is_there;
/* Cycles of the TSC in a millisecond. */
static uint64_t tsc_per_ms;
/* Interrupts between the two CPUs, by the one that has got them. */
static volatile uint32_t ipis[2], sleeps;

static void on_timer(void)
{
    if (apic_id() == 0)
        irqs++;
    apic_acknowledge();
}

static void on_other_timer(void)
{
    sleeps++;
    apic_acknowledge();
}

static void on_ipi(void)
{
    ipis[apic_id()]++;
    apic_acknowledge();
}

static void on_tick(void)
{
    ticks++;
    pic_acknowledge(PIT_IRQ);
}

static uint64_t hpet_read(void)
{
    return *HPET_COUNTER;
}

static uint64_t page_ns(void)
{
    return pvclock_read_ns(&page);
}

struct moment {
    struct sample hpet, page, tsc, pm_timer;
    struct reference_record record;
};

static void moment_take(struct moment *moment)
{
    moment->hpet = sample_take(hpet_read, guest_ns);
    moment->page = sample_take(page_ns, guest_ns);
    moment->tsc = sample_take(tsc_read, guest_ns);
    moment->pm_timer = sample_take(pm_timer_read, guest_ns);
    reference_read(&moment->record);
}

static void sleep_until_irq(void)
{
    uint32_t before = irqs;

    while (irqs == before)
        interrupts_wait();
}

static void arm_hpet(uint64_t ns)
{
    ioapic_enable(HPET_PIN, false, HPET_VECTOR, on_timer);
    *HPET_T0 = *HPET_COUNTER + ns / HPET_TICK_NS;
    *HPET_T0_CONFIG = (HPET_PIN << 9) | HPET_T_ENABLE;
}

static void arm_deadline(uint64_t ns)
{
    apic_timer_start_deadline(pvclock_tsc_after(&page, ns), TIMER_VECTOR, on_timer);
}

static void arm_count(uint64_t ns)
{
    apic_timer_start((uint32_t)(ns / APIC_TICK_NS), TIMER_VECTOR, on_timer);
}

static void check_tsc(const struct pvclock_page *rate, const struct moment *first,
                      const struct moment *last)
{
    uint64_t tsc_ns = pvclock_ns_at(rate, last->tsc.value) - pvclock_ns_at(rate, first->tsc.value);
    uint64_t passed_ns = last->tsc.before - first->tsc.before;

    check_range("so has the TSC", tsc_ns, passed_ns - NS_PER_SEC, passed_ns + NS_PER_SEC);
}

static void check_sleep(const char *name, void (*arm)(uint64_t ns), uint64_t ns)
{
    struct pvclock_page rate = pvclock_copy(&page);
    struct reference_record before, after;
    struct moment first, last;

    moment_take(&first);
    reference_read(&before);
    arm(ns);
    sleep_until_irq();
    reference_read(&after);
    moment_take(&last);
    check_range(name, after.guest_ns - before.guest_ns, ns, ns + LATE_NS);
    print("# host us: ");
    print_decimal((after.host_monotonic_raw_ns - before.host_monotonic_raw_ns) / 1000);
    print("\n");
    check_range("which takes the host no time",
                after.host_monotonic_raw_ns - before.host_monotonic_raw_ns, 0, LATE_NS);
    check_elapsed("the HPET has gone as far", first.hpet, last.hpet,
                  (struct tick_rate){1, HPET_TICK_NS, 0});
    check_elapsed("so has kvm-clock", first.page, last.page, (struct tick_rate){1, 1, 0});
    check_elapsed("so has the PM timer", first.pm_timer, last.pm_timer, PM_TIMER_PER_NS);
    check_tsc(&rate, &first, &last);
}

static void check_ticks(void)
{
    uint64_t start_ns;

    pic_init();
    pic_enable(PIT_IRQ, on_tick);
    out8(0x43, 0x34);
    out8(0x40, PIT_100HZ & 0xff);
    out8(0x40, PIT_100HZ >> 8);
    start_ns = guest_ns();
    while (ticks < PIT_TICKS)
        interrupts_wait();
    check_range("of a periodic timer each tick comes", guest_ns() - start_ns,
                (PIT_TICKS - 1) * UINT64_C(PIT_TICK_NS),
                PIT_TICKS * UINT64_C(PIT_TICK_NS) + NS_PER_SEC);
    pic_disable(PIT_IRQ);
}

static void check_seconds(void)
{
    uint64_t start_ns = guest_ns();

    for (unsigned i = 0; i < SECONDS; i++) {
        arm_deadline(NS_PER_SEC);
        sleep_until_irq();
    }
    check_range("a thousand sleeps of a second", guest_ns() - start_ns, SECONDS * NS_PER_SEC,
                SECONDS * NS_PER_SEC + LATE_NS);
}

static void check_alone(void)
{
    *HPET_CONFIG = HPET_ENABLE;
    check_sleep("a year by the HPET", arm_hpet, YEAR_NS);
    check_sleep("a year by a TSC deadline", arm_deadline, YEAR_NS);
    check_sleep("a minute by the local APIC's count", arm_count, MINUTE_NS);
    check_seconds();
    check_ticks();
}

static bool ends_by(char first)
{
    return end != NULL && *end == first;
}

static void wait_for_more(const volatile uint32_t *counter, uint32_t before)
{
    while (*counter == before)
        interrupts_wait();
}

static void wait_long(void)
{
    for (;;) {
        arm_count(MINUTE_NS);
        interrupts_wait();
    }
}

/* Each of another length, so that a look comes at each moment of one. */
static uint64_t short_ns(unsigned i)
{
    return SHORT_NS + i % SHORT_STEPS * SHORT_STEP_NS;
}

static uint64_t tsc_after(uint64_t ns)
{
    return tsc_read() + ns * tsc_per_ms / NS_PER_MS;
}

/* Sleeps for the other CPU, and then tells it. */
static void serve_sleeps(void)
{
    for (unsigned i = 0;; i++) {
        wait_for_more(&ipis[1], i);
        apic_timer_start_deadline(tsc_after(short_ns(i)), TIMER_VECTOR, on_other_timer);
        wait_for_more(&sleeps, i);
        apic_send(0, APIC_ASSERT | IPI_VECTOR);
    }
}

/* The company: CPU 1. */
void smp_main(unsigned index)
{
    (void)index;
    company_is_there = true;
    if (ends_by('i'))
        serve_sleeps();
    wait_long();
}

static void sleep_by_ipi(unsigned i)
{
    arm_count(MINUTE_NS);
    apic_send(1, APIC_ASSERT | IPI_VECTOR);
    wait_for_more(&ipis[0], i);
}

static void sleep_by_timer(unsigned i)
{
    uint64_t ns = short_ns(i);

    if (ends_by('d'))
        apic_timer_start_deadline(tsc_after(ns), TIMER_VECTOR, on_timer);
    else
        apic_timer_start_mode((uint32_t)(ns / APIC_TICK_NS), ends_by('p'), TIMER_VECTOR, on_timer);
    sleep_until_irq();
}

static void check_company(void)
{
    uint32_t missed = 0;

    while (!company_is_there)
        cpu_pause();
    for (unsigned i = 0; i < SLEEPS; i++) {
        uint64_t start_ns = guest_ns();

        if (ends_by('i'))
            sleep_by_ipi(i);
        else
            sleep_by_timer(i);
        missed += guest_ns() - start_ns > MINUTE_NS / 2;
    }
    print("# missed: ");
    print_decimal(missed);
    print("\n");
    check_equal("no short sleep lasts as long as the long one", missed, 0);
}

void payload_main(const uint8_t *zero_page)
{
    const char *line = payload_command_line(zero_page);

    apic_enable();
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&page | PVCLOCK_ENABLE);
    if (text_number_for(line, "cpus", 0) > 1) {
        end = text_find_value(line, "end");
        vector_set(IPI_VECTOR, on_ipi);
        tsc_per_ms = -tsc_read();
        tsc_per_ms += pvclock_tsc_after(&page, NS_PER_SEC);
        tsc_per_ms /= NS_PER_SEC / NS_PER_MS;
        smp_start();
        check_company();
    } else {
        check_alone();
    }
    check_done();
}
