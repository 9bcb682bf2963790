/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A periodic interrupt of about 100 Hz against the TSC: none comes early, none is missing, and its
 * rate is right within 100 ppm over a second or more. Then interrupts are disabled for a while, and
 * afterwards none is missing either, as ticks are made up for (--lost-ticks burst). The command
 * line says of what: source=pit, rtc or hpet; and by=apic if by the I/O APIC, not the PIC.
 *
 * A late host makes ticks late, but each has a time before which it cannot come; and one that comes
 * soon after it proves the rate as far as it has got. So a noisy host makes this take longer, up to
 * TICKS_MAX.
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

#define COUNTER0   0x40
#define CONTROL    0x43
#define BOTH_MODE2 0x34
#define PIT_COUNT  11932

#define RTC_B         11
#define RTC_C         12
#define A_128HZ       0x29
#define A_128HZ_RESET 0x69
#define B_24H_PIE     0x42

#define HPET_GPA        0xfed00000
#define HPET_CONFIG     0x010
#define HPET_T0_CONFIG  0x100
#define HPET_T0_COMPARE 0x108
#define HPET_LEGACY     3
/* Of 32 bits, with VAL_SET. */
#define HPET_T0_PERIODIC 0x14c
#define HPET_PERIOD      1000000

#define APIC_VECTOR 0x38

#define TICKS_MAX 2048
#define OFF_NS    (200 * NS_PER_MS)
#define LIMIT_NS  (10 * NS_PER_SEC)
#define PPM       1000000
#define LIMIT_PPM 100
/* For what the conversion of the TSC rounds. */
#define ROUNDING_NS 100

/* Tick n, from 0, is due first_ns + n periods after the start. */
struct source {
    const char *name;
    uint64_t period_ns_numerator;
    uint64_t period_ns_denominator;
    uint64_t first_ns;
    unsigned irq;
    unsigned ioapic_pin;
    void (*start)(void);
    /* In the handler; NULL for nothing. */
    void (*acknowledge)(void);
};

static struct pvclock_page page;
static const struct source *running;
static bool by_apic;
static volatile uint32_t tick_count;
static volatile uint64_t tick_ns[TICKS_MAX];

static void on_tick(void)
{
    if (tick_count < TICKS_MAX)
        tick_ns[tick_count] = pvclock_read_ns(&page);
    tick_count++;
    if (running->acknowledge != NULL)
        running->acknowledge();
    if (by_apic)
        apic_acknowledge();
    else
        pic_acknowledge(running->irq);
}

static void enable_interrupt(void)
{
    pic_init();
    if (by_apic) {
        apic_enable();
        ioapic_enable(running->ioapic_pin, false, APIC_VECTOR, on_tick);
    } else {
        pic_enable(running->irq, on_tick);
    }
}

static void pit_start(void)
{
    out8(CONTROL, BOTH_MODE2);
    out8(COUNTER0, PIT_COUNT & 0xff);
    out8(COUNTER0, PIT_COUNT >> 8);
}

static void rtc_acknowledge(void)
{
    rtc_read(RTC_C);
}

/* The divider chain is let go, with an update cycle in half a second, 64 periods. */
static void rtc_start(void)
{
    rtc_write(RTC_A, A_128HZ_RESET);
    rtc_acknowledge();
    rtc_write(RTC_B, B_24H_PIE);
    rtc_write(RTC_A, A_128HZ);
}

static void hpet_write(uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(uintptr_t)(HPET_GPA + offset) = value;
}

static void hpet_start(void)
{
    hpet_write(HPET_T0_CONFIG, HPET_T0_PERIODIC);
    hpet_write(HPET_T0_COMPARE, HPET_PERIOD);
    hpet_write(HPET_T0_COMPARE, HPET_PERIOD);
    hpet_write(HPET_CONFIG, HPET_LEGACY);
}

static uint64_t due_ns(uint64_t start_ns, uint64_t n)
{
    return start_ns + running->first_ns +
           n * running->period_ns_numerator / running->period_ns_denominator;
}

/* By now, if it started at start_ns. */
static uint64_t ticks_due(uint64_t start_ns, uint64_t now_ns)
{
    uint64_t passed_ns = now_ns - due_ns(start_ns, 0);

    return passed_ns * running->period_ns_denominator / running->period_ns_numerator + 1;
}

/* Whether the latest tick proves the rate. */
static bool rate_is_proven(uint64_t start_ns)
{
    uint64_t n = tick_count - 1, elapsed_ns = due_ns(0, n) - running->first_ns;

    return n > 0 && n < TICKS_MAX && elapsed_ns >= NS_PER_SEC &&
           tick_ns[n] <= due_ns(start_ns, n) + elapsed_ns / PPM * LIMIT_PPM;
}

/* Until every tick that is due has come, at some instant. */
static bool all_have_come(uint64_t start_ns)
{
    uint64_t now_ns = pvclock_read_ns(&page), end_ns = now_ns + LIMIT_NS;
    uint64_t due = ticks_due(start_ns, now_ns);

    while (tick_count < due && tick_count < TICKS_MAX && now_ns < end_ns) {
        interrupts_wait();
        now_ns = pvclock_read_ns(&page);
        due = ticks_due(start_ns, now_ns);
    }
    return tick_count >= due || tick_count >= TICKS_MAX;
}

static bool none_early(uint64_t start_ns)
{
    for (uint32_t n = 0; n < tick_count && n < TICKS_MAX; n++)
        if (tick_ns[n] + ROUNDING_NS < due_ns(start_ns, n))
            return false;
    return true;
}

static void check_ticks(void)
{
    uint64_t before_ns, after_ns, off_ns;
    bool proven = false;

    enable_interrupt();
    before_ns = pvclock_read_ns(&page);
    running->start();
    after_ns = pvclock_read_ns(&page);
    while (!proven && tick_count < TICKS_MAX) {
        interrupts_wait();
        proven = rate_is_proven(after_ns);
    }
    check("ticks come at the right rate within 100 ppm", proven);
    check("at one instant none is missing", all_have_come(after_ns));
    off_ns = pvclock_read_ns(&page) + OFF_NS;
    while (pvclock_read_ns(&page) < off_ns)
        ;
    check("nor after interrupts were disabled for a while", all_have_come(after_ns));
    check_range("and none has come twice", tick_count, 0,
                ticks_due(before_ns, pvclock_read_ns(&page)));
    check("none has come before its time", none_early(before_ns));
}

void payload_main(const uint8_t *zero_page)
{
    static const struct source sources[] = {
        {"pit", UINT64_C(88000) * PIT_COUNT, 105, PIT_COUNT * UINT64_C(88000) / 105, 0, 2,
         pit_start, NULL},
        /* An edge is half of a period before UIP rises, and UIP 244 us before the update. */
        {"rtc", 7812500, 1, 3662000, 8, 8, rtc_start, rtc_acknowledge},
        {"hpet", 10000000, 1, 10000000, 0, 2, hpet_start, NULL},
    };
    const char *name = text_find_value(payload_command_line(zero_page), "source");
    const char *by = text_find_value(payload_command_line(zero_page), "by");

    for (unsigned i = 0; i < sizeof sources / sizeof sources[0]; i++)
        if (text_equal(name, sources[i].name))
            running = &sources[i];
    by_apic = by != NULL && *by == 'a';
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&page | PVCLOCK_ENABLE);
    check("there is such a source", running != NULL);
    if (running != NULL)
        check_ticks();
    check_done();
}
