/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clocks that become wrong one by one, against guest time. The RTC is an hour further and the PIT
 * runs at twice its rate, then kvm-clock is an hour further; it runs fast by 2000 ppm; it goes back
 * by half an hour; its version stays odd and the PM timer stands for a second:
 * tests/guest/cases has the times. Each is waited for.
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pvclock.h"
#include "guest-images/payloads/lib/rtc.h"

#define LIMIT_NS (30 * NS_PER_SEC)
#define HOUR_NS  (3600 * NS_PER_SEC)
#define FAST     ((struct tick_rate){1002, 1000, 0})
#define PIT_FAST ((struct tick_rate){210, 88000, PIT_COUNTER_WRAP})
/* What a page may be off by its arithmetic. */
#define ROUNDING_NS  10
#define RTC_REG_HOUR 4

static struct pvclock_page page;

static uint64_t page_ns(void)
{
    return pvclock_read_ns(&page);
}

/* kvm-clock less guest time: at least and at most. */
static uint64_t least_ahead_ns(struct sample sample)
{
    return sample.value - sample.after;
}

static uint64_t most_ahead_ns(struct sample sample)
{
    return sample.value - sample.before;
}

static bool wait_for_step(void)
{
    uint64_t end_ns = guest_ns() + LIMIT_NS;

    while (guest_ns() < end_ns)
        if (page_ns() > guest_ns() + HOUR_NS / 2)
            return true;
    return false;
}

static void check_step(void)
{
    struct sample sample = sample_take(page_ns, guest_ns);

    check("kvm-clock is an hour further", most_ahead_ns(sample) + ROUNDING_NS >= HOUR_NS &&
                                              least_ahead_ns(sample) <= HOUR_NS + NS_PER_SEC / 10);
}

/* By more than 1000 ppm in 100 ms. */
static bool wait_for_rate(void)
{
    uint64_t end_ns = guest_ns() + LIMIT_NS;

    while (guest_ns() < end_ns) {
        struct sample first = sample_take(page_ns, guest_ns), last;

        wait_until_ns(guest_ns() + 100 * NS_PER_MS);
        last = sample_take(page_ns, guest_ns);
        if (last.value - first.value > (last.after - first.before) / 1000 * 1001)
            return true;
    }
    return false;
}

/* How far kvm-clock goes back at once; 0: it does not. */
static uint64_t wait_for_way_back(void)
{
    uint64_t end_ns = guest_ns() + LIMIT_NS, before = page_ns(), now = before;

    while (now >= before && guest_ns() < end_ns) {
        before = now;
        now = page_ns();
    }
    return now < before ? before - now : 0;
}

/* For half a second, in which nobody can read the page. */
static bool wait_for_odd(void)
{
    uint64_t end_ns = guest_ns() + LIMIT_NS, now_ns = guest_ns(), even_ns = now_ns;

    while (now_ns - even_ns < NS_PER_SEC / 2 && now_ns < end_ns) {
        now_ns = guest_ns();
        if (page.version % 2 == 0)
            even_ns = now_ns;
    }
    return now_ns < end_ns;
}

static bool pm_timer_stands(void)
{
    uint64_t ticks = pm_timer_read();

    wait_until_ns(guest_ns() + 10 * NS_PER_MS);
    return pm_timer_read() == ticks;
}

static void check_end_of_stand(void)
{
    uint64_t end_ns = guest_ns() + LIMIT_NS;
    struct sample first;

    while (pm_timer_stands() && guest_ns() < end_ns)
        ;
    first = sample_take(pm_timer_read, guest_ns);
    wait_until_ns(guest_ns() + 100 * NS_PER_MS);
    check_elapsed("the PM timer goes on", first, sample_take(pm_timer_read, guest_ns),
                  PM_TIMER_PER_NS);
}

static void check_fast(const char *name, uint64_t (*read)(void), uint64_t for_ns,
                       struct tick_rate rate)
{
    struct sample first = sample_take(read, guest_ns);

    wait_until_ns(guest_ns() + for_ns);
    check_elapsed(name, first, sample_take(read, guest_ns), rate);
}

void payload_main(const uint8_t *zero_page)
{
    uint64_t back_ns;

    (void)zero_page;
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&page | PVCLOCK_ENABLE);
    check_equal("the RTC's hour", rtc_read(RTC_REG_HOUR), 0x12);
    check("kvm-clock makes a step", wait_for_step());
    check_step();
    check_equal("the RTC is an hour further", rtc_read(RTC_REG_HOUR), 0x13);
    pit_counter_start();
    check_fast("the PIT runs at twice its rate", pit_counter_read, 10 * NS_PER_MS, PIT_FAST);
    check_fast("the PM timer is right", pm_timer_read, 10 * NS_PER_MS, PM_TIMER_PER_NS);
    check("kvm-clock becomes fast", wait_for_rate());
    check_fast("by 2000 ppm", page_ns, 200 * NS_PER_MS, FAST);
    back_ns = wait_for_way_back();
    check_range("kvm-clock goes back by half an hour", back_ns, HOUR_NS / 2 - 30 * NS_PER_SEC,
                HOUR_NS / 2);
    check("its version stays odd", wait_for_odd());
    check("the PM timer stands", pm_timer_stands());
    check_end_of_stand();
    check("kvm-clock can be read again", page_ns() > HOUR_NS / 2);
    check_done();
}
