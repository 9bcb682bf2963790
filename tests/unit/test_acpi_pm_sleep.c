/* SPDX-License-Identifier: BSD-2-Clause */
/* ACPI PM block: S3, and what wakes a machine that sleeps. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "devices/bus.h"
#include "devices/pc/acpi_pm.h"

#define PORT_BASE 0x600
#define SLEEP     (ACPI_PM_SLP_TYP_S3 << 10 | ACPI_PM_SLP_EN_BIT)

struct rig {
    struct timerq timers;
    struct bus bus;
    struct irq_line sci;
    struct acpi_pm pm;
    unsigned asked[GUEST_CRASH_LOADED + 1];
};

static struct rig rig;

static void on_request(void *ctx, enum guest_request request, uint32_t value)
{
    (void)ctx;
    (void)value;
    rig.asked[request]++;
}

static void begin(bool has_s3)
{
    const struct acpi_pm_wiring wiring = {&rig.timers, 0, &rig.sci, {on_request, NULL}, 24, has_s3};

    rig = (struct rig){0};
    bus_init(&rig.bus, &rig.timers);
    acpi_pm_init(&rig.pm, &wiring, 0);
    bus_attach(&rig.bus, (struct bus_range){PORT_BASE, ACPI_PM_LENGTH_BYTES, &rig.pm.dev, 0});
}

static void out(uint32_t reg, uint64_t value)
{
    bus_write(&rig.bus, 1, PORT_BASE + reg, 2, value);
}

static uint64_t status(void)
{
    return bus_read(&rig.bus, 2, PORT_BASE + ACPI_PM_REG_STS, 2);
}

static void slp_en_with_the_type_of_s3_asks_for_sleep_where_there_is_one(void **unused)
{
    (void)unused;
    begin(true);
    out(ACPI_PM_REG_CNT, SLEEP);
    assert_int_equal(rig.asked[GUEST_SUSPEND], 1);
    assert_int_equal(rig.asked[GUEST_POWER_OFF] + rig.asked[GUEST_WAKE], 0);
    assert_int_equal(rig.pm.state.asleep, 1);
    begin(false);
    out(ACPI_PM_REG_CNT, SLEEP);
    assert_int_equal(rig.asked[GUEST_SUSPEND], 0);
    assert_int_equal(rig.pm.state.asleep, 0);
}

static void an_enabled_event_wakes_and_another_does_not(void **unused)
{
    (void)unused;
    begin(true);
    out(ACPI_PM_REG_EN, ACPI_PM_RTC_BIT);
    out(ACPI_PM_REG_CNT, SLEEP);
    acpi_pm_press_power_button(&rig.pm, 2);
    assert_false(acpi_pm_wants_wake(&rig.pm));
    acpi_pm_rtc_alarm(&rig.pm);
    assert_true(acpi_pm_wants_wake(&rig.pm));
    assert_int_equal(rig.asked[GUEST_WAKE], 1);
}

static void an_event_that_was_there_before_wakes_as_well(void **unused)
{
    (void)unused;
    begin(true);
    out(ACPI_PM_REG_EN, ACPI_PM_PWRBTN_BIT);
    acpi_pm_press_power_button(&rig.pm, 1);
    assert_int_equal(rig.asked[GUEST_WAKE], 0);
    out(ACPI_PM_REG_CNT, SLEEP);
    assert_true(acpi_pm_wants_wake(&rig.pm));
    assert_int_equal(rig.asked[GUEST_WAKE], 0);
}

static void a_wake_sets_wak_sts_and_keeps_what_woke_it(void **unused)
{
    (void)unused;
    begin(true);
    out(ACPI_PM_REG_EN, ACPI_PM_RTC_BIT);
    out(ACPI_PM_REG_CNT, SLEEP);
    acpi_pm_rtc_alarm(&rig.pm);
    acpi_pm_wake(&rig.pm, 2);
    assert_false(acpi_pm_wants_wake(&rig.pm));
    assert_int_equal(status(), ACPI_PM_WAK_BIT | ACPI_PM_RTC_BIT);
    assert_true(rig.sci.level);
    out(ACPI_PM_REG_STS, ACPI_PM_WAK_BIT);
    assert_int_equal(status(), ACPI_PM_RTC_BIT);
}

/* A snapshot of one that sleeps is none for a machine that cannot. */
static void only_a_machine_with_s3_can_be_asleep(void **unused)
{
    struct acpi_pm_state state;

    (void)unused;
    begin(true);
    out(ACPI_PM_REG_CNT, SLEEP);
    device_save(&rig.pm.dev, &state);
    assert_int_equal(device_load(&rig.pm.dev, 2, &state), 0);
    begin(false);
    assert_int_equal(device_load(&rig.pm.dev, 2, &state), -EINVAL);
    begin(true);
    state.asleep = 2;
    assert_int_equal(device_load(&rig.pm.dev, 2, &state), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slp_en_with_the_type_of_s3_asks_for_sleep_where_there_is_one),
        cmocka_unit_test(an_enabled_event_wakes_and_another_does_not),
        cmocka_unit_test(an_event_that_was_there_before_wakes_as_well),
        cmocka_unit_test(a_wake_sets_wak_sts_and_keeps_what_woke_it),
        cmocka_unit_test(only_a_machine_with_s3_can_be_asleep),
    };

    return cmocka_run_group_tests_name("acpi_pm_sleep", tests, NULL, NULL);
}
