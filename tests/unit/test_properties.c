/* The five properties of time devices, for each of them. */
#include "tests/unit/unit.h"

#include "devices/acpi_pm.h"
#include "devices/calendar.h"
#include "devices/pit.h"
#include "devices/rtc.h"
#include "tests/unit/properties.h"

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

static void acpi_pm_make(void *chip, struct timerq *timers, struct irq_line *irq, uint64_t now_ns)
{
    acpi_pm_init(chip, &(struct acpi_pm_wiring){timers, irq, {ignore_request, NULL}, 24}, now_ns);
}

/* A write that clears nothing makes the block look at its state. */
static void acpi_pm_wake(void *chip, uint64_t now_ns)
{
    struct acpi_pm *pm = chip;

    pm->dev.ops->write(&pm->dev, now_ns, ACPI_PM_REG_STS, 2, 0);
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

static const struct time_device acpi_pm_device = {
    .name = "acpi_pm",
    .chip_bytes = sizeof(struct acpi_pm),
    .state_offset = offsetof(struct acpi_pm, state),
    .state_bytes = sizeof(struct acpi_pm_state),
    .length_bytes = ACPI_PM_LENGTH_BYTES,
    .max_step_log2 = 33,
    .init = acpi_pm_make,
    .rearm = acpi_pm_wake,
    .act = acpi_pm_act,
    .start_ticks = acpi_pm_start_ticks,
    .ticks = acpi_pm_ticks,
    .tick_rate = {315000000, 88},
    .tick_modulus = 1u << 24,
};

/* --- PIT --- */

static void pit_make(void *chip, struct timerq *timers, struct irq_line *irq, uint64_t now_ns)
{
    pit_init(chip, &(struct pit_wiring){timers, irq}, now_ns);
}

static void pit_wake(void *chip, uint64_t now_ns)
{
    pit_rearm(chip, now_ns);
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
    return irq_rises + pit->missed_edges;
}

static const struct time_device pit_device = {
    .name = "pit",
    .chip_bytes = sizeof(struct pit),
    .state_offset = offsetof(struct pit, state),
    .state_bytes = sizeof(struct pit_state),
    .length_bytes = PIT_REG_COUNT,
    .max_step_log2 = 21,
    .init = pit_make,
    .rearm = pit_wake,
    .act = pit_act,
    .start_ticks = pit_start_ticks,
    .ticks = pit_ticks,
    .tick_rate = {105000000, UINT64_C(88) * 65536},
    .tick_modulus = UINT64_MAX,
};

/* --- RTC --- */

#define RTC_WALL_SEC INT64_C(1700000000)

static void rtc_make(void *chip, struct timerq *timers, struct irq_line *irq, uint64_t now_ns)
{
    rtc_init(chip, &(struct rtc_wiring){.timers = timers, .irq8 = irq}, now_ns,
             RTC_WALL_SEC * NS_PER_SEC);
}

static void rtc_wake(void *chip, uint64_t now_ns)
{
    rtc_rearm(chip, now_ns);
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

static const struct time_device rtc_device = {
    .name = "rtc",
    .chip_bytes = sizeof(struct rtc),
    .state_offset = offsetof(struct rtc, state),
    .state_bytes = sizeof(struct rtc_state),
    .length_bytes = 2,
    .max_step_log2 = 36,
    .init = rtc_make,
    .rearm = rtc_wake,
    .act = rtc_act,
    .start_ticks = rtc_start_ticks,
    .ticks = rtc_ticks,
    .tick_rate = {1, 1},
    .tick_modulus = UINT64_MAX,
};

static void acpi_pm_has_the_five_properties(void **unused)
{
    (void)unused;
    assert_properties(&acpi_pm_device);
}

static void pit_has_the_five_properties(void **unused)
{
    (void)unused;
    assert_properties(&pit_device);
}

static void rtc_has_the_five_properties(void **unused)
{
    (void)unused;
    assert_properties(&rtc_device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acpi_pm_has_the_five_properties),
        cmocka_unit_test(pit_has_the_five_properties),
        cmocka_unit_test(rtc_has_the_five_properties),
    };

    return cmocka_run_group_tests_name("properties", tests, NULL, NULL);
}
