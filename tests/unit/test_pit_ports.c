/* SPDX-License-Identifier: BSD-2-Clause */
/* PIT: power-on, latches in every format, counters that do not disturb each other, odd counts. */
#include "tests/unit/unit.h"

#include "tests/unit/pit_rig.h"

#define READ_BACK(n) (PIT_CONTROL_READ_BACK | PIT_READ_BACK_COUNTER(n))

static void after_power_on_every_out_is_high_without_a_count_and_nothing_interrupts(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
    for (unsigned n = 0; n < PIT_COUNTERS; n++)
        assert_int_equal(in_status(&rig, 100000, n),
                         PIT_STATUS_OUT | PIT_STATUS_NULL_COUNT | BOTH | MODE(3));
    assert_int_equal(rig.irq_count, 0);
}

static void in_a_one_byte_format_a_latched_count_is_one_read(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    out(&rig, 0, PORT_CONTROL, SELECT(0) | LSB | MODE(2));
    out(&rig, 0, PORT_COUNTER(0), 0x50);
    out(&rig, 0x11, PORT_CONTROL, SELECT(0));
    assert_int_equal(in(&rig, 0x21, PORT_COUNTER(0)), 0x40);
    assert_int_equal(in(&rig, 0x21, PORT_COUNTER(0)), 0x30);
    out(&rig, 1000, PORT_CONTROL, SELECT(0) | MSB | MODE(2));
    out(&rig, 1000, PORT_COUNTER(0), 0x50);
    out(&rig, 1001 + 0x1000, PORT_CONTROL, SELECT(0));
    assert_int_equal(in(&rig, 1001 + 0x2000, PORT_COUNTER(0)), 0x40);
    assert_int_equal(in(&rig, 1001 + 0x2000, PORT_COUNTER(0)), 0x30);
}

static void one_read_back_command_latches_both_and_the_status_is_read_first(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(2), 1000);
    out(&rig, 101, PORT_CONTROL, READ_BACK(0));
    assert_int_equal(in(&rig, 150, PORT_COUNTER(0)), PIT_STATUS_OUT | BOTH | MODE(2));
    assert_int_equal(in_count(&rig, 160, 0), 900);
    assert_int_equal(in_count(&rig, 170, 0), 831);
}

static void read_back_latches_nothing_of_a_counter_that_is_not_selected(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(2), 1000);
    out(&rig, 101, PORT_CONTROL, READ_BACK(1));
    out(&rig, 102, PORT_CONTROL, PIT_CONTROL_READ_BACK);
    assert_int_equal(in_count(&rig, 201, 0), 800);
}

static void a_latch_between_two_byte_reads_leaves_the_high_byte_next(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(2), 0x1234);
    assert_int_equal(in(&rig, 1, PORT_COUNTER(0)), 0x34);
    out(&rig, 0x101, PORT_CONTROL, SELECT(0));
    assert_int_equal(in(&rig, 0x501, PORT_COUNTER(0)), 0x11);
    assert_int_equal(in_count(&rig, 0x601, 0), 0x0c34);
}

static void programming_a_counter_leaves_the_others_counting(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    gate2(&rig, 0, true);
    for (unsigned n = 0; n < PIT_COUNTERS; n++)
        program(&rig, 0, n, MODE(2), 1000 * (n + 1));
    for (unsigned n = 0; n < PIT_COUNTERS; n++) {
        uint64_t tick = 101 + 100 * n;

        program(&rig, tick, n, MODE(0), 50);
        for (unsigned other = n + 1; other < PIT_COUNTERS; other++)
            assert_int_equal(in_count(&rig, tick, other), 1000 * (other + 1) - (tick - 1));
    }
}

static void gates_0_and_1_never_trigger_modes_1_and_5(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    for (unsigned n = 0; n < 2; n++) {
        program(&rig, 0, n, MODE(1 + 4 * n), 10);
        gate2(&rig, 5, true);
        assert_int_equal(in_status(&rig, 100000, n),
                         PIT_STATUS_OUT | PIT_STATUS_NULL_COUNT | BOTH | MODE(1 + 4 * n));
    }
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
}

static void a_bcd_digit_above_9_counts_for_its_value(void **unused)
{
    static const unsigned counts[][2] = {{0x000a, 10}, {0x00f0, 150}, {0x0f00, 1500}};
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    for (unsigned i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        uint64_t tick = 10000 * i;

        program(&rig, tick, 0, MODE(0) | BCD, counts[i][0]);
        assert_false(in_out(&rig, tick + counts[i][1], 0));
        assert_true(in_out(&rig, tick + counts[i][1] + 1, 0));
    }
}

static void the_refresh_toggle_does_not_depend_on_counter_1(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 1, MODE(2), 7);
    for (uint64_t tick = 1; tick <= 360; tick++)
        assert_int_equal((in(&rig, tick, PORT_B) & PIT_PORT61_REFRESH) != 0, tick / 18 % 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_power_on_every_out_is_high_without_a_count_and_nothing_interrupts),
        cmocka_unit_test(in_a_one_byte_format_a_latched_count_is_one_read),
        cmocka_unit_test(one_read_back_command_latches_both_and_the_status_is_read_first),
        cmocka_unit_test(read_back_latches_nothing_of_a_counter_that_is_not_selected),
        cmocka_unit_test(a_latch_between_two_byte_reads_leaves_the_high_byte_next),
        cmocka_unit_test(programming_a_counter_leaves_the_others_counting),
        cmocka_unit_test(gates_0_and_1_never_trigger_modes_1_and_5),
        cmocka_unit_test(a_bcd_digit_above_9_counts_for_its_value),
        cmocka_unit_test(the_refresh_toggle_does_not_depend_on_counter_1),
    };

    return cmocka_run_group_tests_name("pit_ports", tests, NULL, NULL);
}
