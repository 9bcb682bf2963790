/* SPDX-License-Identifier: BSD-2-Clause */
/* RTC: divider chain, update cycle, flags and interrupts, as the MC146818A data sheet tells them.
 */
#include "tests/unit/rtc_rig.h"

#define BCD_24H RTC_B_24H

static unsigned second(struct rig *rig, uint64_t now_ns)
{
    return in(rig, now_ns, RTC_SECOND);
}

static uint64_t deadline(const struct rig *rig)
{
    return timerq_next_deadline_ns(&rig->timers);
}

static void the_second_changes_when_that_of_the_wall_time_does(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS + 300000000);
    assert_int_equal(second(&rig, START_NS), 0x20);
    assert_int_equal(second(&rig, START_NS + 699999999), 0x20);
    assert_int_equal(second(&rig, START_NS + 700000000), 0x21);
    assert_int_equal(in(&rig, START_NS, RTC_CENTURY), 0x20);
    assert_int_equal(in(&rig, START_NS, RTC_YEAR), 0x23);
    assert_int_equal(in(&rig, START_NS, RTC_MONTH), 0x11);
    assert_int_equal(in(&rig, START_NS, RTC_DAY), 0x14);
    assert_int_equal(in(&rig, START_NS, RTC_WEEKDAY), 3);
    assert_int_equal(in(&rig, START_NS, RTC_HOUR), 0x22);
    assert_int_equal(in(&rig, START_NS, RTC_MINUTE), 0x13);
}

static void uip_is_up_for_244_and_1984_us_and_falls_when_the_time_is_new(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    assert_int_equal(UIP_NS, 2228000);
    for (unsigned n = 1; n < 4; n++) {
        assert_false(uip(&rig, SEC(n) - UIP_NS - 1));
        assert_true(uip(&rig, SEC(n) - UIP_NS));
        assert_true(uip(&rig, SEC(n) - 1));
        assert_int_equal(second(&rig, SEC(n) - 1), 0x20 + n - 1);
        assert_int_equal(in(&rig, SEC(n) - 1, RTC_C) & RTC_C_UF, 0);
        assert_false(uip(&rig, SEC(n)));
        assert_int_equal(second(&rig, SEC(n)), 0x20 + n);
        assert_int_equal(in(&rig, SEC(n), RTC_C) & RTC_C_UF, RTC_C_UF);
    }
}

static void set_holds_the_time_and_clears_uip_and_uie(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    out(&rig, SEC(0), RTC_B, BCD_24H | RTC_B_UIE);
    out(&rig, SEC(1) - 1000000, RTC_B, BCD_24H | RTC_B_UIE | RTC_B_SET);
    assert_int_equal(in(&rig, SEC(1) - 1000000, RTC_B), BCD_24H | RTC_B_SET);
    assert_false(uip(&rig, SEC(1) - 1000000));
    in(&rig, SEC(1) - 1000000, RTC_C);
    assert_int_equal(second(&rig, SEC(10)), 0x20);
    assert_int_equal(in(&rig, SEC(10), RTC_C) & RTC_C_UF, 0);
    out(&rig, SEC(10) + 5000000, RTC_B, BCD_24H);
    assert_int_equal(second(&rig, SEC(11) - 1), 0x20);
    assert_int_equal(second(&rig, SEC(11)), 0x21);
}

static void an_update_that_set_has_aborted_does_not_come_back(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    assert_true(uip(&rig, SEC(1) - 1000000));
    out(&rig, SEC(1) - 1000000, RTC_B, BCD_24H | RTC_B_SET);
    out(&rig, SEC(1) - 900000, RTC_B, BCD_24H);
    assert_false(uip(&rig, SEC(1) - 900000));
    assert_int_equal(second(&rig, SEC(1)), 0x20);
    assert_int_equal(second(&rig, SEC(2)), 0x21);
}

static void the_first_update_begins_500_ms_after_the_divider_reset_is_removed(void **unused)
{
    uint64_t release_ns = SEC(3) + 123456789;
    uint64_t begin_ns = release_ns + 500000000;
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    out(&rig, SEC(1) + 5000, RTC_A, RTC_A_DV_RESET | 6);
    assert_int_equal(second(&rig, release_ns), 0x21);
    out(&rig, release_ns, RTC_A, RTC_A_DV_RUN | 6);
    assert_false(uip(&rig, begin_ns - RTC_BEFORE_UPDATE_NS - 1));
    assert_true(uip(&rig, begin_ns - RTC_BEFORE_UPDATE_NS));
    assert_int_equal(second(&rig, begin_ns + RTC_UPDATE_NS - 1), 0x21);
    assert_int_equal(second(&rig, begin_ns + RTC_UPDATE_NS), 0x22);
    assert_int_equal(second(&rig, begin_ns + RTC_UPDATE_NS + NS_PER_SEC), 0x23);
}

/* SET, divider reset, the time bytes, then both released: the way Linux sets the clock. */
static void linux_sets_the_clock_and_reads_it_back(void **unused)
{
    static const uint8_t bytes[][2] = {{RTC_YEAR, 0x99},   {RTC_MONTH, 0x12},  {RTC_DAY, 0x31},
                                       {RTC_HOUR, 0x23},   {RTC_MINUTE, 0x59}, {RTC_SECOND, 0x59},
                                       {RTC_CENTURY, 0x19}};
    uint64_t set_ns = SEC(7) + 400000000;
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    out(&rig, set_ns, RTC_B, BCD_24H | RTC_B_SET);
    out(&rig, set_ns, RTC_A, RTC_A_DV_RESET | 6);
    for (unsigned i = 0; i < sizeof bytes / sizeof bytes[0]; i++)
        out(&rig, set_ns, bytes[i][0], bytes[i][1]);
    out(&rig, set_ns, RTC_B, BCD_24H);
    out(&rig, set_ns, RTC_A, RTC_A_DV_RUN | 6);
    for (unsigned i = 0; i < sizeof bytes / sizeof bytes[0]; i++)
        assert_int_equal(in(&rig, set_ns + 499000000, bytes[i][0]), bytes[i][1]);
    assert_int_equal(second(&rig, set_ns + 510000000), 0);
    assert_int_equal(in(&rig, set_ns + 510000000, RTC_YEAR), 0);
    assert_int_equal(in(&rig, set_ns + 510000000, RTC_CENTURY), 0x20);
}

static void the_fifteen_rates_set_pf_that_often(void **unused)
{
    static const unsigned hz[] = {0,   256, 128, 8192, 4096, 2048, 1024, 512,
                                  256, 128, 64,  32,   16,   8,    4,    2};

    (void)unused;
    for (unsigned rs = 0; rs < 16; rs++) {
        struct rig rig;
        unsigned count = 0;

        rig_init(&rig, WALL_NS);
        out(&rig, SEC(0), RTC_A, RTC_A_DV_RUN | rs);
        out(&rig, SEC(0), RTC_B, BCD_24H | RTC_B_PIE);
        while (deadline(&rig) <= SEC(2)) {
            uint64_t now_ns = deadline(&rig);

            assert_int_equal(in(&rig, now_ns - 1, RTC_C) & RTC_C_PF, 0);
            assert_int_equal(in(&rig, now_ns, RTC_C) & ~RTC_C_UF, RTC_C_IRQF | RTC_C_PF);
            count++;
        }
        assert_int_equal(count, 2 * hz[rs]);
    }
}

static void pf_is_set_half_a_period_before_uip(void **unused)
{
    uint64_t uip_ns = SEC(1) - UIP_NS;
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    out(&rig, SEC(0), RTC_A, RTC_A_DV_RUN | 15);
    in(&rig, uip_ns - 250000001, RTC_C);
    assert_int_equal(in(&rig, uip_ns - 250000001, RTC_C), 0);
    assert_int_equal(in(&rig, uip_ns - 250000000, RTC_C), RTC_C_PF);
}

static void flags_are_set_while_masked_and_enabling_one_raises_the_line(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    timerq_run(&rig.timers, SEC(1));
    assert_int_equal(deadline(&rig), TIME_NEVER_NS);
    assert_false(rig.irq8.level);
    out(&rig, SEC(1), RTC_B, BCD_24H | RTC_B_UIE);
    assert_true(rig.irq8.level);
    assert_int_equal(in(&rig, SEC(1), RTC_C), RTC_C_IRQF | RTC_C_PF | RTC_C_UF);
}

static void reading_c_clears_the_flags_and_drops_the_line(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    out(&rig, SEC(0), RTC_B, BCD_24H | RTC_B_UIE);
    timerq_run(&rig.timers, SEC(1) - 1);
    assert_false(rig.irq8.level);
    timerq_run(&rig.timers, SEC(1));
    assert_true(rig.irq8.level);
    in(&rig, SEC(1), RTC_C);
    assert_false(rig.irq8.level);
    assert_int_equal(in(&rig, SEC(1), RTC_C), 0);
    timerq_run(&rig.timers, SEC(2));
    assert_true(rig.irq8.level);
}

static void a_guest_that_never_reads_c_costs_two_timer_runs(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    out(&rig, SEC(0), RTC_A, RTC_A_DV_RUN | 3);
    out(&rig, SEC(0), RTC_B, BCD_24H | RTC_B_PIE);
    timerq_run(&rig.timers, SEC(1000000));
    assert_true(rig.irq8.level);
    assert_int_equal(deadline(&rig), TIME_NEVER_NS);
}

static void a_guest_that_reads_c_before_the_next_tick_changes_no_deadline(void **unused)
{
    struct rig rig;
    uint64_t next_ns;

    (void)unused;
    rig_init(&rig, WALL_NS);
    out(&rig, SEC(0), RTC_A, RTC_A_DV_RUN | 3);
    out(&rig, SEC(0), RTC_B, BCD_24H | RTC_B_PIE);
    for (int i = 0; i < 3; i++) {
        timerq_run(&rig.timers, deadline(&rig));
        assert_true(rig.irq8.level);
        next_ns = deadline(&rig);
        assert_true(next_ns < TIME_NEVER_NS);
        in(&rig, next_ns - 1, RTC_C);
        assert_false(rig.irq8.level);
        assert_int_equal(deadline(&rig), next_ns);
    }
}

static void the_alarm_sets_af_and_the_line_at_its_second(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    out(&rig, SEC(0), RTC_HOUR_ALARM, 0x23);
    out(&rig, SEC(0), RTC_MINUTE_ALARM, 0xff);
    out(&rig, SEC(0), RTC_SECOND_ALARM, 0x05);
    out(&rig, SEC(0), RTC_B, BCD_24H | RTC_B_AIE);
    assert_int_equal(deadline(&rig), SEC(46 * 60 + 45));
    assert_int_equal(in(&rig, SEC(46 * 60 + 45) - 1, RTC_C) & RTC_C_AF, 0);
    timerq_run(&rig.timers, SEC(46 * 60 + 45));
    assert_true(rig.irq8.level);
    assert_int_equal(in(&rig, SEC(46 * 60 + 45), RTC_C) & RTC_C_AF, RTC_C_AF);
    assert_int_equal(deadline(&rig), SEC(47 * 60 + 45));
}

static void set_keeps_the_alarm_from_coming(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    out(&rig, SEC(0), RTC_HOUR_ALARM, 0xff);
    out(&rig, SEC(0), RTC_MINUTE_ALARM, 0xff);
    out(&rig, SEC(0), RTC_SECOND_ALARM, 0x22);
    out(&rig, SEC(0), RTC_B, BCD_24H | RTC_B_AIE | RTC_B_SET);
    assert_int_equal(deadline(&rig), TIME_NEVER_NS);
    assert_int_equal(in(&rig, SEC(10), RTC_C) & RTC_C_AF, 0);
    out(&rig, SEC(10), RTC_B, BCD_24H | RTC_B_AIE);
    assert_int_equal(deadline(&rig), SEC(12));
}

static void an_alarm_that_passed_while_nobody_looked_is_in_af(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    out(&rig, SEC(0), RTC_HOUR_ALARM, 0x22);
    out(&rig, SEC(0), RTC_MINUTE_ALARM, 0x13);
    out(&rig, SEC(0), RTC_SECOND_ALARM, 0x20);
    assert_int_equal(in(&rig, SEC(86399), RTC_C) & RTC_C_AF, 0);
    out(&rig, SEC(86399), RTC_SECOND_ALARM, 0x22);
    assert_int_equal(in(&rig, SEC(300000), RTC_C) & RTC_C_AF, RTC_C_AF);
}

static void no_interrupt_and_no_timer_while_irq_8_is_taken_from_the_rtc(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    out(&rig, SEC(0), RTC_B, BCD_24H | RTC_B_UIE);
    timerq_run(&rig.timers, SEC(1));
    rtc_set_irq_enabled(&rig.rtc, SEC(1), false);
    assert_false(rig.irq8.level);
    assert_int_equal(in(&rig, SEC(2), RTC_C), RTC_C_IRQF | RTC_C_PF | RTC_C_UF);
    assert_int_equal(deadline(&rig), TIME_NEVER_NS);
    rtc_set_irq_enabled(&rig.rtc, SEC(2), true);
    assert_int_equal(deadline(&rig), SEC(3));
}

static void memory_keeps_114_bytes_and_registers_c_and_d_are_read_only(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    for (unsigned i = 0x0e; i < 0x80; i++)
        out(&rig, SEC(0), i, i ^ 0x55);
    out(&rig, SEC(0), RTC_C, 0xff);
    out(&rig, SEC(0), RTC_D, 0);
    for (unsigned i = 0x0e; i < 0x80; i++)
        assert_int_equal(in(&rig, SEC(0), i | 0x80),
                         (i == RTC_CENTURY ? RTC_CENTURY_PS2 : i) ^ 0x55);
    assert_int_equal(in(&rig, SEC(0), RTC_C), 0);
    assert_int_equal(in(&rig, SEC(0), RTC_D), RTC_D_VRT);
    assert_int_equal(bus_read(&rig.bus, SEC(0), PORT_INDEX, 1) & 0xff, 0xff);
    assert_int_equal(bus_read(&rig.bus, SEC(0), PORT_INDEX, 2) & 0xffff, RTC_D_VRT << 8 | 0xff);
}

static void uip_cannot_be_written(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    out(&rig, SEC(0), RTC_A, RTC_A_UIP | RTC_A_DV_RUN | 6);
    assert_int_equal(in(&rig, SEC(0), RTC_A), RTC_A_DV_RUN | 6);
}

static void a_reset_keeps_time_and_memory_and_clears_enables_and_flags(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    out(&rig, SEC(0), 0x40, 0xa5);
    out(&rig, SEC(0), RTC_B, BCD_24H | RTC_B_PIE | RTC_B_AIE | RTC_B_UIE | RTC_B_SQWE);
    bus_reset(&rig.bus, SEC(5));
    assert_false(rig.irq8.level);
    assert_int_equal(deadline(&rig), TIME_NEVER_NS);
    assert_int_equal(in(&rig, SEC(5), RTC_B), BCD_24H);
    assert_int_equal(in(&rig, SEC(5), RTC_C), 0);
    assert_int_equal(second(&rig, SEC(5)), 0x25);
    assert_int_equal(in(&rig, SEC(5), 0x40), 0xa5);
}

static void
an_impossible_date_stands_and_the_time_of_day_its_alarm_and_interrupts_go_on(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    out(&rig, SEC(0), RTC_DAY, 0);
    out(&rig, SEC(0), RTC_HOUR_ALARM, 0xff);
    out(&rig, SEC(0), RTC_MINUTE_ALARM, 0xff);
    out(&rig, SEC(0), RTC_SECOND_ALARM, 0x23);
    out(&rig, SEC(0), RTC_B, BCD_24H | RTC_B_AIE);
    timerq_run(&rig.timers, SEC(3) - 1);
    assert_false(rig.irq8.level);
    timerq_run(&rig.timers, SEC(3));
    assert_true(rig.irq8.level);
    assert_int_equal(in(&rig, SEC(3), RTC_C), RTC_C_IRQF | RTC_C_AF | RTC_C_PF | RTC_C_UF);
    assert_int_equal(second(&rig, SEC(5)), 0x25);
    assert_int_equal(in(&rig, SEC(5), RTC_DAY), 0);
    out(&rig, SEC(5), RTC_B, BCD_24H | RTC_B_UIE);
    timerq_run(&rig.timers, SEC(6));
    assert_true(rig.irq8.level);
    out(&rig, SEC(6), RTC_DAY, 0x14);
    assert_int_equal(second(&rig, SEC(7)), 0x27);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_changes_when_that_of_the_wall_time_does),
        cmocka_unit_test(uip_is_up_for_244_and_1984_us_and_falls_when_the_time_is_new),
        cmocka_unit_test(set_holds_the_time_and_clears_uip_and_uie),
        cmocka_unit_test(an_update_that_set_has_aborted_does_not_come_back),
        cmocka_unit_test(the_first_update_begins_500_ms_after_the_divider_reset_is_removed),
        cmocka_unit_test(linux_sets_the_clock_and_reads_it_back),
        cmocka_unit_test(the_fifteen_rates_set_pf_that_often),
        cmocka_unit_test(pf_is_set_half_a_period_before_uip),
        cmocka_unit_test(flags_are_set_while_masked_and_enabling_one_raises_the_line),
        cmocka_unit_test(reading_c_clears_the_flags_and_drops_the_line),
        cmocka_unit_test(a_guest_that_never_reads_c_costs_two_timer_runs),
        cmocka_unit_test(a_guest_that_reads_c_before_the_next_tick_changes_no_deadline),
        cmocka_unit_test(the_alarm_sets_af_and_the_line_at_its_second),
        cmocka_unit_test(set_keeps_the_alarm_from_coming),
        cmocka_unit_test(an_alarm_that_passed_while_nobody_looked_is_in_af),
        cmocka_unit_test(no_interrupt_and_no_timer_while_irq_8_is_taken_from_the_rtc),
        cmocka_unit_test(memory_keeps_114_bytes_and_registers_c_and_d_are_read_only),
        cmocka_unit_test(uip_cannot_be_written),
        cmocka_unit_test(a_reset_keeps_time_and_memory_and_clears_enables_and_flags),
        cmocka_unit_test(
            an_impossible_date_stands_and_the_time_of_day_its_alarm_and_interrupts_go_on),
    };

    return cmocka_run_group_tests_name("rtc", tests, NULL, NULL);
}
