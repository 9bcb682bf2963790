/* SPDX-License-Identifier: BSD-2-Clause */
/* PIT: formats, latches and read-back of the 8254 data sheet, port 61h and IRQ 0. */
#include "tests/unit/unit.h"

#include "tests/unit/pit_rig.h"

static void a_control_word_sets_out_and_stops_the_counter_until_a_count_is_written(void **unused)
{
    struct rig rig;
    unsigned count;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(2), 100);
    out(&rig, 10, PORT_CONTROL, SELECT(0) | BOTH | MODE(0));
    assert_false(in_out(&rig, 10, 0));
    count = in_count(&rig, 10, 0);
    assert_int_equal(in_count(&rig, 10000, 0), count);
    assert_false(in_out(&rig, 10000, 0));
    out(&rig, 10000, PORT_CONTROL, SELECT(0) | BOTH | MODE(4));
    assert_true(in_out(&rig, 10000, 0));
}

static void one_byte_formats_set_the_other_byte_to_0_and_read_one_byte(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    out(&rig, 0, PORT_CONTROL, SELECT(0) | LSB | MODE(0));
    out(&rig, 0, PORT_COUNTER(0), 0x30);
    assert_int_equal(in(&rig, 1, PORT_COUNTER(0)), 0x30);
    assert_int_equal(in(&rig, 2, PORT_COUNTER(0)), 0x2f);
    out(&rig, 2, PORT_CONTROL, SELECT(0) | MSB | MODE(0));
    out(&rig, 2, PORT_COUNTER(0), 0x30);
    assert_int_equal(in(&rig, 3, PORT_COUNTER(0)), 0x30);
    assert_int_equal(in(&rig, 4, PORT_COUNTER(0)), 0x2f);
}

static void bcd_counts_four_decades_and_0_is_10000(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(0) | BCD, 0x1000);
    assert_int_equal(in_count(&rig, 1, 0), 0x1000);
    assert_int_equal(in_count(&rig, 2, 0), 0x0999);
    assert_int_equal(in_count(&rig, 1002, 0), 0x9999);
    program(&rig, 2000, 0, MODE(0) | BCD, 0);
    assert_false(in_out(&rig, 12000, 0));
    assert_true(in_out(&rig, 12001, 0));
}

static void a_latched_count_is_held_until_it_is_read_and_a_second_latch_is_ignored(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(2), 50000);
    out(&rig, 101, PORT_CONTROL, SELECT(0));
    out(&rig, 201, PORT_CONTROL, SELECT(0));
    assert_int_equal(in_count(&rig, 5000, 0), 49900);
    assert_int_equal(in_count(&rig, 5001, 0), 45000);
}

static void reads_and_writes_of_one_counter_may_be_interleaved(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(2), 0x1234);
    out(&rig, 1, PORT_CONTROL, SELECT(0));
    assert_int_equal(in(&rig, 1, PORT_COUNTER(0)), 0x34);
    out(&rig, 1, PORT_COUNTER(0), 0x78);
    assert_int_equal(in(&rig, 1, PORT_COUNTER(0)), 0x12);
    out(&rig, 1, PORT_COUNTER(0), 0x56);
    assert_int_equal(in_count(&rig, 0x1235, 0), 0x5678);
}

static void reprogramming_drops_latches(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(2), 1000);
    out(&rig, 10, PORT_CONTROL, PIT_CONTROL_READ_BACK | PIT_READ_BACK_COUNTER(0));
    program(&rig, 20, 0, MODE(2), 500);
    assert_int_equal(in_count(&rig, 21, 0), 500);
}

static void read_back_latches_several_counters_at_one_instant(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(2), 1000);
    program(&rig, 0, 1, MODE(2), 2000);
    out(&rig, 101, PORT_CONTROL,
        PIT_CONTROL_READ_BACK | PIT_READ_BACK_NO_STATUS | PIT_READ_BACK_COUNTER(0) |
            PIT_READ_BACK_COUNTER(1));
    assert_int_equal(in_count(&rig, 150, 0), 900);
    assert_int_equal(in_count(&rig, 160, 1), 1900);
}

static void with_both_latched_the_first_read_is_status_whichever_was_first(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(2), 1000);
    out(&rig, 101, PORT_CONTROL, SELECT(0));
    out(&rig, 102, PORT_CONTROL,
        PIT_CONTROL_READ_BACK | PIT_READ_BACK_NO_COUNT | PIT_READ_BACK_COUNTER(0));
    assert_int_equal(in(&rig, 110, PORT_COUNTER(0)), PIT_STATUS_OUT | BOTH | MODE(2));
    assert_int_equal(in_count(&rig, 120, 0), 900);
    assert_int_equal(in_count(&rig, 121, 0), 880);
}

static void a_second_status_latch_before_the_read_is_ignored(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(0), 10);
    for (uint64_t tick = 5; tick <= 50; tick += 45)
        out(&rig, tick, PORT_CONTROL,
            PIT_CONTROL_READ_BACK | PIT_READ_BACK_NO_COUNT | PIT_READ_BACK_COUNTER(0));
    assert_int_equal(in(&rig, 60, PORT_COUNTER(0)), BOTH | MODE(0));
    assert_true(in_out(&rig, 60, 0));
}

static void status_shows_the_control_word_exactly_as_written(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    out(&rig, 0, PORT_CONTROL, SELECT(1) | MSB | MODE(7) | BCD);
    assert_int_equal(in_status(&rig, 5, 1),
                     PIT_STATUS_OUT | PIT_STATUS_NULL_COUNT | MSB | MODE(7) | BCD);
}

static void null_count_is_set_by_the_second_byte_and_cleared_by_the_load(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(4), 1000);
    assert_true((in_status(&rig, 0, 0) & PIT_STATUS_NULL_COUNT) != 0);
    assert_true((in_status(&rig, 1, 0) & PIT_STATUS_NULL_COUNT) == 0);
    out(&rig, 10, PORT_COUNTER(0), 5);
    assert_true((in_status(&rig, 10, 0) & PIT_STATUS_NULL_COUNT) == 0);
    out(&rig, 10, PORT_COUNTER(0), 5);
    assert_true((in_status(&rig, 10, 0) & PIT_STATUS_NULL_COUNT) != 0);
    assert_true((in_status(&rig, 11, 0) & PIT_STATUS_NULL_COUNT) == 0);
}

static void port_61_shows_gate_2_speaker_and_out_2(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    out(&rig, 0, PORT_B, 0xff & ~(PIT_PORT61_REFRESH));
    assert_int_equal(in(&rig, 0, PORT_B) & 0x0f, 0x0f);
    assert_int_equal(in(&rig, 0, PORT_B) & 0xc0, 0);
    out(&rig, 0, PORT_B, PIT_PORT61_GATE2);
    program(&rig, 0, 2, MODE(0), 100);
    assert_int_equal(in(&rig, 100, PORT_B) & PIT_PORT61_OUT2, 0);
    assert_int_equal(in(&rig, 101, PORT_B) & PIT_PORT61_OUT2, PIT_PORT61_OUT2);
}

static void port_61_refresh_toggles_every_18_pulses(void **unused)
{
    struct rig rig;
    unsigned changes = 0;
    unsigned before;

    (void)unused;
    rig_init(&rig);
    before = in(&rig, 0, PORT_B) & PIT_PORT61_REFRESH;
    for (uint64_t tick = 1; tick <= 1800; tick++) {
        unsigned after = in(&rig, tick, PORT_B) & PIT_PORT61_REFRESH;

        if (after != before)
            assert_int_equal(tick % 18, 0);
        changes += after != before;
        before = after;
    }
    assert_int_equal(changes, 100);
}

static void irq_0_comes_with_each_rising_edge_of_out_0(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(2), 1000);
    timerq_run(&rig.timers, ns_of(&rig, 1001) - 1);
    assert_int_equal(rig.irq_count, 0);
    timerq_run(&rig.timers, ns_of(&rig, 1001));
    assert_int_equal(rig.irq_count, 1);
    timerq_run(&rig.timers, ns_of(&rig, 2001));
    assert_int_equal(rig.irq_count, 2);
    program(&rig, 2500, 0, MODE(4), 100);
    timerq_run(&rig.timers, ns_of(&rig, 2601));
    assert_int_equal(rig.irq_count, 2);
    timerq_run(&rig.timers, ns_of(&rig, 2602));
    assert_int_equal(rig.irq_count, 3);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
}

static void irq_0_comes_when_a_control_word_makes_out_0_rise(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    out(&rig, 0, PORT_CONTROL, SELECT(0) | BOTH | MODE(0));
    assert_int_equal(rig.irq_count, 0);
    out(&rig, 1, PORT_CONTROL, SELECT(0) | BOTH | MODE(2));
    assert_int_equal(rig.irq_count, 1);
}

static void no_interrupt_and_no_timer_while_irq_0_is_taken_from_the_pit(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(2), 1000);
    pit_set_irq_enabled(&rig.pit, ns_of(&rig, 500), false);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
    out(&rig, 600, PORT_CONTROL, SELECT(0) | BOTH | MODE(0));
    program(&rig, 1000, 0, MODE(2), 1000);
    assert_int_equal(rig.irq_count, 0);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
    pit_set_irq_enabled(&rig.pit, ns_of(&rig, 5500), true);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), ns_of(&rig, 6001));
    timerq_run(&rig.timers, ns_of(&rig, 6001));
    assert_int_equal(rig.irq_count, 1);
}

static void a_late_host_gets_one_interrupt_and_the_missed_ones_are_counted(void **unused)
{
    struct rig rig;
    uint64_t late_ns;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(2), 2);
    late_ns = ns_of(&rig, UINT64_C(1000000001));
    timerq_run(&rig.timers, late_ns);
    assert_int_equal(rig.irq_count, 1);
    assert_int_equal(rig.pit.state.ticks.dropped, 500000000 - 1);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), ns_of(&rig, UINT64_C(1000000003)));
}

static void interrupts_of_24_hours_at_18_hz_do_not_drift(void **unused)
{
    struct rig rig;
    uint64_t end_ns;
    uint64_t expected;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(2), 0);
    end_ns = rig.zero_ns + 24 * 3600 * NS_PER_SEC;
    expected = (ticks_from_ns(end_ns - rig.zero_ns, RATE_PIT) - 1) / 65536;
    while (timerq_next_deadline_ns(&rig.timers) <= end_ns)
        timerq_run(&rig.timers, timerq_next_deadline_ns(&rig.timers));
    assert_int_equal(rig.irq_count, expected);
    assert_int_equal(rig.pit.state.ticks.dropped, 0);
}

static void linux_calibration_reads_counter_2_unlatched_and_sees_it_fall(void **unused)
{
    struct rig rig;
    unsigned before = 0xffff;

    (void)unused;
    rig_init(&rig);
    gate2(&rig, 0, true);
    out(&rig, 0, PORT_CONTROL, SELECT(2) | BOTH | MODE(0));
    out(&rig, 0, PORT_COUNTER(2), 0xff);
    out(&rig, 0, PORT_COUNTER(2), 0xff);
    for (uint64_t tick = 1; tick < 65000; tick += 50) {
        unsigned count = in_count(&rig, tick, 2);

        assert_int_equal(count, 0xffff - (tick - 1));
        assert_int_equal(pit_count(&rig.pit, ns_of(&rig, tick), 2), count);
        assert_true(count <= before);
        before = count;
    }
}

static void a_wide_access_is_one_per_byte_and_stays_on_the_chip(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(2), 0x1234);
    program(&rig, 0, 1, MODE(2), 0x5678);
    assert_int_equal(bus_read(&rig.bus, ns_of(&rig, 1), PORT_COUNTER(0), 2), 0xffffffffffff7834);
    bus_write(&rig.bus, ns_of(&rig, 2), PORT_CONTROL, 2, 0xff00 | SELECT(2) | BOTH | MODE(0));
    assert_int_equal(rig.pit.state.port61, 0);
    assert_int_equal(bus_read(&rig.bus, ns_of(&rig, 2), PORT_CONTROL, 4), 0xffffffffffffffff);
    assert_int_equal(bus_read(&rig.bus, ns_of(&rig, 2), PORT_B, 4) & ~0x30ull, 0xffffffffffffff00);
}

static void reset_stops_counters_and_interrupts(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    program(&rig, 0, 0, MODE(2), 1000);
    gate2(&rig, 0, true);
    bus_reset(&rig.bus, ns_of(&rig, 500));
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
    assert_int_equal(rig.pit.state.port61, 0);
    assert_true(in_out(&rig, 100000, 0));
    assert_int_equal(rig.irq_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_control_word_sets_out_and_stops_the_counter_until_a_count_is_written),
        cmocka_unit_test(one_byte_formats_set_the_other_byte_to_0_and_read_one_byte),
        cmocka_unit_test(bcd_counts_four_decades_and_0_is_10000),
        cmocka_unit_test(a_latched_count_is_held_until_it_is_read_and_a_second_latch_is_ignored),
        cmocka_unit_test(reads_and_writes_of_one_counter_may_be_interleaved),
        cmocka_unit_test(reprogramming_drops_latches),
        cmocka_unit_test(read_back_latches_several_counters_at_one_instant),
        cmocka_unit_test(with_both_latched_the_first_read_is_status_whichever_was_first),
        cmocka_unit_test(a_second_status_latch_before_the_read_is_ignored),
        cmocka_unit_test(status_shows_the_control_word_exactly_as_written),
        cmocka_unit_test(null_count_is_set_by_the_second_byte_and_cleared_by_the_load),
        cmocka_unit_test(port_61_shows_gate_2_speaker_and_out_2),
        cmocka_unit_test(port_61_refresh_toggles_every_18_pulses),
        cmocka_unit_test(irq_0_comes_with_each_rising_edge_of_out_0),
        cmocka_unit_test(irq_0_comes_when_a_control_word_makes_out_0_rise),
        cmocka_unit_test(no_interrupt_and_no_timer_while_irq_0_is_taken_from_the_pit),
        cmocka_unit_test(a_late_host_gets_one_interrupt_and_the_missed_ones_are_counted),
        cmocka_unit_test(interrupts_of_24_hours_at_18_hz_do_not_drift),
        cmocka_unit_test(linux_calibration_reads_counter_2_unlatched_and_sees_it_fall),
        cmocka_unit_test(a_wide_access_is_one_per_byte_and_stays_on_the_chip),
        cmocka_unit_test(reset_stops_counters_and_interrupts),
    };

    return cmocka_run_group_tests_name("pit", tests, NULL, NULL);
}
