/* SPDX-License-Identifier: BSD-2-Clause */
/* The HPET's counter makes a step, forward or back. */
#include "tests/unit/hpet_rig.h"

#define T0 UINT64_C(1000)

static struct rig rig;

static uint64_t counter(uint64_t now_ns)
{
    return rd(&rig, now_ns, HPET_REG_COUNTER);
}

static void start_one_shot(uint64_t comparator)
{
    rig_init(&rig, T0);
    start(&rig, T0, 0, EDGE | GSI(20), comparator, 500);
}

static void the_counter_steps_both_ways_and_goes_on(void **unused)
{
    (void)unused;
    rig_init(&rig, T0);
    start(&rig, T0, 0, 0, 0, 500);
    hpet_step(&rig.hpet, T0 + 105, 1000);
    assert_int_equal(counter(T0 + 105), 1510);
    assert_int_equal(counter(T0 + 110), 1511);
    hpet_step(&rig.hpet, T0 + 200, -1100);
    assert_int_equal(counter(T0 + 200), 420);
    assert_int_equal(counter(T0 + 210), 421);
}

static void a_comparator_that_is_stepped_over_matches_once(void **unused)
{
    (void)unused;
    start_one_shot(600);
    hpet_step(&rig.hpet, T0, 99);
    assert_int_equal(rig.rise_count[LINE_GSI20], 0);
    hpet_step(&rig.hpet, T0, 1);
    assert_int_equal(rig.rise_count[LINE_GSI20], 1);
    run_on_time(&rig, T0 + 1000000);
    assert_int_equal(rig.rise_count[LINE_GSI20], 1);
}

static void after_a_step_back_it_comes_later_by_as_much(void **unused)
{
    (void)unused;
    start_one_shot(600);
    hpet_step(&rig.hpet, T0 + 500, -50);
    run_on_time(&rig, T0 + 1499);
    assert_int_equal(rig.rise_count[LINE_GSI20], 0);
    run_on_time(&rig, T0 + 1500);
    assert_int_equal(rig.rise_count[LINE_GSI20], 1);
}

/* Of the matches on the way one counts. */
static void a_periodic_timer_keeps_its_phase(void **unused)
{
    (void)unused;
    rig_init(&rig, T0);
    start(&rig, T0, 0, EDGE | PERIODIC | GSI(20), 100, 0);
    hpet_step(&rig.hpet, T0, 1050);
    assert_int_equal(rig.rise_count[LINE_GSI20], 1);
    assert_int_equal(rd(&rig, T0, HPET_REG_TIMER_COMPARATOR(0)), 1100);
    run_on_time(&rig, T0 + 499);
    assert_int_equal(rig.rise_count[LINE_GSI20], 1);
    run_on_time(&rig, T0 + 500);
    assert_int_equal(rig.rise_count[LINE_GSI20], 2);
}

/* Whatever its policy says: nobody has missed them. */
static void no_match_on_the_way_is_owed(void **unused)
{
    (void)unused;
    rig_init(&rig, T0);
    hpet_set_lost_ticks(&rig.hpet, LOST_TICKS_BURST);
    start(&rig, T0, 0, EDGE | PERIODIC | GSI(20), 100, 0);
    start(&rig, T0, 1, LEVEL | PERIODIC | GSI(21), 100, 0);
    hpet_step(&rig.hpet, T0, 1050);
    assert_int_equal(rig.rise_count[LINE_GSI20], 1);
    assert_int_equal(rig.rise_count[LINE_GSI20 + 1], 1);
    assert_int_equal(hpet_lost_ticks(&rig.hpet).owed, 0);
    assert_int_equal(hpet_lost_ticks(&rig.hpet).dropped, 0);
}

static void one_that_is_halted_steps_and_interrupts_nobody(void **unused)
{
    (void)unused;
    start_one_shot(600);
    wr(&rig, T0, HPET_REG_CONFIG, 0);
    hpet_step(&rig.hpet, T0 + 50, 1000);
    assert_int_equal(counter(T0 + 900), 1500);
    hpet_step(&rig.hpet, T0 + 950, -2000);
    assert_int_equal(counter(T0 + 950), UINT64_C(0) - 500);
    assert_int_equal(rig.rise_count[LINE_GSI20], 0);
}

/* A state that a step has left can be saved and loaded. */
static void the_state_is_one_that_a_chip_can_be_in(void **unused)
{
    struct hpet_state state;

    (void)unused;
    start_one_shot(600);
    hpet_step(&rig.hpet, T0 + 500, -5000);
    device_save(&rig.hpet.dev, &state);
    assert_int_equal(device_load(&rig.hpet.dev, T0 + 500, &state), 0);
    hpet_step(&rig.hpet, T0 + 600, 100000);
    device_save(&rig.hpet.dev, &state);
    assert_int_equal(device_load(&rig.hpet.dev, T0 + 600, &state), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_counter_steps_both_ways_and_goes_on),
        cmocka_unit_test(a_comparator_that_is_stepped_over_matches_once),
        cmocka_unit_test(after_a_step_back_it_comes_later_by_as_much),
        cmocka_unit_test(a_periodic_timer_keeps_its_phase),
        cmocka_unit_test(no_match_on_the_way_is_owed),
        cmocka_unit_test(one_that_is_halted_steps_and_interrupts_nobody),
        cmocka_unit_test(the_state_is_one_that_a_chip_can_be_in),
    };

    return cmocka_run_group_tests_name("hpet_step", tests, NULL, NULL);
}
