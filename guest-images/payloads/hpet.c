/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The HPET: its counter against guest time, and its interrupts by I/O APIC, by message and by
 * legacy replacement.
 */
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pic.h"

#define HPET_GPA     0xfed00000
#define CAP_ID       0x000
#define CONFIG       0x010
#define INT_STATUS   0x020
#define COUNTER      0x0f0
#define T_CONFIG(n)  (0x100u + 0x20u * (n))
#define T_COMPARE(n) (0x108u + 0x20u * (n))
#define T_FSB(n)     (0x110u + 0x20u * (n))
#define ENABLE       1
#define LEGACY       2
#define T_LEVEL      0x002
#define T_INT_ENABLE 0x004
#define T_PERIODIC   0x008
#define T_CAPS       0x8030
#define T_VAL_SET    0x040
#define T_FSB_ENABLE 0x4000
#define MESSAGE_GPA  UINT64_C(0xfee00000)
#define T_ROUTE(pin) ((pin) << 9)
#define FIRST_PIN    20
#define PINS         4
#define VECTOR       0x38
#define NS_PER_TICK  10
#define PERIOD_FS    10000000
#define DELTA_TICKS  UINT64_C(500000)
#define DELTA_NS     (DELTA_TICKS * NS_PER_TICK)
#define PERIODS      10
#define ATTEMPTS     20
#define QUIET_NS     (30 * NS_PER_MS)
#define LIMIT_NS     NS_PER_SEC

#define PIT_COUNTER0 0x40
#define PIT_CONTROL  0x43
#define RTC_INDEX    0x70
#define RTC_DATA     0x71

static volatile uint32_t irq_count;
static volatile uint64_t irq_ns[PERIODS];
/* Of INT_STATUS, in all handlers together. */
static volatile uint32_t irq_status;
static volatile bool irq_in_service;

static volatile uint64_t *reg(uint32_t offset)
{
    return (volatile uint64_t *)(uintptr_t)(HPET_GPA + offset);
}

static volatile uint32_t *reg32(uint32_t offset)
{
    return (volatile uint32_t *)(uintptr_t)(HPET_GPA + offset);
}

static void count_irq(void)
{
    if (irq_count < PERIODS)
        irq_ns[irq_count] = guest_ns();
    irq_count++;
}

static void on_apic_irq(void)
{
    count_irq();
    irq_in_service = apic_in_service(VECTOR);
    irq_status |= *reg32(INT_STATUS);
    *reg32(INT_STATUS) = irq_status;
    apic_acknowledge();
}

static void on_irq0(void)
{
    count_irq();
    pic_acknowledge(0);
}

static void on_irq8(void)
{
    count_irq();
    pic_acknowledge(8);
}

static uint64_t counter_read(void)
{
    return *reg(COUNTER);
}

static void check_capabilities(void)
{
    uint64_t cap = *reg(CAP_ID);

    check_equal("the period is 10 ns", cap >> 32, PERIOD_FS);
    check_equal("vendor, legacy routing, 64 bits, three timers, revision", (uint32_t)cap,
                0x8086a201);
    check_equal("the upper half reads alone", *reg32(CAP_ID + 4), PERIOD_FS);
    check_equal("timer 0 can be periodic, is 64 bits wide and sends messages",
                *reg32(T_CONFIG(0)) & T_CAPS, T_CAPS);
    check_equal("its interrupts go to pins 20 to 23", *reg32(T_CONFIG(0) + 4), 0xf00000);
}

static void check_counter(void)
{
    struct tick_rate per_ns = {1, NS_PER_TICK, 0};
    struct tick_rate per_pm_tick = {1760, 63, 0};
    struct sample first, last, first_by_pm, last_by_pm;

    check_equal("it is halted out of reset", *reg(CONFIG), 0);
    *reg(COUNTER) = 0xfffffff0;
    wait_until_ns(guest_ns() + NS_PER_MS);
    check_equal("halted, it keeps what is written", *reg(COUNTER), 0xfffffff0);
    *reg(CONFIG) = ENABLE;
    first = sample_take(counter_read, guest_ns);
    first_by_pm = sample_take(counter_read, pm_timer_read);
    wait_until_ns(first.after + 300 * NS_PER_MS);
    last_by_pm = sample_take(counter_read, pm_timer_read);
    last = sample_take(counter_read, guest_ns);
    check("it counts on beyond 32 bits", first.value > UINT32_MAX);
    check_elapsed("it counts 100 MHz of guest time", first, last, per_ns);
    last_by_pm.before += last_by_pm.before < first_by_pm.after ? PM_TIMER_WRAP : 0;
    last_by_pm.after += last_by_pm.after < first_by_pm.after ? PM_TIMER_WRAP : 0;
    check_elapsed("its ticks are 1760/63 to one of the PM timer", first_by_pm, last_by_pm,
                  per_pm_tick);
    *reg(CONFIG) = 0;
    last.value = *reg(COUNTER);
    wait_until_ns(guest_ns() + NS_PER_MS);
    check_equal("it stands when halted again", *reg(COUNTER), last.value);
}

/*
 * Sets a one-shot at now + DELTA_TICKS; returns guest time before it. If the host was so late that
 * its time may have been over when it was set, that one is let through and another one set.
 */
static uint64_t start_one_shot(unsigned timer, uint32_t config)
{
    uint64_t start_ns, due;

    do {
        *reg32(T_CONFIG(timer)) = 0;
        wait_for_count(&irq_count, UINT32_MAX, NS_PER_MS);
        irq_count = 0;
        *reg32(T_CONFIG(timer)) = config | T_INT_ENABLE;
        start_ns = guest_ns();
        due = counter_read() + DELTA_TICKS;
        *reg(T_COMPARE(timer)) = due;
    } while (counter_read() >= due);
    return start_ns;
}

static void expect_one(const char *name, uint64_t start_ns)
{
    bool came = wait_for_count(&irq_count, 1, LIMIT_NS);
    uint64_t first_ns = irq_ns[0];

    wait_for_count(&irq_count, UINT32_MAX, QUIET_NS);
    check_equal(name, irq_count, 1);
    check("and at its time", came && first_ns >= start_ns + DELTA_NS - NS_PER_TICK);
}

static void check_routes(void)
{
    static const char *const names[PINS] = {
        "a one-shot interrupts once by pin 20",
        "a one-shot interrupts once by pin 21",
        "a one-shot interrupts once by pin 22",
        "a one-shot interrupts once by pin 23",
    };

    *reg(CONFIG) = ENABLE;
    for (unsigned i = 0; i < PINS; i++) {
        ioapic_enable(FIRST_PIN + i, false, VECTOR + i, on_apic_irq);
        expect_one(names[i], start_one_shot(i % 3, T_ROUTE(FIRST_PIN + i)));
        *reg32(T_CONFIG(i % 3)) = 0;
        ioapic_disable(FIRST_PIN + i);
    }
}

static void check_messages(void)
{
    vector_set(VECTOR, on_apic_irq);
    *reg(T_FSB(2)) = (MESSAGE_GPA | apic_id() << 12) << 32 | VECTOR;
    expect_one("a one-shot with FSB_EN interrupts once by message",
               start_one_shot(2, T_FSB_ENABLE));
    *reg32(T_FSB(2) + 4) = 0;
    start_one_shot(2, T_FSB_ENABLE);
    check("one to an address without a local APIC does not",
          !wait_for_count(&irq_count, 1, QUIET_NS));
    *reg32(T_CONFIG(2)) = 0;
}

static void check_level(void)
{
    const char *once = "level mode interrupts once until its status is cleared";

    irq_status = 0;
    ioapic_enable(FIRST_PIN, true, VECTOR, on_apic_irq);
    start_one_shot(1, T_ROUTE(FIRST_PIN) | T_LEVEL);
    check("level mode interrupts", wait_for_count(&irq_count, 1, LIMIT_NS));
    wait_for_count(&irq_count, UINT32_MAX, QUIET_NS);
    if (irq_in_service)
        check_equal(once, irq_count, 1);
    else
        check_skip(once, "this KVM's local APIC acknowledges by itself");
    check_equal("its status bit was set", irq_status, 1 << 1);
    check_equal("and is clear", *reg32(INT_STATUS), 0);
    *reg32(T_CONFIG(1)) = 0;
    ioapic_disable(FIRST_PIN);
}

static uint64_t start_periodic(unsigned timer, uint32_t config)
{
    uint64_t start_ns;

    irq_count = 0;
    *reg(CONFIG) = 0;
    *reg32(T_CONFIG(timer)) = config | T_INT_ENABLE | T_PERIODIC | T_VAL_SET;
    *reg(T_COMPARE(timer)) = *reg(COUNTER) + DELTA_TICKS;
    *reg(T_COMPARE(timer)) = DELTA_TICKS;
    start_ns = guest_ns();
    *reg(CONFIG) = ENABLE;
    return start_ns;
}

/* A late host merges interrupts, but sooner or later two come one period apart. */
static void check_periodic(void)
{
    bool early = false, close = false;

    ioapic_enable(FIRST_PIN, false, VECTOR, on_apic_irq);
    for (unsigned i = 0; i < ATTEMPTS && !early && !close; i++) {
        uint64_t start_ns = start_periodic(0, T_ROUTE(FIRST_PIN));

        wait_for_count(&irq_count, PERIODS, LIMIT_NS);
        for (unsigned n = 0; n < PERIODS && n < irq_count; n++)
            early = early || irq_ns[n] < start_ns + (n + 1) * DELTA_NS;
        close = irq_count >= PERIODS && shortest_gap_ns(irq_ns, PERIODS) < DELTA_NS * 3 / 2;
        *reg32(T_CONFIG(0)) = 0;
        wait_for_count(&irq_count, UINT32_MAX, NS_PER_MS);
    }
    check("no periodic interrupt comes before its time", !early);
    check("and they come in each period", close);
    ioapic_disable(FIRST_PIN);
}

/* VAL_SET once, and both halves of the comparator, all ones before; then those of the period. */
static void check_halves(void)
{
    uint64_t first;

    ioapic_enable(FIRST_PIN, false, VECTOR, on_apic_irq);
    irq_count = 0;
    *reg(CONFIG) = 0;
    *reg(T_COMPARE(0)) = UINT64_MAX;
    *reg32(T_CONFIG(0)) = T_ROUTE(FIRST_PIN) | T_INT_ENABLE | T_PERIODIC | T_VAL_SET;
    first = *reg(COUNTER) + DELTA_TICKS;
    *reg32(T_COMPARE(0)) = (uint32_t)first;
    *reg32(T_COMPARE(0) + 4) = (uint32_t)(first >> 32);
    *reg32(T_COMPARE(0)) = DELTA_TICKS;
    *reg32(T_COMPARE(0) + 4) = 0;
    *reg(CONFIG) = ENABLE;
    check("a comparator written in halves interrupts, with VAL_SET set once",
          wait_for_count(&irq_count, 3, LIMIT_NS));
    *reg32(T_CONFIG(0)) = 0;
    ioapic_disable(FIRST_PIN);
}

static void start_pit_and_rtc(void)
{
    out8(PIT_CONTROL, 0x34);
    out8(PIT_COUNTER0, 0x9c);
    out8(PIT_COUNTER0, 0x2e);
    out8(RTC_INDEX, 0x0b);
    out8(RTC_DATA, 0x42);
}

static void check_legacy(void)
{
    start_pit_and_rtc();
    *reg(CONFIG) = ENABLE | LEGACY;
    pic_enable(0, on_irq0);
    wait_for_count(&irq_count, UINT32_MAX, NS_PER_MS);
    irq_count = 0;
    expect_one("in legacy replacement timer 0 is all that interrupts by IRQ 0",
               start_one_shot(0, 0));
    pic_disable(0);
    pic_enable(8, on_irq8);
    wait_for_count(&irq_count, UINT32_MAX, NS_PER_MS);
    expect_one("and timer 1 by IRQ 8", start_one_shot(1, 0));
    pic_disable(8);
    irq_count = 0;
    *reg(CONFIG) = ENABLE;
    pic_enable(0, on_irq0);
    check("after it the PIT interrupts again", wait_for_count(&irq_count, 3, LIMIT_NS));
}

void payload_main(const uint8_t *zero_page)
{
    (void)zero_page;
    pic_init();
    apic_enable();
    check_capabilities();
    check_counter();
    check_routes();
    check_messages();
    check_level();
    check_periodic();
    check_halves();
    check_legacy();
    check_done();
}
