/* SPDX-License-Identifier: BSD-2-Clause */
/* The six modes of the 8254 as its data sheet words them, seen at the ports. */
#include "tests/unit/unit.h"

#include "tests/unit/pit_rig.h"

static void mode_0_out_goes_high_n_plus_1_pulses_after_the_count_is_written(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 10, 0, MODE(0), 4);
    assert_out(&rig, 0, 10, "0000011111");
}

static void mode_0_the_first_byte_of_two_stops_counting_and_sets_out_low(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(0), 4);
    assert_true(in_out(&rig, 10, 0));
    out(&rig, 10, PORT_COUNTER(0), 2);
    assert_false(in_out(&rig, 10, 0));
    assert_false(in_out(&rig, 1000, 0));
    out(&rig, 1000, PORT_COUNTER(0), 0);
    assert_out(&rig, 0, 1000, "00011");
}

static void mode_0_gate_low_holds_the_count_and_has_no_effect_on_out(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    gate2(&rig, 0, true);
    program(&rig, 0, 2, MODE(0), 4);
    gate2(&rig, 3, false);
    assert_int_equal(in_count(&rig, 500, 2), 2);
    gate2(&rig, 500, true);
    assert_out(&rig, 2, 500, "0011");
    gate2(&rig, 504, false);
    assert_true(in_out(&rig, 600, 2));
}

static void mode_1_a_trigger_gives_a_pulse_of_n_pulses_and_can_be_repeated(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 2, MODE(1), 3);
    assert_true(in_out(&rig, 100, 2));
    gate2(&rig, 100, true);
    assert_out(&rig, 2, 100, "10001");
    gate2(&rig, 200, false);
    gate2(&rig, 200, true);
    gate2(&rig, 202, false);
    gate2(&rig, 202, true);
    assert_out(&rig, 2, 202, "00001");
}

static void mode_2_out_is_low_for_one_pulse_in_every_n(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(2), 3);
    assert_out(&rig, 0, 0, "1110110110");
    program(&rig, 100, 0, MODE(6), 3);
    assert_out(&rig, 0, 100, "1110110110");
}

static void mode_2_gate_low_sets_out_high_and_its_rise_starts_the_period_again(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    gate2(&rig, 0, true);
    program(&rig, 0, 2, MODE(2), 4);
    assert_false(in_out(&rig, 4, 2));
    gate2(&rig, 4, false);
    assert_true(in_out(&rig, 4, 2));
    assert_true(in_out(&rig, 100, 2));
    gate2(&rig, 100, true);
    assert_out(&rig, 2, 100, "1111011101");
}

static void mode_2_a_new_count_is_loaded_at_the_end_of_the_period(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(2), 4);
    out(&rig, 2, PORT_COUNTER(0), 2);
    out(&rig, 2, PORT_COUNTER(0), 0);
    assert_true((in_status(&rig, 4, 0) & PIT_STATUS_NULL_COUNT) != 0);
    assert_out(&rig, 0, 4, "0101010");
    assert_true((in_status(&rig, 11, 0) & PIT_STATUS_NULL_COUNT) == 0);
}

static void mode_3_out_is_high_for_the_larger_half_of_n(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(3), 4);
    assert_out(&rig, 0, 1, "1100110011");
    program(&rig, 100, 0, MODE(7), 5);
    assert_out(&rig, 0, 101, "1110011100");
}

static void mode_3_counts_by_two_from_an_even_number(void **unused)
{
    static const unsigned even[] = {4, 2, 4, 2, 4};
    static const unsigned odd[] = {4, 2, 0, 4, 2, 4};
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(3), 4);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(in_count(&rig, 1 + i, 0), even[i]);
    program(&rig, 100, 0, MODE(3), 5);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(in_count(&rig, 101 + i, 0), odd[i]);
}

static void mode_4_strobes_once_n_plus_1_pulses_after_the_count(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(4), 3);
    assert_out(&rig, 0, 0, "111101111");
    /* Past 0 the count goes round; at its next 0 there is no strobe. */
    assert_int_equal(in_count(&rig, 5, 0), 0xffff);
    assert_out(&rig, 0, 65536 + 3, "1111");
}

static void mode_5_strobes_n_plus_1_pulses_after_a_trigger(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 2, MODE(5), 3);
    assert_true(in_out(&rig, 50, 2));
    gate2(&rig, 50, true);
    assert_out(&rig, 2, 50, "111101");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mode_0_out_goes_high_n_plus_1_pulses_after_the_count_is_written),
        cmocka_unit_test(mode_0_the_first_byte_of_two_stops_counting_and_sets_out_low),
        cmocka_unit_test(mode_0_gate_low_holds_the_count_and_has_no_effect_on_out),
        cmocka_unit_test(mode_1_a_trigger_gives_a_pulse_of_n_pulses_and_can_be_repeated),
        cmocka_unit_test(mode_2_out_is_low_for_one_pulse_in_every_n),
        cmocka_unit_test(mode_2_gate_low_sets_out_high_and_its_rise_starts_the_period_again),
        cmocka_unit_test(mode_2_a_new_count_is_loaded_at_the_end_of_the_period),
        cmocka_unit_test(mode_3_out_is_high_for_the_larger_half_of_n),
        cmocka_unit_test(mode_3_counts_by_two_from_an_even_number),
        cmocka_unit_test(mode_4_strobes_once_n_plus_1_pulses_after_the_count),
        cmocka_unit_test(mode_5_strobes_n_plus_1_pulses_after_a_trigger),
    };

    return cmocka_run_group_tests_name("pit_modes", tests, NULL, NULL);
}
