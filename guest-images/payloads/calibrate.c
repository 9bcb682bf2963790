/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measures the TSC as kernels do, against PIT, PM timer, HPET and kvm-clock. Each gives an interval
 * in which the rate must be; all of them must have a rate in common.
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pvclock.h"

#define HPET_CONFIG  0xfed00010
#define HPET_COUNTER 0xfed000f0
#define MEASURE_NS   (500 * NS_PER_MS)

static struct pvclock_page page;

static uint64_t hpet_read(void)
{
    return *(volatile uint64_t *)HPET_COUNTER;
}

static uint64_t page_ns(void)
{
    return pvclock_read_ns(&page);
}

/* hz = per_sec / per_sec_divisor. */
static struct clock {
    const char *name;
    uint64_t (*read)(void);
    uint64_t per_sec;
    uint64_t per_sec_divisor;
    uint64_t wrap;
    struct sample first, last;
} clocks[] = {
    {"PIT", pit_counter_read, 105000000, 88, PIT_COUNTER_WRAP, {0}, {0}},
    {"PM timer", pm_timer_read, 315000000, 88, PM_TIMER_WRAP, {0}, {0}},
    {"HPET", hpet_read, 100000000, 1, 0, {0}, {0}},
    {"kvm-clock", page_ns, 1000000000, 1, 0, {0}, {0}},
    {"guest time", guest_ns, 1000000000, 1, 0, {0}, {0}},
};
#define CLOCK_COUNT (sizeof clocks / sizeof clocks[0])

/* a * b / divisor, with a product of 128 bits. */
static uint64_t muldiv(uint64_t a, uint64_t b, uint64_t divisor)
{
    uint64_t quotient, remainder;

    __asm__("mulq %3; divq %4"
            : "=a"(quotient), "=&d"(remainder)
            : "a"(a), "r"(b), "r"(divisor)
            : "cc");
    return quotient;
}

/* Ticks of the clock between its samples; TSC cycles per second say which of its wraps is meant. */
static uint64_t ticks_of(const struct clock *clock, uint64_t rough_hz)
{
    uint64_t ticks = clock->last.value - clock->first.value;
    uint64_t about;

    if (clock->wrap == 0)
        return ticks;
    about = muldiv(clock->last.before - clock->first.before,
                   clock->per_sec / clock->per_sec_divisor, rough_hz);
    return about + (ticks - about + clock->wrap / 2) % clock->wrap - clock->wrap / 2;
}

static void check_rates(uint64_t rough_hz)
{
    uint64_t lowest_hz = 0, highest_hz = UINT64_MAX;

    for (unsigned i = 0; i < CLOCK_COUNT; i++) {
        const struct clock *clock = &clocks[i];
        uint64_t ticks = ticks_of(clock, rough_hz);
        uint64_t divisor = clock->per_sec_divisor;
        uint64_t low_hz =
            muldiv(clock->last.before - clock->first.after, clock->per_sec, (ticks + 1) * divisor);
        uint64_t high_hz =
            muldiv(clock->last.after - clock->first.before, clock->per_sec, (ticks - 1) * divisor) +
            1;

        print("# TSC by ");
        print(clock->name);
        print(": ");
        print_decimal(low_hz);
        print("..");
        print_decimal(high_hz);
        print(" Hz\n");
        lowest_hz = low_hz > lowest_hz ? low_hz : lowest_hz;
        highest_hz = high_hz < highest_hz ? high_hz : highest_hz;
    }
    check_range("all clocks agree on one rate of the TSC", lowest_hz, 1, highest_hz);
}

void payload_main(const uint8_t *zero_page)
{
    struct sample first_ns, last_ns;

    (void)zero_page;
    pit_counter_start();
    *(volatile uint64_t *)HPET_CONFIG = 1;
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&page | PVCLOCK_ENABLE);
    first_ns = sample_take(guest_ns, tsc_read);
    for (unsigned i = 0; i < CLOCK_COUNT; i++)
        clocks[i].first = sample_take(clocks[i].read, tsc_read);
    wait_until_ns(first_ns.value + MEASURE_NS);
    for (unsigned i = 0; i < CLOCK_COUNT; i++)
        clocks[i].last = sample_take(clocks[i].read, tsc_read);
    last_ns = sample_take(guest_ns, tsc_read);
    check_rates(
        muldiv(last_ns.before - first_ns.before, NS_PER_SEC, last_ns.value - first_ns.value));
    check_done();
}
