/* SPDX-License-Identifier: BSD-2-Clause */
/* HPET: registers, counter, comparators. */
#include "tests/unit/hpet_rig.h"

static void cap_id_says_100_mhz_three_timers_64_bits_and_legacy(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    assert_int_equal(rd(&rig, 0, HPET_REG_CAP_ID), UINT64_C(0x009896808086a201));
    assert_int_equal(rd32(&rig, 0, HPET_REG_CAP_ID), HPET_CAP_ID_LOW(3));
    assert_int_equal(rd32(&rig, 0, HPET_REG_CAP_ID + 4), HPET_PERIOD_FS);
    wr(&rig, 0, HPET_REG_CAP_ID, 0);
    assert_int_equal(rd32(&rig, 0, HPET_REG_CAP_ID), HPET_CAP_ID_LOW(3));
}

static void a_block_of_32_timers_has_all_their_registers(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init_timers(&rig, 0, 32);
    assert_int_equal(rd(&rig, 0, HPET_REG_CAP_ID), UINT64_C(0x009896808086bf01));
    for (unsigned n = 0; n < 32; n++)
        wr(&rig, 0, HPET_REG_TIMER_COMPARATOR(n), 100 + n);
    for (unsigned n = 0; n < 32; n++)
        assert_int_equal(rd(&rig, 0, HPET_REG_TIMER_COMPARATOR(n)), 100 + n);
    start(&rig, 0, 31, LEVEL | GSI(23), 10, 0);
    assert_int_equal(rd(&rig, 10 * TICK_NS, HPET_REG_INT_STATUS), UINT64_C(1) << 31);
    assert_true(rig.lines[LINE_GSI20 + 3].level);
}

static void out_of_reset_it_is_halted_at_0_with_all_comparators_ones(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 77);
    assert_int_equal(rd(&rig, 1000000, HPET_REG_COUNTER), 0);
    assert_int_equal(rd(&rig, 1000000, HPET_REG_CONFIG), 0);
    for (unsigned n = 0; n < HPET_DEFAULT_TIMERS; n++) {
        assert_int_equal(rd(&rig, 0, HPET_REG_TIMER_COMPARATOR(n)), UINT64_MAX);
        assert_int_equal(rd(&rig, 0, HPET_REG_TIMER_CONFIG(n)),
                         UINT64_C(0x00f0000000000000) | HPET_TIMER_PERIODIC_CAP |
                             HPET_TIMER_SIZE_CAP | HPET_TIMER_FSB_CAP);
        assert_int_equal(rd(&rig, 0, HPET_REG_TIMER_FSB(n)), 0);
    }
}

static void counter_runs_while_enabled_and_keeps_its_value_while_halted(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    wr(&rig, 1003, HPET_REG_CONFIG, ENABLE);
    assert_int_equal(rd(&rig, 1012, HPET_REG_COUNTER), 0);
    assert_int_equal(rd(&rig, 1013, HPET_REG_COUNTER), 1);
    assert_int_equal(rd(&rig, 1003 + 400 * DAY_SEC * NS_PER_SEC, HPET_REG_COUNTER),
                     400 * DAY_SEC * 100000000);
    rig_init(&rig, 0);
    wr(&rig, 0, HPET_REG_CONFIG, ENABLE);
    wr(&rig, 1000, HPET_REG_CONFIG, 0);
    assert_int_equal(rd(&rig, 5000, HPET_REG_COUNTER), 100);
    wr(&rig, 6000, HPET_REG_CONFIG, ENABLE);
    assert_int_equal(rd(&rig, 6010, HPET_REG_COUNTER), 101);
}

static void a_write_of_config_that_keeps_enable_does_not_disturb_the_counter(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    wr(&rig, 0, HPET_REG_CONFIG, ENABLE);
    for (uint64_t now_ns = 7; now_ns < 70; now_ns += 7)
        wr(&rig, now_ns, HPET_REG_CONFIG, now_ns % 2 != 0 ? LEGACY : ENABLE);
    assert_int_equal(rd(&rig, 70, HPET_REG_COUNTER), 7);
}

static void counter_is_written_in_halves_or_whole_and_only_while_halted(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    wr32(&rig, 0, HPET_REG_COUNTER, 0xfffffffe);
    wr32(&rig, 0, HPET_REG_COUNTER + 4, 0x12345678);
    wr(&rig, 0, HPET_REG_CONFIG, ENABLE);
    wr(&rig, 0, HPET_REG_COUNTER, 0);
    assert_int_equal(rd(&rig, 10, HPET_REG_COUNTER), UINT64_C(0x12345678ffffffff));
    assert_int_equal(rd32(&rig, 20, HPET_REG_COUNTER), 0);
    assert_int_equal(rd32(&rig, 20, HPET_REG_COUNTER + 4), 0x12345679);
}

static void accesses_of_other_sizes_or_unaligned_are_not_decoded(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    assert_int_equal(bus_read(&rig.bus, 0, BASE + HPET_REG_CAP_ID, 1), UINT64_MAX);
    assert_int_equal(bus_read(&rig.bus, 0, BASE + HPET_REG_CAP_ID + 2, 4), UINT64_MAX);
    assert_int_equal(bus_read(&rig.bus, 0, BASE + HPET_REG_CAP_ID + 4, 8), UINT64_MAX);
    bus_write(&rig.bus, 0, BASE + HPET_REG_CONFIG, 1, ENABLE);
    bus_write(&rig.bus, 0, BASE + HPET_REG_CONFIG - 4, 8, UINT64_MAX);
    assert_int_equal(rd(&rig, 0, HPET_REG_CONFIG), 0);
}

static void registers_of_timers_that_are_not_there_read_0_and_cannot_be_written(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    for (uint32_t reg = HPET_REG_TIMER_CONFIG(3); reg < HPET_LENGTH_BYTES; reg += 8) {
        wr(&rig, 0, reg, UINT64_MAX);
        assert_int_equal(rd(&rig, 0, reg), 0);
    }
    assert_int_equal(rig.hpet.state.timers[3].config, 0);
    assert_int_equal(rig.hpet.state.timers[3].comparator, UINT64_MAX);
}

static void one_shot_interrupts_once_when_the_counter_arrives(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    start(&rig, 5, 2, EDGE | GSI(21), 100, 0);
    run_on_time(&rig, 5 + 100 * TICK_NS - 1);
    assert_int_equal(rig.rise_count[LINE_GSI20 + 1], 0);
    run_on_time(&rig, 5 + 100 * TICK_NS);
    assert_int_equal(rig.rise_count[LINE_GSI20 + 1], 1);
    assert_false(rig.lines[LINE_GSI20 + 1].level);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
    assert_int_equal(rd(&rig, 2000, HPET_REG_TIMER_COMPARATOR(2)), 100);
    assert_int_equal(rd(&rig, 2000, HPET_REG_INT_STATUS), 0);
}

static void a_comparator_at_or_behind_the_counter_waits_for_the_wrap(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    start(&rig, 0, 0, EDGE | HPET_TIMER_32MODE | GSI(20), 1000, 1000);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TICK_NS << 32);
    wr32(&rig, 50, HPET_REG_TIMER_COMPARATOR(0), 1004);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), (TICK_NS << 32) + 4 * TICK_NS);
    wr32(&rig, 50, HPET_REG_TIMER_COMPARATOR(0), 1006);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), 60);
}

static void in_32_bit_mode_one_shot_interrupts_at_each_wrap_of_the_low_half(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    start(&rig, 0, 0, EDGE | HPET_TIMER_32MODE | GSI(20), UINT64_C(0x500000010), UINT32_MAX);
    assert_int_equal(rd(&rig, 0, HPET_REG_TIMER_COMPARATOR(0)), 0x10);
    run_on_time(&rig, 17 * TICK_NS - 1);
    assert_int_equal(rig.rise_count[LINE_GSI20], 0);
    run_on_time(&rig, 17 * TICK_NS + (TICK_NS << 32) - 1);
    assert_int_equal(rig.rise_count[LINE_GSI20], 1);
    run_on_time(&rig, 17 * TICK_NS + 5 * (TICK_NS << 32));
    assert_int_equal(rig.rise_count[LINE_GSI20], 6);
}

static void periodic_comparator_grows_by_the_period_with_no_drift_over_400_days(void **unused)
{
    const uint64_t end_ns = 400 * DAY_SEC * NS_PER_SEC;
    const uint64_t period_ticks = UINT64_C(3600) * 100000000 + 7;
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    start(&rig, 0, 0, EDGE | PERIODIC | GSI(20), period_ticks, 0);
    run_on_time(&rig, end_ns);
    assert_int_equal(rig.rise_count[LINE_GSI20], 400 * 24 - 1);
    assert_int_equal(rd(&rig, end_ns, HPET_REG_TIMER_COMPARATOR(0)), 400 * 24 * period_ticks);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), 400 * 24 * period_ticks * TICK_NS);
}

/* As Linux does it: comparator ahead of a running count with VAL_SET, then the period without. */
static void val_set_sets_the_comparator_once_and_the_next_write_only_the_period(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    wr(&rig, 0, HPET_REG_COUNTER, 5000);
    wr32(&rig, 0, HPET_REG_TIMER_CONFIG(0), EDGE | PERIODIC | HPET_TIMER_32MODE);
    wr32(&rig, 0, HPET_REG_TIMER_COMPARATOR(0), 5300);
    wr32(&rig, 0, HPET_REG_TIMER_COMPARATOR(0), 100);
    assert_int_equal(rd32(&rig, 0, HPET_REG_TIMER_COMPARATOR(0)), 5300);
    wr(&rig, 0, HPET_REG_CONFIG, LEGACY);
    run_on_time(&rig, 299 * TICK_NS);
    assert_int_equal(rig.rise_count[LINE_IRQ0], 0);
    run_on_time(&rig, 300 * TICK_NS);
    assert_int_equal(rig.rise_count[LINE_IRQ0], 1);
    assert_int_equal(rd32(&rig, 300 * TICK_NS, HPET_REG_TIMER_COMPARATOR(0)), 5400);
    run_on_time(&rig, 600 * TICK_NS);
    assert_int_equal(rig.rise_count[LINE_IRQ0], 4);
}

static void one_write_with_val_set_sets_comparator_and_period(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    start(&rig, 0, 1, EDGE | PERIODIC | GSI(23), 0x123, 0);
    run_on_time(&rig, 0x123 * TICK_NS);
    assert_int_equal(rig.rise_count[LINE_GSI20 + 3], 1);
    assert_int_equal(rd(&rig, 0x123 * TICK_NS, HPET_REG_TIMER_COMPARATOR(1)), 0x246);
    assert_int_equal(rd(&rig, 0x246 * TICK_NS, HPET_REG_TIMER_COMPARATOR(1)), 0x369);
    assert_int_equal(rig.rise_count[LINE_GSI20 + 3], 2);
}

static void a_64_bit_comparator_is_set_in_two_halves_with_val_set_before_each(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    wr32(&rig, 0, HPET_REG_TIMER_CONFIG(0), PERIODIC);
    wr32(&rig, 0, HPET_REG_TIMER_COMPARATOR(0), 0x89abcdef);
    wr32(&rig, 0, HPET_REG_TIMER_CONFIG(0), PERIODIC);
    wr32(&rig, 0, HPET_REG_TIMER_COMPARATOR(0) + 4, 0x01234567);
    wr32(&rig, 0, HPET_REG_TIMER_COMPARATOR(0) + 4, 0);
    assert_int_equal(rd(&rig, 0, HPET_REG_TIMER_COMPARATOR(0)), UINT64_C(0x0123456789abcdef));
    assert_int_equal(rig.hpet.state.timers[0].period, 0x89abcdef);
}

/* Programs that set VAL_SET once and then write both halves expect a comparator of both. */
static void val_set_once_is_for_both_halves_of_the_comparator(void **unused)
{
    struct rig rig;

    (void)unused;
    for (uint32_t first = 0; first <= 4; first += 4) {
        rig_init(&rig, 0);
        wr(&rig, 0, HPET_REG_CONFIG, ENABLE);
        wr32(&rig, 0, HPET_REG_TIMER_CONFIG(0), EDGE | PERIODIC | GSI(20));
        wr32(&rig, 0, HPET_REG_TIMER_COMPARATOR(0) + first, first == 0 ? 100 : 0);
        wr32(&rig, 0, HPET_REG_TIMER_COMPARATOR(0) + (4 - first), first == 0 ? 0 : 100);
        run_on_time(&rig, 300 * TICK_NS);
        assert_int_equal(rig.rise_count[LINE_GSI20], 3);
        assert_int_equal(rd(&rig, 300 * TICK_NS, HPET_REG_TIMER_COMPARATOR(0)), 400);
    }
}

/* The half that came with VAL_SET is 5000, and the register's other half is as out of reset. */
static void assert_high_half_was_not_set(struct rig *rig)
{
    wr32(rig, 0, HPET_REG_TIMER_COMPARATOR(0) + 4, 7);
    assert_int_equal(rd(rig, 0, HPET_REG_TIMER_COMPARATOR(0)), UINT64_C(0xffffffff00001388));
    assert_int_equal(rig->hpet.state.timers[0].period >> 32, 7);
}

static void a_period_or_a_config_in_between_ends_what_val_set_is_for(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    wr32(&rig, 0, HPET_REG_TIMER_CONFIG(0), PERIODIC);
    wr32(&rig, 0, HPET_REG_TIMER_COMPARATOR(0), 5000);
    wr32(&rig, 0, HPET_REG_TIMER_COMPARATOR(0), 100);
    assert_high_half_was_not_set(&rig);
    rig_init(&rig, 0);
    wr32(&rig, 0, HPET_REG_TIMER_CONFIG(0), PERIODIC);
    wr32(&rig, 0, HPET_REG_TIMER_COMPARATOR(0), 5000);
    wr32(&rig, 0, HPET_REG_TIMER_CONFIG(0), HPET_TIMER_PERIODIC);
    assert_high_half_was_not_set(&rig);
}

static void after_both_halves_with_val_set_each_a_period_in_halves_is_one(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    for (uint32_t half = 0; half <= 4; half += 4) {
        wr32(&rig, 0, HPET_REG_TIMER_CONFIG(0), PERIODIC);
        wr32(&rig, 0, HPET_REG_TIMER_COMPARATOR(0) + half, 5000);
    }
    wr32(&rig, 0, HPET_REG_TIMER_COMPARATOR(0), 100);
    wr32(&rig, 0, HPET_REG_TIMER_COMPARATOR(0) + 4, 7);
    assert_int_equal(rd(&rig, 0, HPET_REG_TIMER_COMPARATOR(0)), UINT64_C(5000) << 32 | 5000);
    assert_int_equal(rig.hpet.state.timers[0].period, UINT64_C(7) << 32 | 100);
}

static void in_32_bit_mode_val_set_is_for_one_write_of_the_low_half(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    wr32(&rig, 0, HPET_REG_TIMER_CONFIG(0), PERIODIC | HPET_TIMER_32MODE);
    wr32(&rig, 0, HPET_REG_TIMER_COMPARATOR(0) + 4, 7);
    wr32(&rig, 0, HPET_REG_TIMER_COMPARATOR(0), 100);
    assert_int_equal(rd(&rig, 0, HPET_REG_TIMER_COMPARATOR(0)), 100);
    wr32(&rig, 0, HPET_REG_TIMER_COMPARATOR(0), 50);
    assert_int_equal(rd(&rig, 0, HPET_REG_TIMER_COMPARATOR(0)), 100);
}

static void setting_32_bit_mode_cuts_comparator_and_period_to_32_bits(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    wr(&rig, 0, HPET_REG_TIMER_CONFIG(0), PERIODIC);
    wr(&rig, 0, HPET_REG_TIMER_COMPARATOR(0), UINT64_C(0x700000064));
    wr(&rig, 0, HPET_REG_TIMER_CONFIG(0), HPET_TIMER_PERIODIC | HPET_TIMER_32MODE);
    assert_int_equal(rd(&rig, 0, HPET_REG_TIMER_COMPARATOR(0)), 0x64);
    wr(&rig, 0, HPET_REG_CONFIG, ENABLE);
    assert_int_equal(rd(&rig, 250 * TICK_NS, HPET_REG_TIMER_COMPARATOR(0)), 300);
}

static void the_high_half_of_a_register_is_written_without_the_low_half(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    start(&rig, 0, 0, LEVEL | GSI(20), 10, 0);
    wr32(&rig, 200, HPET_REG_CONFIG + 4, UINT32_MAX);
    wr32(&rig, 200, HPET_REG_INT_STATUS + 4, UINT32_MAX);
    wr32(&rig, 200, HPET_REG_TIMER_CONFIG(0) + 4, UINT32_MAX);
    assert_int_equal(rd(&rig, 200, HPET_REG_CONFIG), ENABLE);
    assert_int_equal(rd(&rig, 200, HPET_REG_INT_STATUS), 1);
    assert_int_equal(rd(&rig, 200, HPET_REG_TIMER_CONFIG(0)),
                     UINT64_C(0x00f0000000000000) | HPET_TIMER_PERIODIC_CAP | HPET_TIMER_SIZE_CAP |
                         HPET_TIMER_FSB_CAP | LEVEL | GSI(20));
}

static void val_set_and_capability_bits_are_not_stored(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    wr(&rig, 0, HPET_REG_TIMER_CONFIG(0), UINT64_MAX & ~(uint64_t)HPET_TIMER_ROUTE_MASK);
    assert_int_equal(rd(&rig, 0, HPET_REG_TIMER_CONFIG(0)), UINT64_C(0x00f000000000c13e));
    wr(&rig, 0, HPET_REG_TIMER_CONFIG(0), HPET_TIMER_VAL_SET);
    wr(&rig, 0, HPET_REG_TIMER_CONFIG(0), HPET_TIMER_PERIODIC);
    wr(&rig, 0, HPET_REG_TIMER_COMPARATOR(0), 5);
    assert_int_equal(rd(&rig, 0, HPET_REG_TIMER_COMPARATOR(0)), UINT32_MAX);
}

static void a_period_of_0_matches_once_in_each_wrap(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    start(&rig, 0, 0, EDGE | PERIODIC | HPET_TIMER_32MODE | GSI(20), 0, UINT32_MAX);
    run_on_time(&rig, TICK_NS + 3 * (TICK_NS << 32));
    assert_int_equal(rig.rise_count[LINE_GSI20], 4);
    start(&rig, TICK_NS << 34, 0, EDGE | PERIODIC | GSI(20), 0, 0);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
}

static void deadlines_past_the_end_of_guest_time_never_come(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    start(&rig, 1000, 0, EDGE | GSI(20), UINT64_MAX, 0);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
    start(&rig, 1000, 0, EDGE | GSI(20), UINT64_MAX / TICK_NS, 0);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
    start(&rig, 1000, 0, EDGE | GSI(20), UINT64_MAX / TICK_NS - 1000 / TICK_NS, 0);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), UINT64_MAX / TICK_NS * TICK_NS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cap_id_says_100_mhz_three_timers_64_bits_and_legacy),
        cmocka_unit_test(a_block_of_32_timers_has_all_their_registers),
        cmocka_unit_test(out_of_reset_it_is_halted_at_0_with_all_comparators_ones),
        cmocka_unit_test(counter_runs_while_enabled_and_keeps_its_value_while_halted),
        cmocka_unit_test(a_write_of_config_that_keeps_enable_does_not_disturb_the_counter),
        cmocka_unit_test(counter_is_written_in_halves_or_whole_and_only_while_halted),
        cmocka_unit_test(accesses_of_other_sizes_or_unaligned_are_not_decoded),
        cmocka_unit_test(registers_of_timers_that_are_not_there_read_0_and_cannot_be_written),
        cmocka_unit_test(one_shot_interrupts_once_when_the_counter_arrives),
        cmocka_unit_test(a_comparator_at_or_behind_the_counter_waits_for_the_wrap),
        cmocka_unit_test(in_32_bit_mode_one_shot_interrupts_at_each_wrap_of_the_low_half),
        cmocka_unit_test(periodic_comparator_grows_by_the_period_with_no_drift_over_400_days),
        cmocka_unit_test(val_set_sets_the_comparator_once_and_the_next_write_only_the_period),
        cmocka_unit_test(one_write_with_val_set_sets_comparator_and_period),
        cmocka_unit_test(a_64_bit_comparator_is_set_in_two_halves_with_val_set_before_each),
        cmocka_unit_test(val_set_once_is_for_both_halves_of_the_comparator),
        cmocka_unit_test(a_period_or_a_config_in_between_ends_what_val_set_is_for),
        cmocka_unit_test(after_both_halves_with_val_set_each_a_period_in_halves_is_one),
        cmocka_unit_test(in_32_bit_mode_val_set_is_for_one_write_of_the_low_half),
        cmocka_unit_test(setting_32_bit_mode_cuts_comparator_and_period_to_32_bits),
        cmocka_unit_test(the_high_half_of_a_register_is_written_without_the_low_half),
        cmocka_unit_test(val_set_and_capability_bits_are_not_stored),
        cmocka_unit_test(a_period_of_0_matches_once_in_each_wrap),
        cmocka_unit_test(deadlines_past_the_end_of_guest_time_never_come),
    };

    return cmocka_run_group_tests_name("hpet", tests, NULL, NULL);
}
