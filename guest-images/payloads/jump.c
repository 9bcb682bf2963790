/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest time jumps by BY seconds (by=BY on the command line), once, while every clock runs and
 * every chip interrupts: all clocks are later by the same, timers that were to come in between come
 * now, of a periodic tick one comes, and nobody says that the guest was stopped. With
 * timer=deadline the local APIC's timer is in TSC-deadline mode.
 */
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pic.h"
#include "guest-images/payloads/lib/pvclock.h"
#include "guest-images/payloads/lib/rtc.h"
#include "guest-images/payloads/lib/text.h"

#define LIMIT_NS (30 * NS_PER_SEC)
/* Between two looks at guest time: more than any host is late, and less than the jump. */
#define STEP_NS (60 * NS_PER_SEC)
/* A TSC that has not jumped is off by far more. */
#define SLACK_NS (NS_PER_SEC / 2)
/* Until it jumps, and until the next look, the ticks of so long at most. */
#define TICKS_MAX (100 * 40)

#define PIT_IRQ      0
#define PIT_100HZ    11932
#define HPET_GPA     0xfed00000
#define TIMER_VECTOR 0x39
/* Within the jump. */
#define TIMER_NS (50 * NS_PER_SEC)

static struct pvclock_page page;
static volatile uint32_t pit_irqs, timer_irqs;

static void on_pit(void)
{
    pit_irqs++;
    pic_acknowledge(PIT_IRQ);
}

static void on_timer(void)
{
    timer_irqs++;
    apic_acknowledge();
}

static uint64_t hpet_read(void)
{
    return *(volatile uint64_t *)(uintptr_t)(HPET_GPA + 0xf0);
}

static uint64_t page_ns(void)
{
    return pvclock_read_ns(&page);
}

static void start_chips(void)
{
    pic_init();
    pic_enable(PIT_IRQ, on_pit);
    pit_counter_start();
    out8(0x43, 0x34);
    out8(0x40, PIT_100HZ & 0xff);
    out8(0x40, PIT_100HZ >> 8);
    *(volatile uint64_t *)(uintptr_t)(HPET_GPA + 0x10) = 1;
}

struct moment {
    struct sample pit, pm_timer, hpet, page, tsc;
    uint64_t rtc_sec;
    uint64_t guest_ns;
};

static void moment_take(struct moment *moment)
{
    moment->pit = sample_take(pit_counter_read, guest_ns);
    moment->pm_timer = sample_take(pm_timer_read, guest_ns);
    moment->hpet = sample_take(hpet_read, guest_ns);
    moment->page = sample_take(page_ns, guest_ns);
    moment->tsc = sample_take(tsc_read, guest_ns);
    moment->rtc_sec = rtc_read_sec_of_day();
    moment->guest_ns = guest_ns();
}

/* Interrupts on until guest time has made a step. */
static bool wait_for_jump(void)
{
    uint64_t before_ns = guest_ns(), now_ns = before_ns, end_ns = before_ns + LIMIT_NS;

    interrupts_on();
    while (now_ns - before_ns < STEP_NS && now_ns < end_ns) {
        before_ns = now_ns;
        now_ns = guest_ns();
    }
    interrupts_off();
    return now_ns - before_ns >= STEP_NS;
}

static void check_rtc(const struct moment *first, const struct moment *last)
{
    uint64_t sec = (last->guest_ns - first->guest_ns) / NS_PER_SEC;

    check_range("so has the RTC, in seconds",
                (last->rtc_sec + RTC_SEC_PER_DAY - first->rtc_sec) % RTC_SEC_PER_DAY, sec - 1,
                sec + 2);
}

/* By the rate that the page had before. */
static void check_tsc(const struct pvclock_page *rate, const struct moment *first,
                      const struct moment *last)
{
    uint64_t tsc_ns = pvclock_ns_at(rate, last->tsc.value) - pvclock_ns_at(rate, first->tsc.value);
    uint64_t passed_ns = last->tsc.before - first->tsc.before;

    check_range("so has the TSC", tsc_ns, passed_ns - SLACK_NS, passed_ns + SLACK_NS);
}

void payload_main(const uint8_t *zero_page)
{
    const char *line = payload_command_line(zero_page);
    uint64_t by_ns = text_number_for(line, "by", 0) * NS_PER_SEC;
    struct pvclock_page rate;
    struct moment first, last;

    apic_enable();
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&page | PVCLOCK_ENABLE);
    start_chips();
    rate = pvclock_copy(&page);
    moment_take(&first);
    if (text_find_value(line, "timer") != NULL)
        apic_timer_start_deadline(pvclock_tsc_after(&rate, TIMER_NS), TIMER_VECTOR, on_timer);
    else
        apic_timer_start(TIMER_NS / 16, TIMER_VECTOR, on_timer);
    check("guest time jumps", wait_for_jump());
    moment_take(&last);
    check_range("by so much, and what the guest has run", last.guest_ns - first.guest_ns, by_ns,
                by_ns + LIMIT_NS);
    check_elapsed("the PIT has gone as far", first.pit, last.pit, PIT_PER_NS);
    check_elapsed("so has the PM timer", first.pm_timer, last.pm_timer, PM_TIMER_PER_NS);
    check_elapsed("so has the HPET", first.hpet, last.hpet, (struct tick_rate){1, 10, 0});
    check_elapsed("so has kvm-clock", first.page, last.page, (struct tick_rate){1, 1, 0});
    check_rtc(&first, &last);
    check_tsc(&rate, &first, &last);
    check("the local APIC's timer has come", wait_for_count(&timer_irqs, 1, LIMIT_NS));
    check_equal("it has come once", timer_irqs, 1);
    check_range("the PIT's ticks of the jump have come as one", pit_irqs, 1, TICKS_MAX);
    check("the PIT ticks on", wait_for_count(&pit_irqs, pit_irqs + 5, LIMIT_NS));
    check_range("no tick of the jump comes later", pit_irqs, 6, TICKS_MAX);
    check_equal("nobody says that the guest was stopped", page.flags & PVCLOCK_STOPPED, 0);
    check_done();
}
