/* SPDX-License-Identifier: BSD-2-Clause */
/* HPET: status bits, reserved bits, and the end of the 64-bit counter. */
#include "tests/unit/hpet_rig.h"

static void a_64_bit_match_behind_the_counter_comes_after_the_counter_has_wrapped(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    start(&rig, 0, 0, EDGE | GSI(20), 3, UINT64_MAX - 4);
    assert_int_equal(rd(&rig, 4 * TICK_NS, HPET_REG_COUNTER), UINT64_MAX);
    assert_int_equal(rd(&rig, 5 * TICK_NS, HPET_REG_COUNTER), 0);
    run_on_time(&rig, 8 * TICK_NS - 1);
    assert_int_equal(rig.rise_count[LINE_GSI20], 0);
    run_on_time(&rig, 8 * TICK_NS);
    assert_int_equal(rig.rise_count[LINE_GSI20], 1);
}

static void a_periodic_comparator_wraps_with_the_counter(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    wr(&rig, 0, HPET_REG_COUNTER, UINT64_MAX - 4);
    wr(&rig, 0, HPET_REG_TIMER_CONFIG(0), EDGE | PERIODIC | GSI(20));
    wr(&rig, 0, HPET_REG_TIMER_COMPARATOR(0), UINT64_MAX - 1);
    wr(&rig, 0, HPET_REG_TIMER_COMPARATOR(0), 10);
    wr(&rig, 0, HPET_REG_CONFIG, ENABLE);
    run_on_time(&rig, 13 * TICK_NS);
    assert_int_equal(rig.rise_count[LINE_GSI20], 2);
    assert_int_equal(rd(&rig, 13 * TICK_NS, HPET_REG_TIMER_COMPARATOR(0)), 18);
}

static void a_0_written_to_int_status_clears_nothing(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    start(&rig, 0, 1, LEVEL | GSI(20), 10, 0);
    wr(&rig, 200, HPET_REG_INT_STATUS, ~UINT64_C(2));
    assert_int_equal(rd(&rig, 200, HPET_REG_INT_STATUS), 2);
    assert_true(rig.lines[LINE_GSI20].level);
}

static void a_periodic_timer_in_level_mode_sets_its_status_in_each_period(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    start(&rig, 0, 0, LEVEL | PERIODIC | GSI(20), 10, 0);
    for (uint64_t n = 1; n <= 3; n++) {
        run_on_time(&rig, n * 10 * TICK_NS - 1);
        assert_false(rig.lines[LINE_GSI20].level);
        run_on_time(&rig, n * 10 * TICK_NS);
        assert_true(rig.lines[LINE_GSI20].level);
        wr(&rig, n * 10 * TICK_NS, HPET_REG_INT_STATUS, 1);
    }
}

static void reserved_bits_and_registers_read_0(void **unused)
{
    static const uint32_t reserved[] = {0x008, 0x018, 0x028, 0x0e8, 0x0f8, 0x118, 0x138};
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    wr(&rig, 0, HPET_REG_CONFIG, ~(uint64_t)ENABLE);
    assert_int_equal(rd(&rig, 0, HPET_REG_CONFIG), HPET_CONFIG_LEG_RT);
    for (unsigned i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        wr(&rig, 0, reserved[i], UINT64_MAX);
        assert_int_equal(rd(&rig, 0, reserved[i]), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_64_bit_match_behind_the_counter_comes_after_the_counter_has_wrapped),
        cmocka_unit_test(a_periodic_comparator_wraps_with_the_counter),
        cmocka_unit_test(a_0_written_to_int_status_clears_nothing),
        cmocka_unit_test(a_periodic_timer_in_level_mode_sets_its_status_in_each_period),
        cmocka_unit_test(reserved_bits_and_registers_read_0),
    };

    return cmocka_run_group_tests_name("hpet_wrap", tests, NULL, NULL);
}
