/* SPDX-License-Identifier: BSD-2-Clause */
/* The six properties of time devices, for each of them. */
#include "tests/unit/unit.h"

#include "tests/unit/time_devices.h"

static void acpi_pm_has_the_six_properties(void **unused)
{
    (void)unused;
    assert_properties(&acpi_pm_device);
    assert_properties(&acpi_pm_32_device);
}

static void pit_has_the_six_properties(void **unused)
{
    (void)unused;
    assert_properties(&pit_device);
}

static void rtc_has_the_six_properties(void **unused)
{
    (void)unused;
    assert_properties(&rtc_device);
}

static void hpet_has_the_six_properties(void **unused)
{
    (void)unused;
    assert_properties(&hpet_device);
}

static void serial_has_the_five_properties_that_do_not_need_a_counter(void **unused)
{
    (void)unused;
    assert_properties(&serial_device);
}

static void what_serial_calls_timeless_has_nothing_to_do_with_time(void **unused)
{
    (void)unused;
    assert_timeless(&serial_device);
}

static void different_chips_on_one_queue_keep_each_other_company(void **unused)
{
    static const struct time_device *const all[] = {&hpet_device, &pit_device,  &rtc_device,
                                                    &pit_device,  &hpet_device, NULL};

    (void)unused;
    assert_company(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acpi_pm_has_the_six_properties),
        cmocka_unit_test(pit_has_the_six_properties),
        cmocka_unit_test(rtc_has_the_six_properties),
        cmocka_unit_test(hpet_has_the_six_properties),
        cmocka_unit_test(serial_has_the_five_properties_that_do_not_need_a_counter),
        cmocka_unit_test(what_serial_calls_timeless_has_nothing_to_do_with_time),
        cmocka_unit_test(different_chips_on_one_queue_keep_each_other_company),
    };

    return cmocka_run_group_tests_name("properties", tests, NULL, NULL);
}
