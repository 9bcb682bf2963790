/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine is paused while every clock runs and every chip interrupts, and is resumed after
 * PAUSE_NS at least. The page of kvm-clock tells that it has happened. On the command line:
 *   mode=freeze or mode=advance   what guest time does meanwhile
 *   clock=kernel                  kvm-clock is KVM's own
 *   timer=deadline                the local APIC's timer is in TSC-deadline mode
 *   rtc=host                      the RTC follows the host's clock
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

#define PAUSE_NS (3 * NS_PER_SEC)
#define LIMIT_NS (30 * NS_PER_SEC)
/* Less than the pause, and more than the rates of two clocks differ by in the test. */
#define SLACK_NS (100 * NS_PER_MS)
/* More than the clock of a KVM gains on its own page in the time of the test. */
#define FUNCTION_SLACK_NS 5000

#define PIT_IRQ       0
#define PIT_100HZ     11932
#define PIT_PERIOD_NS UINT64_C(10000152)
#define RTC_IRQ       8
#define RTC_A_64HZ    0x2a
#define RTC_B         11
#define RTC_B_PIE     0x42
#define RTC_C         12

#define HPET_GPA     0xfed00000
#define HPET_PIN     20
#define HPET_VECTOR  0x38
#define HPET_TICKS   2000000
#define TIMER_VECTOR 0x39
#define TIMER_NS     (4 * NS_PER_SEC)

static struct pvclock_page page;
static volatile uint32_t pit_irqs, rtc_irqs, hpet_irqs, timer_irqs;
static volatile uint64_t timer_irq_ns;

static volatile uint64_t *hpet(uint32_t offset)
{
    return (volatile uint64_t *)(uintptr_t)(HPET_GPA + offset);
}

static void on_pit(void)
{
    pit_irqs++;
    pic_acknowledge(PIT_IRQ);
}

static void on_rtc(void)
{
    rtc_read(RTC_C);
    rtc_irqs++;
    pic_acknowledge(RTC_IRQ);
}

static void on_hpet(void)
{
    hpet_irqs++;
    apic_acknowledge();
}

static void on_timer(void)
{
    timer_irq_ns = guest_ns();
    timer_irqs++;
    apic_acknowledge();
}

static uint64_t hpet_read(void)
{
    return *hpet(0xf0);
}

static uint64_t page_ns(void)
{
    return pvclock_read_ns(&page);
}

static uint64_t host_ns(void)
{
    struct reference_record record;

    reference_read(&record);
    return record.host_monotonic_raw_ns;
}

static void start_chips(void)
{
    pic_init();
    pic_enable(PIT_IRQ, on_pit);
    pic_enable(RTC_IRQ, on_rtc);
    pit_counter_start();
    out8(0x43, 0x34);
    out8(0x40, PIT_100HZ & 0xff);
    out8(0x40, PIT_100HZ >> 8);
    rtc_write(RTC_A, RTC_A_64HZ);
    rtc_write(RTC_B, RTC_B_PIE);
    rtc_read(RTC_C);
    *hpet(0x10) = 1;
    *hpet(0x100) = HPET_PIN << 9 | 0x4c;
    *hpet(0x108) = *hpet(0xf0) + HPET_TICKS;
    *hpet(0x108) = HPET_TICKS;
    ioapic_enable(HPET_PIN, false, HPET_VECTOR, on_hpet);
}

/* TSC cycles in ns, by the rate in the page. */
static uint64_t tsc_for_ns(const struct pvclock_page *rate, uint64_t ns)
{
    uint64_t tsc = tsc_read();
    uint64_t start_ns = pvclock_ns_at(rate, tsc);
    uint64_t step = UINT64_C(1) << 40;

    for (uint64_t cycles = 0;; step >>= 1) {
        if (step == 0)
            return tsc + cycles;
        if (pvclock_ns_at(rate, tsc + cycles + step) - start_ns <= ns)
            cycles += step;
    }
}

struct moment {
    struct sample pit, pm_timer, hpet, page, host;
    uint64_t rtc_sec;
    /* Read one after the other. */
    uint64_t guest_ns;
    uint64_t tsc;
};

static void moment_take(struct moment *moment)
{
    moment->pit = sample_take(pit_counter_read, guest_ns);
    moment->pm_timer = sample_take(pm_timer_read, guest_ns);
    moment->hpet = sample_take(hpet_read, guest_ns);
    moment->page = sample_take(page_ns, guest_ns);
    moment->host = sample_take(host_ns, guest_ns);
    moment->rtc_sec = rtc_read_sec_of_day();
    moment->guest_ns = guest_ns();
    moment->tsc = tsc_read();
}

/* Interrupts on until the page says that there was a pause. */
static bool wait_for_pause(void)
{
    uint64_t end_ns = guest_ns() + LIMIT_NS;

    interrupts_on();
    while ((page.flags & PVCLOCK_STOPPED) == 0 && guest_ns() < end_ns)
        cpu_pause();
    interrupts_off();
    return (page.flags & PVCLOCK_STOPPED) != 0;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

static void check_clocks(const struct moment *first, const struct moment *last, bool kernel_clock)
{
    check_elapsed("the PIT has gone as far as guest time", first->pit, last->pit, PIT_PER_NS);
    check_elapsed("so has the PM timer", first->pm_timer, last->pm_timer, PM_TIMER_PER_NS);
    check_elapsed("so has the HPET", first->hpet, last->hpet, (struct tick_rate){1, 10, 0});
    if (kernel_clock)
        check("so has kvm-clock, to the time that KVM is asked for it",
              distance(last->page.value - first->page.value,
                       last->page.before - first->page.before) < SLACK_NS);
    else
        check_elapsed("so has kvm-clock", first->page, last->page, (struct tick_rate){1, 1, 0});
}

static void check_rtc(const struct moment *first, const struct moment *last, uint64_t elapsed_ns)
{
    uint64_t seconds = (last->rtc_sec + RTC_SEC_PER_DAY - first->rtc_sec) % RTC_SEC_PER_DAY;

    check_range("so has the RTC, in seconds", seconds,
                elapsed_ns > NS_PER_SEC ? elapsed_ns / NS_PER_SEC - 1 : 0,
                elapsed_ns / NS_PER_SEC + 2);
}

/* Whether the TSC stood still with guest time; a KVM may leave it running. */
static bool check_tsc(const struct pvclock_page *rate, const struct moment *first,
                      const struct moment *last)
{
    uint64_t tsc_ns = pvclock_ns_at(rate, last->tsc) - pvclock_ns_at(rate, first->tsc);
    bool agrees = distance(tsc_ns, last->guest_ns - first->guest_ns) < SLACK_NS;

    if (!agrees && distance(tsc_ns, last->host.value - first->host.value) < SLACK_NS)
        check_skip("so has the TSC", "this KVM ignores TSC offsets");
    else
        check("so has the TSC", agrees);
    return agrees;
}

/* KVM reads its clock and the host's TSC at one instant, at either end. */
static void check_function(const struct pvclock_page *before, uint64_t tsc, bool tsc_agrees)
{
    const char *name = "kvm-clock is the function of the TSC that it was";

    if (tsc_agrees)
        check_range(name, distance(pvclock_ns_at(&page, tsc), pvclock_ns_at(before, tsc)), 0,
                    FUNCTION_SLACK_NS);
    else
        check_skip(name, "this KVM ignores TSC offsets");
}

/* Most of those that fell into the pause have not come. */
static void check_ticks(const char *name, uint64_t guest_elapsed_ns)
{
    check(name, pit_irqs + PAUSE_NS * 5 / 6 / PIT_PERIOD_NS < guest_elapsed_ns / PIT_PERIOD_NS);
}

static void check_delta(uint64_t host_elapsed_ns, uint64_t guest_elapsed_ns, bool freeze)
{
    if (freeze) {
        check("guest time has stood still",
              host_elapsed_ns > guest_elapsed_ns + PAUSE_NS - SLACK_NS);
        return;
    }
    check("guest time has gone on", guest_elapsed_ns > PAUSE_NS - SLACK_NS &&
                                        distance(host_elapsed_ns, guest_elapsed_ns) < SLACK_NS);
    check_ticks("the ticks of the pause come as one", guest_elapsed_ns);
}

static void check_going_on(const char *name, const volatile uint32_t *irqs)
{
    check(name, wait_for_count(irqs, *irqs + 5, LIMIT_NS));
}

void payload_main(const uint8_t *zero_page)
{
    const char *line = payload_command_line(zero_page);
    const char *mode = text_find_value(line, "mode");
    bool freeze = mode != NULL && mode[0] == 'f';
    bool deadline = text_find_value(line, "timer") != NULL;
    bool kernel_clock = text_find_value(line, "clock") != NULL;
    struct pvclock_page rate;
    struct moment first, last;
    uint64_t due_ns;
    bool tsc_agrees;

    apic_enable();
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&page | PVCLOCK_ENABLE);
    check_equal("no pause is told of before there was one", page.flags & PVCLOCK_STOPPED, 0);
    start_chips();
    rate = pvclock_copy(&page);
    moment_take(&first);
    pit_irqs = 0;
    due_ns = guest_ns() + TIMER_NS;
    if (deadline)
        apic_timer_start_deadline(tsc_for_ns(&rate, TIMER_NS), TIMER_VECTOR, on_timer);
    else
        apic_timer_start(TIMER_NS / 16, TIMER_VECTOR, on_timer);
    print("# ready\n");
    check("the page tells of the pause", wait_for_pause());
    moment_take(&last);
    check_delta(last.host.value - first.host.value, last.guest_ns - first.guest_ns, freeze);
    check_clocks(&first, &last, kernel_clock);
    check_rtc(&first, &last,
              text_find_value(line, "rtc") != NULL ? last.host.value - first.host.value
                                                   : last.guest_ns - first.guest_ns);
    tsc_agrees = check_tsc(&rate, &first, &last);
    if (kernel_clock)
        check_function(&rate, last.tsc, tsc_agrees);
    page.flags &= (uint8_t)~PVCLOCK_STOPPED;
    check_going_on("the PIT interrupts as before", &pit_irqs);
    check_going_on("so does the RTC", &rtc_irqs);
    check_going_on("so does the HPET", &hpet_irqs);
    check("so does the local APIC's timer", wait_for_count(&timer_irqs, 1, LIMIT_NS));
    if (deadline && !tsc_agrees)
        check_skip("by guest time", "its deadline is in TSC cycles");
    else
        check_range("by guest time", timer_irq_ns, due_ns - SLACK_NS / 10, UINT64_MAX);
    check_equal("it interrupts once", timer_irqs, 1);
    if (!freeze)
        check_ticks("no tick of the pause has come later", guest_ns() - first.guest_ns);
    check_equal("a pause is told of once", page.flags & PVCLOCK_STOPPED, 0);
    check_done();
}
