/* SPDX-License-Identifier: BSD-2-Clause */
/* RTC: what of registers A, B and C the tests of its clock leave. */
#include "tests/unit/rtc_rig.h"

/* Sunday 2024-03-31 01:59:58 UTC, two seconds before summer time begins. */
#define SUMMER_NS INT64_C(1711850398000000000)
/* 2099-12-31 23:59:59 UTC. */
#define CENTURY_END_NS INT64_C(4102444799000000000)
#define B_DSE          (1u << 0)

static void every_divider_value_but_010_stops_the_clock_and_is_left_as_the_reset_is(void **unused)
{
    (void)unused;
    for (unsigned dv = 0; dv < 8; dv++) {
        struct rig rig;

        if (dv << 4 == RTC_A_DV_RUN)
            continue;
        rig_init(&rig, SUMMER_NS);
        out(&rig, SEC(0), RTC_A, dv << 4 | 6);
        assert_int_equal(in(&rig, SEC(10) - 1, RTC_A), dv << 4 | 6);
        assert_int_equal(in(&rig, SEC(10), RTC_SECOND), 0x58);
        assert_int_equal(in(&rig, SEC(10), RTC_C), 0);
        out(&rig, SEC(10), RTC_A, RTC_A_DV_RUN | 6);
        assert_int_equal(in(&rig, SEC(10) + 500000000 + RTC_UPDATE_NS - 1, RTC_SECOND), 0x58);
        assert_int_equal(in(&rig, SEC(10) + 500000000 + RTC_UPDATE_NS, RTC_SECOND), 0x59);
    }
}

static void dse_and_sqwe_are_kept_and_summer_time_does_not_begin(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, SUMMER_NS);
    out(&rig, SEC(0), RTC_B, RTC_B_24H | B_DSE | RTC_B_SQWE);
    assert_int_equal(in(&rig, SEC(0), RTC_B), RTC_B_24H | B_DSE | RTC_B_SQWE);
    assert_int_equal(in(&rig, SEC(2), RTC_HOUR), 0x02);
    assert_int_equal(in(&rig, SEC(2), RTC_MINUTE), 0x00);
}

static void irqf_needs_a_flag_and_the_enable_bit_of_that_flag(void **unused)
{
    static const uint8_t flags[] = {RTC_C_PF, RTC_C_AF, RTC_C_UF};

    (void)unused;
    for (unsigned i = 0; i < sizeof flags; i++) {
        uint8_t others = (RTC_C_PF | RTC_C_AF | RTC_C_UF) & (uint8_t)~flags[i];
        struct rig rig;

        rig_init(&rig, SUMMER_NS);
        rig.rtc.state.regs[RTC_C] = others;
        out(&rig, SEC(0), RTC_B, RTC_B_24H | flags[i]);
        assert_false(rig.irq8.level);
        assert_int_equal(in(&rig, SEC(0), RTC_C), others);
        rig.rtc.state.regs[RTC_C] = flags[i];
        assert_int_equal(in(&rig, SEC(0), RTC_C), RTC_C_IRQF | flags[i]);
    }
}

static void a_reset_leaves_divider_rate_set_and_format_as_they_were(void **unused)
{
    const uint8_t format = RTC_B_SET | RTC_B_BINARY | B_DSE;
    struct rig rig;

    (void)unused;
    rig_init(&rig, SUMMER_NS);
    out(&rig, SEC(0), RTC_A, RTC_A_DV_RUN | 3);
    out(&rig, SEC(0), RTC_B, format | RTC_B_PIE | RTC_B_AIE | RTC_B_SQWE);
    bus_reset(&rig.bus, SEC(5));
    assert_int_equal(in(&rig, SEC(5), RTC_A), RTC_A_DV_RUN | 3);
    assert_int_equal(in(&rig, SEC(5), RTC_B), format);
    assert_int_equal(in(&rig, SEC(9), RTC_SECOND), 0x58);
}

static void the_century_is_one_byte_at_32h_and_37h(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, CENTURY_END_NS);
    assert_int_equal(in(&rig, SEC(0), 0x37), 0x20);
    assert_int_equal(in(&rig, SEC(1), 0x37), 0x21);
    out(&rig, SEC(1), 0x37, 0x19);
    assert_int_equal(in(&rig, SEC(1), 0x32), 0x19);
    assert_int_equal(rig.dates_set, 1);
    out(&rig, SEC(1), 0x32, 0x20);
    assert_int_equal(in(&rig, SEC(1), 0x80 | 0x37), 0x20);
    assert_int_equal(rig.dates_set, 2);
}

static void an_access_of_two_bytes_is_one_to_the_index_and_one_to_the_data(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, SUMMER_NS);
    bus_write(&rig.bus, SEC(0), PORT_INDEX, 2, 0xa5 << 8 | 0x40);
    assert_int_equal(in(&rig, SEC(0), 0x40), 0xa5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_divider_value_but_010_stops_the_clock_and_is_left_as_the_reset_is),
        cmocka_unit_test(dse_and_sqwe_are_kept_and_summer_time_does_not_begin),
        cmocka_unit_test(irqf_needs_a_flag_and_the_enable_bit_of_that_flag),
        cmocka_unit_test(a_reset_leaves_divider_rate_set_and_format_as_they_were),
        cmocka_unit_test(the_century_is_one_byte_at_32h_and_37h),
        cmocka_unit_test(an_access_of_two_bytes_is_one_to_the_index_and_one_to_the_data),
    };

    return cmocka_run_group_tests_name("rtc_registers", tests, NULL, NULL);
}
