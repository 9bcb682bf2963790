/* SPDX-License-Identifier: BSD-2-Clause */
/* See time_devices.h. */
#include "tests/unit/unit.h"

#include "tests/unit/time_devices.h"

#include "base/calendar.h"
#include "devices/pc/acpi_pm.h"
#include "devices/pc/hpet.h"
#include "devices/pc/pit.h"
#include "devices/pc/rtc.h"
#include "devices/pc/serial.h"

/* Takes `count` different values out of a random number, the first of which is result % count. */
static unsigned take(uint64_t *random, unsigned count)
{
    unsigned value = (unsigned)(*random % count);

    *random /= count;
    return value;
}

/* --- ACPI PM block --- */

static void ignore_request(void *ctx, enum guest_request request, uint32_t value)
{
    (void)ctx;
    (void)request;
    (void)value;
}

static void acpi_pm_make(void *chip, struct timerq *timers, unsigned rank, struct irq_line *lines,
                         uint64_t now_ns)
{
    acpi_pm_init(
        chip, &(struct acpi_pm_wiring){timers, rank, &lines[0], {ignore_request, NULL}, 24, true},
        now_ns);
}

static uint64_t acpi_pm_act(struct bus *bus, uint64_t now_ns, uint64_t random)
{
    switch (take(&random, 5)) {
    case 0:
        return bus_read(bus, now_ns, ACPI_PM_REG_TMR, 4);
    case 1:
        bus_write(bus, now_ns, ACPI_PM_REG_STS, 2, random & 0xffff);
        return 0;
    case 2:
        bus_write(bus, now_ns, ACPI_PM_REG_EN, 2, random & 0xffff);
        return 0;
    default:
        return bus_read(bus, now_ns, take(&random, ACPI_PM_LENGTH_BYTES), 1 + take(&random, 4));
    }
}

static void acpi_pm_start_ticks(struct bus *bus, uint64_t now_ns)
{
    bus_write(bus, now_ns, ACPI_PM_REG_EN, 2, ACPI_PM_TMR_BIT);
}

static uint64_t acpi_pm_ticks(void *chip, struct bus *bus, uint64_t now_ns, uint64_t irq_rises)
{
    (void)chip;
    (void)irq_rises;
    return bus_read(bus, now_ns, ACPI_PM_REG_TMR, 4);
}

const struct time_device acpi_pm_device = {
    .name = "acpi_pm",
    .chip_bytes = sizeof(struct acpi_pm),
    .length_bytes = ACPI_PM_LENGTH_BYTES,
    .max_step_log2 = 33,
    .init = acpi_pm_make,
    .act = acpi_pm_act,
    .start_ticks = acpi_pm_start_ticks,
    .ticks = acpi_pm_ticks,
    .tick_rate = {315000000, 88},
    .tick_modulus = 1u << 24,
};

static void acpi_pm_make_32(void *chip, struct timerq *timers, unsigned rank,
                            struct irq_line *lines, uint64_t now_ns)
{
    acpi_pm_init(
        chip, &(struct acpi_pm_wiring){timers, rank, &lines[0], {ignore_request, NULL}, 32, true},
        now_ns);
}

const struct time_device acpi_pm_32_device = {
    .name = "acpi_pm, 32 bits",
    .chip_bytes = sizeof(struct acpi_pm),
    .length_bytes = ACPI_PM_LENGTH_BYTES,
    .max_step_log2 = 40,
    .init = acpi_pm_make_32,
    .act = acpi_pm_act,
    .start_ticks = acpi_pm_start_ticks,
    .ticks = acpi_pm_ticks,
    .tick_rate = {315000000, 88},
    .tick_modulus = UINT64_C(1) << 32,
};

/* --- PIT --- */

static void pit_make(void *chip, struct timerq *timers, unsigned rank, struct irq_line *lines,
                     uint64_t now_ns)
{
    pit_init(chip, &(struct pit_wiring){timers, rank, &lines[0]}, now_ns);
}

static uint64_t pit_act(struct bus *bus, uint64_t now_ns, uint64_t random)
{
    switch (take(&random, 8)) {
    case 0:
        bus_write(bus, now_ns, PIT_REG_CONTROL, 1, random & 0xff);
        return 0;
    case 1:
        bus_write(bus, now_ns, PIT_REG_PORT61, 1, random & 0xff);
        return 0;
    case 2:
    case 3:
        /* Mostly short counts: as high byte, 0. */
        bus_write(bus, now_ns, take(&random, 3), 1, take(&random, 2) ? random & 0xff : 0);
        return 0;
    default:
        return bus_read(bus, now_ns, take(&random, PIT_REG_COUNT), 1 + take(&random, 2));
    }
}

static void pit_start_ticks(struct bus *bus, uint64_t now_ns)
{
    bus_write(bus, now_ns, PIT_REG_CONTROL, 1, PIT_CONTROL_RW_BOTH | PIT_CONTROL_MODE(2));
    bus_write(bus, now_ns, PIT_REG_COUNTER(0), 1, 0);
    bus_write(bus, now_ns, PIT_REG_COUNTER(0), 1, 0);
}

static uint64_t pit_ticks(void *chip, struct bus *bus, uint64_t now_ns, uint64_t irq_rises)
{
    const struct pit *pit = chip;

    (void)bus;
    (void)now_ns;
    return irq_rises + pit->state.ticks.dropped;
}

const struct time_device pit_device = {
    .name = "pit",
    .chip_bytes = sizeof(struct pit),
    .length_bytes = PIT_REG_COUNT,
    .max_step_log2 = 21,
    .init = pit_make,
    .act = pit_act,
    .start_ticks = pit_start_ticks,
    .ticks = pit_ticks,
    .tick_rate = {105000000, UINT64_C(88) * 65536},
    .tick_modulus = UINT64_MAX,
};

/* --- RTC --- */

#define RTC_WALL_SEC INT64_C(1700000000)

static void rtc_make(void *chip, struct timerq *timers, unsigned rank, struct irq_line *lines,
                     uint64_t now_ns)
{
    rtc_init(
        chip,
        &(struct rtc_wiring){.timers = timers, .rank = rank, .irq8 = &lines[0], .alarm = &lines[1]},
        now_ns, RTC_WALL_SEC * NS_PER_SEC);
}

static unsigned rtc_in(struct bus *bus, uint64_t now_ns, unsigned index)
{
    bus_write(bus, now_ns, RTC_REG_INDEX, 1, index);
    return bus_read(bus, now_ns, RTC_REG_DATA, 1) & 0xff;
}

/* Values that keep the chip running more often than chance would. */
static unsigned rtc_value(unsigned index, uint64_t random)
{
    unsigned any = random / 8 & 0xff;

    switch (index) {
    case RTC_A:
        return random % 8 != 0 ? RTC_A_DV_RUN | (any & RTC_A_RS_MASK) : any;
    case RTC_B:
        return random % 8 != 0 ? any & ~RTC_B_SET : any;
    case RTC_SECOND_ALARM:
    case RTC_MINUTE_ALARM:
    case RTC_HOUR_ALARM:
        return random % 8 != 0 ? any | 0xc0 : any & 0x15;
    default:
        return random % 8 != 0 ? 1 + any % 9 : any;
    }
}

static uint64_t rtc_act(struct bus *bus, uint64_t now_ns, uint64_t random)
{
    static const unsigned indexes[] = {RTC_A, RTC_B, RTC_C, RTC_CENTURY};
    unsigned index = take(&random, 14);

    if (index >= 10)
        index = indexes[index - 10];
    if (take(&random, 4) != 0)
        return rtc_in(bus, now_ns, index);
    bus_write(bus, now_ns, RTC_REG_INDEX, 1, index);
    bus_write(bus, now_ns, RTC_REG_DATA, 1, rtc_value(index, random));
    return 0;
}

static void rtc_start_ticks(struct bus *bus, uint64_t now_ns)
{
    bus_write(bus, now_ns, RTC_REG_INDEX, 2, RTC_B | (RTC_B_24H | RTC_B_PIE) << 8);
}

static unsigned rtc_in_number(struct bus *bus, uint64_t now_ns, unsigned index)
{
    unsigned bcd = rtc_in(bus, now_ns, index);

    return (bcd >> 4) * 10 + (bcd & 15);
}

static uint64_t rtc_ticks(void *chip, struct bus *bus, uint64_t now_ns, uint64_t irq_rises)
{
    const struct calendar_time time = {
        .year = 2000 + rtc_in_number(bus, now_ns, RTC_YEAR),
        .month = rtc_in_number(bus, now_ns, RTC_MONTH),
        .day = rtc_in_number(bus, now_ns, RTC_DAY),
        .hour = rtc_in_number(bus, now_ns, RTC_HOUR),
        .minute = rtc_in_number(bus, now_ns, RTC_MINUTE),
        .second = rtc_in_number(bus, now_ns, RTC_SECOND),
    };

    (void)chip;
    (void)irq_rises;
    rtc_in(bus, now_ns, RTC_C);
    return (uint64_t)(calendar_to_sec(&time) - RTC_WALL_SEC);
}

const struct time_device rtc_device = {
    .name = "rtc",
    .chip_bytes = sizeof(struct rtc),
    .length_bytes = 2,
    .max_step_log2 = 36,
    .init = rtc_make,
    .act = rtc_act,
    .start_ticks = rtc_start_ticks,
    .ticks = rtc_ticks,
    .tick_rate = {1, 1},
    .tick_modulus = UINT64_MAX,
};

/* --- HPET --- */

#define HPET_TICK_PERIOD 6553601
#define HPET_TEST_TIMERS 5

/* A message is a pulse of a line of its own. */
static void hpet_on_message(void *ctx, uint32_t address, uint32_t data)
{
    struct irq_line *line = ctx;

    (void)address;
    irq_line_set(&line[data & 1], true);
    irq_line_set(&line[data & 1], false);
}

static void hpet_ignore_legacy(void *ctx, uint64_t now_ns, bool active)
{
    (void)ctx;
    (void)now_ns;
    (void)active;
}

static void hpet_make(void *chip, struct timerq *timers, unsigned rank, struct irq_line *lines,
                      uint64_t now_ns)
{
    struct hpet_wiring wiring = {
        .timers = timers,
        .rank = rank,
        .timer_count = HPET_TEST_TIMERS,
        .irq0 = &lines[HPET_ROUTE_COUNT],
        .irq8 = &lines[HPET_ROUTE_COUNT + 1],
        .legacy = hpet_ignore_legacy,
        .message = hpet_on_message,
        .ctx = &lines[HPET_ROUTE_COUNT + 2],
    };

    for (unsigned i = 0; i < HPET_ROUTE_COUNT; i++)
        wiring.routes[i] = &lines[i];
    hpet_init(chip, &wiring, now_ns);
}

/* Routes that exist and interrupts that are enabled, more often than chance would. */
static uint64_t hpet_timer_config(uint64_t random)
{
    uint64_t config = random % 8 != 0 ? HPET_TIMER_INT_ENB : 0;

    random /= 8;
    config |= (uint64_t)(HPET_FIRST_ROUTE + random % HPET_ROUTE_COUNT) << HPET_TIMER_ROUTE_SHIFT;
    random /= HPET_ROUTE_COUNT;
    return config | (random & (HPET_TIMER_LEVEL | HPET_TIMER_PERIODIC | HPET_TIMER_VAL_SET |
                               HPET_TIMER_32MODE | HPET_TIMER_FSB_EN));
}

static uint64_t hpet_act(struct bus *bus, uint64_t now_ns, uint64_t random)
{
    unsigned n = take(&random, HPET_TEST_TIMERS);
    uint64_t soon;

    switch (take(&random, 10)) {
    case 0:
        bus_write(bus, now_ns, HPET_REG_CONFIG, 4, take(&random, 6) != 0 ? 1 + random % 2 * 2 : 0);
        return 0;
    case 1:
    case 2:
        bus_write(bus, now_ns, HPET_REG_TIMER_CONFIG(n), 8, hpet_timer_config(random));
        return 0;
    case 3:
    case 4:
        soon = bus_read(bus, now_ns, HPET_REG_COUNTER, 8) + random % 1000000;
        bus_write(bus, now_ns, HPET_REG_TIMER_COMPARATOR(n), 8, random & 1 ? soon : random % 99999);
        return 0;
    case 5:
        bus_write(bus, now_ns, HPET_REG_INT_STATUS, 4, random & 0x1f);
        return 0;
    case 6:
        bus_write(bus, now_ns, HPET_REG_TIMER_FSB(n), 8, UINT64_C(0xfee) << 52 | random % 64);
        return 0;
    default:
        return bus_read(bus, now_ns, 8 * take(&random, HPET_LENGTH_BYTES / 8), 8);
    }
}

static void hpet_start_ticks(struct bus *bus, uint64_t now_ns)
{
    bus_write(bus, now_ns, HPET_REG_TIMER_CONFIG(0), 8,
              HPET_TIMER_INT_ENB | HPET_TIMER_PERIODIC | HPET_TIMER_VAL_SET |
                  HPET_FIRST_ROUTE << HPET_TIMER_ROUTE_SHIFT);
    bus_write(bus, now_ns, HPET_REG_TIMER_COMPARATOR(0), 8, HPET_TICK_PERIOD);
    bus_write(bus, now_ns, HPET_REG_CONFIG, 8, HPET_CONFIG_ENABLE);
}

static uint64_t hpet_ticks(void *chip, struct bus *bus, uint64_t now_ns, uint64_t irq_rises)
{
    const struct hpet *hpet = chip;

    (void)bus;
    (void)now_ns;
    return irq_rises + hpet_lost_ticks(hpet).dropped;
}

const struct time_device hpet_device = {
    .name = "hpet",
    .chip_bytes = sizeof(struct hpet),
    .length_bytes = HPET_LENGTH_BYTES,
    .max_step_log2 = 24,
    .init = hpet_make,
    .act = hpet_act,
    .start_ticks = hpet_start_ticks,
    .ticks = hpet_ticks,
    .tick_rate = {100000000, HPET_TICK_PERIOD},
    .tick_modulus = UINT64_MAX,
};

/* --- UART: all but the long run --- */

static bool serial_send(void *ctx, uint8_t byte)
{
    (void)ctx;
    (void)byte;
    return true;
}

static void serial_make(void *chip, struct timerq *timers, unsigned rank, struct irq_line *lines,
                        uint64_t now_ns)
{
    serial_init(chip, &(struct serial_wiring){timers, rank, &lines[0], serial_send, NULL, NULL},
                now_ns);
}

/* Loopback is what fills the receiver; OUT2 without it lets the interrupts out. */
static uint64_t serial_act(struct bus *bus, uint64_t now_ns, uint64_t random)
{
    switch (take(&random, 8)) {
    case 0:
        bus_write(bus, now_ns, SERIAL_REG_MCR, 1,
                  random & SERIAL_MCR_LOOP ? random : SERIAL_MCR_OUT2);
        return 0;
    case 1:
        bus_write(bus, now_ns, SERIAL_REG_IIR_FCR, 1, random & 0xf9);
        return 0;
    case 2:
    case 3:
        bus_write(bus, now_ns, SERIAL_REG_RBR_THR, 1, random & 0xff);
        return 0;
    case 4:
        bus_write(bus, now_ns, take(&random, SERIAL_LENGTH_BYTES), 1, random & 0x8f);
        return 0;
    default:
        return bus_read(bus, now_ns, take(&random, SERIAL_LENGTH_BYTES), 1);
    }
}

const struct time_device serial_device = {
    .name = "serial",
    .chip_bytes = sizeof(struct serial),
    .length_bytes = SERIAL_LENGTH_BYTES,
    .max_step_log2 = 32,
    .init = serial_make,
    .act = serial_act,
};
