/* SPDX-License-Identifier: BSD-2-Clause */
/* HPET: routes, edge and level mode, legacy replacement, a late host. */
#include "tests/unit/hpet_rig.h"

static void only_routes_20_to_23_are_taken(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    for (unsigned route = 0; route < 32; route++) {
        wr(&rig, 0, HPET_REG_TIMER_CONFIG(0), GSI(22));
        wr(&rig, 0, HPET_REG_TIMER_CONFIG(0), GSI(route));
        assert_int_equal(rd(&rig, 0, HPET_REG_TIMER_CONFIG(0)) & HPET_TIMER_ROUTE_MASK,
                         route >= 20 && route <= 23 ? GSI(route) : GSI(22));
    }
}

static void a_timer_that_is_routed_nowhere_or_not_enabled_drives_nothing(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    start(&rig, 0, 0, EDGE | PERIODIC, 10, 0);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
    start(&rig, 0, 0, PERIODIC | GSI(20), 10, 0);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
    assert_int_equal(rd(&rig, 1000, HPET_REG_TIMER_COMPARATOR(0)), 110);
    for (unsigned i = 0; i < LINE_COUNT; i++)
        assert_int_equal(rig.rise_count[i], 0);
}

static void level_mode_holds_the_line_until_1_is_written_to_int_status(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    start(&rig, 0, 1, LEVEL | PERIODIC | GSI(20), 100, 0);
    run_on_time(&rig, 100 * TICK_NS);
    assert_true(rig.lines[LINE_GSI20].level);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
    assert_int_equal(rd(&rig, 1000, HPET_REG_INT_STATUS), 2);
    wr(&rig, 1000, HPET_REG_INT_STATUS, UINT64_C(0xffffffff00000005));
    assert_true(rig.lines[LINE_GSI20].level);
    wr32(&rig, 1000, HPET_REG_INT_STATUS, 2);
    assert_false(rig.lines[LINE_GSI20].level);
    assert_int_equal(rd(&rig, 1999, HPET_REG_INT_STATUS), 0);
    assert_int_equal(rd(&rig, 2000, HPET_REG_INT_STATUS), 2);
    assert_int_equal(rig.rise_count[LINE_GSI20], 2);
}

static void level_status_is_set_without_int_enb_and_then_raises_the_line(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    start(&rig, 0, 0, HPET_TIMER_LEVEL | GSI(20), 100, 0);
    assert_int_equal(rd(&rig, 999, HPET_REG_INT_STATUS), 0);
    assert_int_equal(rd(&rig, 1000, HPET_REG_INT_STATUS), 1);
    assert_false(rig.lines[LINE_GSI20].level);
    wr(&rig, 1001, HPET_REG_TIMER_CONFIG(0), LEVEL | GSI(20));
    assert_true(rig.lines[LINE_GSI20].level);
    wr(&rig, 1002, HPET_REG_TIMER_CONFIG(0), EDGE | GSI(20));
    assert_false(rig.lines[LINE_GSI20].level);
    assert_int_equal(rd(&rig, 1002, HPET_REG_INT_STATUS), 0);
}

static void halting_drops_the_line_and_keeps_the_status(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    start(&rig, 0, 0, LEVEL | GSI(20), 100, 0);
    run_on_time(&rig, 1000);
    wr(&rig, 1001, HPET_REG_CONFIG, 0);
    assert_false(rig.lines[LINE_GSI20].level);
    assert_int_equal(rd(&rig, 1001, HPET_REG_INT_STATUS), 1);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
    wr(&rig, 1002, HPET_REG_CONFIG, ENABLE);
    assert_true(rig.lines[LINE_GSI20].level);
}

static void two_level_timers_share_a_line(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    wr(&rig, 0, HPET_REG_TIMER_CONFIG(0), LEVEL | GSI(20));
    wr(&rig, 0, HPET_REG_TIMER_COMPARATOR(0), 10);
    start(&rig, 0, 2, LEVEL | GSI(20), 20, 0);
    run_on_time(&rig, 200);
    assert_int_equal(rig.rise_count[LINE_GSI20], 1);
    wr(&rig, 200, HPET_REG_INT_STATUS, 1);
    assert_true(rig.lines[LINE_GSI20].level);
    wr(&rig, 200, HPET_REG_INT_STATUS, 4);
    assert_false(rig.lines[LINE_GSI20].level);
}

static void an_edge_on_a_line_that_a_level_timer_holds_does_not_drop_it(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    wr(&rig, 0, HPET_REG_TIMER_CONFIG(0), LEVEL | GSI(20));
    wr(&rig, 0, HPET_REG_TIMER_COMPARATOR(0), 10);
    start(&rig, 0, 1, EDGE | GSI(20), 20, 0);
    run_on_time(&rig, 300);
    assert_true(rig.lines[LINE_GSI20].level);
    assert_int_equal(rig.rise_count[LINE_GSI20], 1);
}

static void wraps_that_a_late_host_did_not_deliver_are_counted(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    start(&rig, 0, 0, EDGE | HPET_TIMER_32MODE | GSI(20), 10, 0);
    timerq_run(&rig.timers, 10 * TICK_NS + 5 * (TICK_NS << 32));
    assert_int_equal(rig.rise_count[LINE_GSI20], 1);
    assert_int_equal(hpet_lost_ticks(&rig.hpet).dropped, 5);
}

static void legacy_replacement_takes_irq_0_and_8_whatever_the_routes(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    for (unsigned n = 0; n < 3; n++) {
        wr(&rig, 0, HPET_REG_TIMER_CONFIG(n), EDGE | GSI(22));
        wr(&rig, 0, HPET_REG_TIMER_COMPARATOR(n), 10);
    }
    wr(&rig, 0, HPET_REG_CONFIG, LEGACY);
    run_on_time(&rig, 100);
    assert_int_equal(rig.rise_count[LINE_IRQ0], 1);
    assert_int_equal(rig.rise_count[LINE_IRQ8], 1);
    assert_int_equal(rig.rise_count[LINE_GSI20 + 2], 1);
}

static void legacy_replacement_needs_both_bits_and_is_told_at_each_change(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    wr(&rig, 0, HPET_REG_CONFIG, HPET_CONFIG_LEG_RT);
    assert_int_equal(rig.legacy_change_count, 0);
    wr(&rig, 0, HPET_REG_TIMER_CONFIG(0), LEVEL);
    wr(&rig, 0, HPET_REG_TIMER_COMPARATOR(0), 10);
    wr(&rig, 0, HPET_REG_CONFIG, LEGACY);
    wr(&rig, 0, HPET_REG_CONFIG, LEGACY);
    assert_int_equal(rig.legacy_change_count, 1);
    run_on_time(&rig, 100);
    assert_true(rig.lines[LINE_IRQ0].level);
    wr(&rig, 100, HPET_REG_CONFIG, HPET_CONFIG_LEG_RT);
    assert_int_equal(rig.legacy_change_count, 2);
    wr(&rig, 100, HPET_REG_CONFIG, LEGACY);
    assert_true(rig.legacy);
    bus_reset(&rig.bus, 110);
    assert_false(rig.legacy);
    assert_false(rig.lines[LINE_IRQ0].level);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
}

static void a_period_of_one_tick_costs_a_late_host_one_callback_and_one_edge(void **unused)
{
    const uint64_t late_ns = 400 * DAY_SEC * NS_PER_SEC;
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    start(&rig, 0, 0, EDGE | PERIODIC | GSI(20), 1, 0);
    timerq_run(&rig.timers, late_ns);
    assert_int_equal(rig.rise_count[LINE_GSI20], 1);
    assert_int_equal(hpet_lost_ticks(&rig.hpet).dropped, late_ns / TICK_NS - 1);
    assert_int_equal(rd(&rig, late_ns, HPET_REG_TIMER_COMPARATOR(0)), late_ns / TICK_NS + 1);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), late_ns + TICK_NS);
}

/* Two machines, one run on time and one looked at only now and then, show the same registers. */
static void registers_do_not_depend_on_how_late_the_host_is(void **unused)
{
    static const uint64_t configs[] = {
        EDGE | PERIODIC | GSI(20) | HPET_TIMER_32MODE,
        LEVEL | PERIODIC | GSI(21) | HPET_TIMER_32MODE,
        HPET_TIMER_LEVEL | HPET_TIMER_32MODE,
    };
    struct rig prompt, late;
    struct rig *rigs[] = {&prompt, &late};

    (void)unused;
    for (unsigned i = 0; i < 2; i++) {
        rig_init(rigs[i], 3);
        for (unsigned n = 0; n < 3; n++)
            start(rigs[i], 3, n, configs[n], 97 + 89 * n, UINT32_MAX - 1000);
    }
    for (uint64_t now_ns = 3; now_ns < 200000; now_ns += 7919) {
        run_on_time(&prompt, now_ns);
        for (uint32_t reg = 0; reg < HPET_REG_TIMER_CONFIG(3); reg += 8)
            assert_int_equal(rd(&prompt, now_ns, reg), rd(&late, now_ns, reg));
        wr(&prompt, now_ns, HPET_REG_INT_STATUS, 7);
        wr(&late, now_ns, HPET_REG_INT_STATUS, 7);
    }
    assert_true(prompt.rise_count[LINE_GSI20] > late.rise_count[LINE_GSI20]);
    assert_int_equal(prompt.rise_count[LINE_GSI20],
                     late.rise_count[LINE_GSI20] + late.hpet.state.ticks[0].dropped);
    assert_int_equal(prompt.hpet.state.ticks[1].dropped, late.hpet.state.ticks[1].dropped);
    assert_int_equal(prompt.rise_count[LINE_GSI20 + 1], late.rise_count[LINE_GSI20 + 1]);
}

static void fsb_route_is_32_bits_of_data_and_32_of_address_and_written_in_halves(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    wr(&rig, 0, HPET_REG_TIMER_FSB(2), UINT64_C(0x0123456789abcdef));
    assert_int_equal(rd32(&rig, 0, HPET_REG_TIMER_FSB(2) + 4), 0x01234567);
    wr32(&rig, 0, HPET_REG_TIMER_FSB(2) + 4, 0xfee00000);
    assert_int_equal(rd(&rig, 0, HPET_REG_TIMER_FSB(2)), UINT64_C(0xfee0000089abcdef));
    assert_int_equal(rd(&rig, 0, HPET_REG_TIMER_FSB(1)), 0);
}

static void fsb_en_sends_the_data_to_the_address_instead_of_using_the_route(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    wr(&rig, 0, HPET_REG_TIMER_FSB(1), MESSAGE_ROUTE);
    start(&rig, 0, 1, EDGE | HPET_TIMER_FSB_EN | PERIODIC | GSI(21), 100, 0);
    run_on_time(&rig, 100 * TICK_NS - 1);
    assert_int_equal(rig.rise_count[MESSAGES], 0);
    run_on_time(&rig, 300 * TICK_NS);
    assert_int_equal(rig.rise_count[MESSAGES], 3);
    assert_int_equal(rig.last_message, MESSAGE_ROUTE);
    for (unsigned line = 0; line < LINE_COUNT; line++)
        assert_int_equal(rig.rise_count[line], 0);
}

static void legacy_replacement_does_not_preclude_fsb_delivery(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    wr(&rig, 0, HPET_REG_TIMER_FSB(0), MESSAGE_ROUTE);
    start(&rig, 0, 0, EDGE | HPET_TIMER_FSB_EN, 100, 0);
    wr(&rig, 0, HPET_REG_CONFIG, LEGACY);
    run_on_time(&rig, 100 * TICK_NS);
    assert_int_equal(rig.rise_count[MESSAGES], 1);
    assert_int_equal(rig.rise_count[LINE_IRQ0], 0);
}

static void fsb_delivery_needs_edge_mode_and_int_enb(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    wr(&rig, 0, HPET_REG_TIMER_FSB(0), MESSAGE_ROUTE);
    start(&rig, 0, 0, LEVEL | HPET_TIMER_FSB_EN | GSI(20), 100, 0);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
    assert_int_equal(rd(&rig, 100 * TICK_NS, HPET_REG_INT_STATUS), 1);
    assert_int_equal(rig.rise_count[LINE_GSI20], 0);
    start(&rig, 100 * TICK_NS, 0, HPET_TIMER_FSB_EN, 100, 0);
    run_on_time(&rig, 300 * TICK_NS);
    assert_int_equal(rig.rise_count[MESSAGES], 0);
}

static void a_message_to_an_address_without_a_local_apic_goes_nowhere(void **unused)
{
    static const uint64_t addresses[] = {0, 0x1000, 0xfed00000, 0xfedfffff, 0xfef00000, UINT32_MAX};
    struct rig rig;

    (void)unused;
    for (unsigned i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        rig_init(&rig, 0);
        wr(&rig, 0, HPET_REG_TIMER_FSB(0), addresses[i] << 32 | MESSAGE_DATA);
        start(&rig, 0, 0, EDGE | HPET_TIMER_FSB_EN, 100, 0);
        run_on_time(&rig, 200 * TICK_NS);
        assert_int_equal(rig.rise_count[MESSAGES], 0);
    }
}

static void a_late_host_sends_one_message_for_all_the_matches_it_missed(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    wr(&rig, 0, HPET_REG_TIMER_FSB(0), MESSAGE_ROUTE);
    start(&rig, 0, 0, EDGE | HPET_TIMER_FSB_EN | PERIODIC, 1, 0);
    timerq_run(&rig.timers, DAY_SEC * NS_PER_SEC);
    assert_int_equal(rig.rise_count[MESSAGES], 1);
    assert_int_equal(hpet_lost_ticks(&rig.hpet).dropped, DAY_SEC * NS_PER_SEC / TICK_NS - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_routes_20_to_23_are_taken),
        cmocka_unit_test(a_timer_that_is_routed_nowhere_or_not_enabled_drives_nothing),
        cmocka_unit_test(level_mode_holds_the_line_until_1_is_written_to_int_status),
        cmocka_unit_test(level_status_is_set_without_int_enb_and_then_raises_the_line),
        cmocka_unit_test(halting_drops_the_line_and_keeps_the_status),
        cmocka_unit_test(two_level_timers_share_a_line),
        cmocka_unit_test(an_edge_on_a_line_that_a_level_timer_holds_does_not_drop_it),
        cmocka_unit_test(wraps_that_a_late_host_did_not_deliver_are_counted),
        cmocka_unit_test(legacy_replacement_takes_irq_0_and_8_whatever_the_routes),
        cmocka_unit_test(legacy_replacement_needs_both_bits_and_is_told_at_each_change),
        cmocka_unit_test(a_period_of_one_tick_costs_a_late_host_one_callback_and_one_edge),
        cmocka_unit_test(registers_do_not_depend_on_how_late_the_host_is),
        cmocka_unit_test(fsb_route_is_32_bits_of_data_and_32_of_address_and_written_in_halves),
        cmocka_unit_test(fsb_en_sends_the_data_to_the_address_instead_of_using_the_route),
        cmocka_unit_test(legacy_replacement_does_not_preclude_fsb_delivery),
        cmocka_unit_test(fsb_delivery_needs_edge_mode_and_int_enb),
        cmocka_unit_test(a_message_to_an_address_without_a_local_apic_goes_nowhere),
        cmocka_unit_test(a_late_host_sends_one_message_for_all_the_matches_it_missed),
    };

    return cmocka_run_group_tests_name("hpet_irq", tests, NULL, NULL);
}
