/* SPDX-License-Identifier: BSD-2-Clause */
/* RTC: following another clock, telling what it shows, and that the guest has set it. */
#include "tests/unit/rtc_rig.h"

#define SECOND_NS INT64_C(1000000000)
#define AT_MS(n)  (START_NS + (n)*UINT64_C(1000000))
#define MS(n)     ((n)*INT64_C(1000000))
#define RATE_2HZ  0x0fu

static void assert_wall(const struct rig *rig, uint64_t now_ns, int64_t expected_ns)
{
    int64_t wall_ns;

    assert_true(rtc_wall_ns(&rig->rtc, now_ns, &wall_ns));
    assert_int_equal(wall_ns, expected_ns);
}

static void assert_no_wall(const struct rig *rig, uint64_t now_ns)
{
    int64_t wall_ns;

    assert_false(rtc_wall_ns(&rig->rtc, now_ns, &wall_ns));
}

/* The next update cycle is a whole one, and its end is at end_ns, where the second becomes `bcd`.
 */
static void assert_update(struct rig *rig, uint64_t end_ns, unsigned bcd)
{
    in(rig, end_ns - UIP_NS - 1, RTC_C);
    assert_false(uip(rig, end_ns - UIP_NS - 1));
    assert_true(uip(rig, end_ns - UIP_NS));
    assert_true(uip(rig, end_ns - 1));
    assert_int_not_equal(in(rig, end_ns - 1, RTC_SECOND), bcd);
    assert_int_equal(in(rig, end_ns - 1, RTC_C) & RTC_C_UF, 0);
    assert_int_equal(in(rig, end_ns, RTC_SECOND), bcd);
    assert_false(uip(rig, end_ns));
    assert_int_equal(in(rig, end_ns, RTC_C) & RTC_C_UF, RTC_C_UF);
}

static void the_wall_time_has_the_fraction_of_the_second(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    assert_wall(&rig, START_NS, WALL_NS);
    assert_wall(&rig, AT_MS(999) + 999999, WALL_NS + MS(999) + 999999);
    assert_wall(&rig, AT_MS(1000), WALL_NS + MS(1000));
    assert_wall(&rig, AT_MS(86400000) + 1, WALL_NS + MS(86400000) + 1);
}

static void there_is_no_wall_time_while_it_stands_or_is_no_date_of_1970_to_2199(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    out(&rig, START_NS, RTC_B, RTC_B_SET | RTC_B_24H);
    assert_no_wall(&rig, START_NS);
    out(&rig, START_NS, RTC_B, RTC_B_24H);
    out(&rig, START_NS, RTC_A, RTC_A_DV_RESET);
    assert_no_wall(&rig, START_NS);
    out(&rig, START_NS, RTC_A, RTC_A_DV_RUN);
    out(&rig, START_NS, RTC_MONTH, 0x13);
    assert_no_wall(&rig, START_NS);
    out(&rig, START_NS, RTC_MONTH, 0x11);
    out(&rig, START_NS, RTC_CENTURY, 0x22);
    assert_no_wall(&rig, START_NS);
    out(&rig, START_NS, RTC_CENTURY, 0x19);
    assert_no_wall(&rig, START_NS);
    out(&rig, START_NS, RTC_YEAR, 0x70);
    assert_true(rtc_wall_ns(&rig.rtc, START_NS, &(int64_t){0}));
}

static void moved_within_its_second_the_next_update_follows_the_other_clock(void **unused)
{
    static const int64_t deltas_ms[] = {-499, -1, 1, 10, 490};
    struct rig rig;

    (void)unused;
    for (unsigned i = 0; i < sizeof deltas_ms / sizeof deltas_ms[0]; i++) {
        rig_init(&rig, WALL_NS);
        rtc_set_wall(&rig.rtc, AT_MS(500), WALL_NS + MS(500 + deltas_ms[i]));
        assert_wall(&rig, AT_MS(500), WALL_NS + MS(500 + deltas_ms[i]));
        assert_int_equal(in(&rig, AT_MS(500), RTC_SECOND), 0x20);
        assert_int_equal(in(&rig, AT_MS(500), RTC_C) & RTC_C_UF, 0);
        assert_update(&rig, AT_MS((uint64_t)(1000 - deltas_ms[i])), 0x21);
        assert_update(&rig, AT_MS((uint64_t)(2000 - deltas_ms[i])), 0x22);
    }
}

static void moved_back_over_an_update_the_second_lasts_longer_and_does_not_come_again(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    rtc_set_wall(&rig.rtc, AT_MS(1100), WALL_NS + MS(800));
    assert_wall(&rig, AT_MS(1100), WALL_NS + MS(800));
    for (uint64_t ms = 1100; ms < 2300; ms += 50) {
        assert_int_equal(in(&rig, AT_MS(ms), RTC_SECOND), 0x21);
        assert_wall(&rig, AT_MS(ms), WALL_NS + MS((int64_t)ms - 300));
    }
    assert_false(uip(&rig, AT_MS(1299)));
    assert_update(&rig, AT_MS(2300), 0x22);
    rtc_set_wall(&rig.rtc, AT_MS(2310), WALL_NS + MS(1600));
    rtc_set_wall(&rig.rtc, AT_MS(2320), WALL_NS + MS(1100));
    assert_wall(&rig, AT_MS(2320), WALL_NS + MS(1100));
    assert_update(&rig, AT_MS(4220), 0x23);
}

static void moved_on_it_does_the_updates_and_the_alarm_that_it_passes(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    out(&rig, START_NS, RTC_HOUR_ALARM, 0x22);
    out(&rig, START_NS, RTC_MINUTE_ALARM, 0x14);
    out(&rig, START_NS, RTC_SECOND_ALARM, 0x00);
    out(&rig, START_NS, RTC_B, RTC_B_24H | RTC_B_AIE);
    rtc_set_wall(&rig.rtc, AT_MS(500), WALL_NS + MS(39990));
    assert_false(rig.irq8.level);
    assert_int_equal(in(&rig, AT_MS(500), RTC_SECOND), 0x59);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), AT_MS(510));
    rtc_set_wall(&rig.rtc, AT_MS(505), WALL_NS + MS(INT64_C(366) * 86400000));
    assert_true(rig.irq8.level);
    assert_wall(&rig, AT_MS(505), WALL_NS + MS(INT64_C(366) * 86400000));
    assert_int_equal(in(&rig, AT_MS(505), RTC_WEEKDAY), 5);
    assert_int_equal(in(&rig, AT_MS(505), RTC_C), RTC_C_IRQF | RTC_C_PF | RTC_C_AF | RTC_C_UF);
    assert_update(&rig, AT_MS(1505), 0x21);
}

static void moved_back_by_seconds_the_date_goes_back(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    rtc_set_wall(&rig.rtc, AT_MS(250), WALL_NS - MS(INT64_C(3) * 86400000) + MS(750));
    assert_wall(&rig, AT_MS(250), WALL_NS - MS(INT64_C(3) * 86400000) + MS(750));
    assert_int_equal(in(&rig, AT_MS(250), RTC_DAY), 0x11);
    assert_int_equal(in(&rig, AT_MS(250), RTC_WEEKDAY), 7);
    assert_int_equal(in(&rig, AT_MS(250), RTC_SECOND), 0x21);
    assert_int_equal(in(&rig, AT_MS(250), RTC_C) & RTC_C_UF, 0);
    assert_update(&rig, AT_MS(1500), 0x22);
}

/* Twice 500 ms of 2 Hz edges: those of the other clock's half seconds, none of them twice. */
static void a_periodic_edge_happens_once_however_often_it_is_passed(void **unused)
{
    struct rig rig;
    unsigned edges = 0;

    (void)unused;
    rig_init(&rig, WALL_NS);
    out(&rig, START_NS, RTC_A, RTC_A_DV_RUN | RATE_2HZ);
    in(&rig, START_NS, RTC_C);
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t now_ns = AT_MS(200 + 2 * (uint64_t)i);

        edges += (in(&rig, now_ns, RTC_C) & RTC_C_PF) != 0;
        /* 2 ms of time pass, and 1.5 ms of them are taken back. */
        rtc_set_wall(&rig.rtc, now_ns, WALL_NS + MS(200) + (int64_t)i * 500000);
    }
    /* From 200 ms to 700 ms: the edge at 247.772 ms alone; half a period before UIP rises. */
    assert_int_equal(edges, 1);
    assert_wall(&rig, AT_MS(2198), WALL_NS + MS(200) + 999 * INT64_C(500000));
    rtc_set_wall(&rig.rtc, AT_MS(2198), WALL_NS + MS(748));
    assert_int_equal(in(&rig, AT_MS(2198), RTC_C) & RTC_C_PF, RTC_C_PF);
}

static void a_clock_that_is_being_set_is_left_alone(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    out(&rig, START_NS, RTC_B, RTC_B_SET | RTC_B_24H);
    out(&rig, START_NS, RTC_MINUTE, 0x59);
    rtc_set_wall(&rig.rtc, AT_MS(100), WALL_NS);
    assert_int_equal(in(&rig, AT_MS(100), RTC_MINUTE), 0x59);
    out(&rig, AT_MS(100), RTC_B, RTC_B_24H);
    assert_update(&rig, AT_MS(1000), 0x21);
}

/* As Linux sets it: SET, chain reset, date, SET off, chain on. */
static void a_date_set_with_the_chain_in_reset_is_told_once_when_the_chain_runs(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    out(&rig, AT_MS(100), RTC_B, RTC_B_SET | RTC_B_24H);
    out(&rig, AT_MS(100), RTC_A, RTC_A_DV_RESET | 6);
    out(&rig, AT_MS(100), RTC_YEAR, 0x31);
    out(&rig, AT_MS(100), RTC_MONTH, 0x01);
    out(&rig, AT_MS(100), RTC_B, RTC_B_24H);
    assert_int_equal(rig.dates_set, 0);
    out(&rig, AT_MS(150), RTC_A, RTC_A_DV_RUN | 6);
    assert_int_equal(rig.dates_set, 1);
    assert_int_equal(rig.date_set_ns, AT_MS(150));
    /* 2031-01-14 22:13:20, and "the first update cycle begins one-half second later". */
    assert_wall(&rig, AT_MS(150),
                INT64_C(1926195200) * SECOND_NS + MS(500) - (int64_t)RTC_UPDATE_NS);
}

static void a_date_byte_set_while_the_time_runs_is_told_and_others_are_not(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    out(&rig, AT_MS(1), RTC_B, RTC_B_24H | RTC_B_UIE);
    out(&rig, AT_MS(1), RTC_A, RTC_A_DV_RUN | 3);
    out(&rig, AT_MS(1), RTC_HOUR_ALARM, 0x12);
    out(&rig, AT_MS(1), RTC_WEEKDAY, 1);
    out(&rig, AT_MS(1), RTC_NVRAM_FIRST, 1);
    in(&rig, AT_MS(1), RTC_HOUR);
    assert_int_equal(rig.dates_set, 0);
    out(&rig, AT_MS(2), RTC_HOUR, 0x12);
    assert_int_equal(rig.dates_set, 1);
    out(&rig, AT_MS(3), RTC_B, RTC_B_SET | RTC_B_24H);
    out(&rig, AT_MS(3), RTC_HOUR, 0x13);
    assert_int_equal(rig.dates_set, 1);
    out(&rig, AT_MS(4), RTC_B, RTC_B_24H);
    assert_int_equal(rig.dates_set, 2);
}

static void the_memory_is_kept_whole_but_for_the_century(void **unused)
{
    struct rig rig;
    uint8_t bytes[RTC_NVRAM_BYTES];

    (void)unused;
    rig_init(&rig, WALL_NS);
    for (unsigned i = 0; i < RTC_NVRAM_BYTES; i++)
        bytes[i] = (uint8_t)(i + 1);
    rtc_set_nvram(&rig.rtc, bytes);
    bytes[RTC_CENTURY - RTC_NVRAM_FIRST] = 0x20;
    bytes[RTC_CENTURY_PS2 - RTC_NVRAM_FIRST] = 0;
    assert_int_equal(RTC_NVRAM_BYTES, 114);
    assert_memory_equal(rtc_nvram(&rig.rtc), bytes, RTC_NVRAM_BYTES);
    assert_int_equal(in(&rig, START_NS, 0x0e), 1);
    assert_int_equal(in(&rig, START_NS, 0x7f), 114);
    assert_int_equal(in(&rig, START_NS, 0x37), 0x20);
    assert_wall(&rig, START_NS, WALL_NS);
    out(&rig, START_NS, 0x7f, 0xa5);
    assert_int_equal(rtc_nvram(&rig.rtc)[113], 0xa5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wall_time_has_the_fraction_of_the_second),
        cmocka_unit_test(there_is_no_wall_time_while_it_stands_or_is_no_date_of_1970_to_2199),
        cmocka_unit_test(moved_within_its_second_the_next_update_follows_the_other_clock),
        cmocka_unit_test(moved_back_over_an_update_the_second_lasts_longer_and_does_not_come_again),
        cmocka_unit_test(moved_on_it_does_the_updates_and_the_alarm_that_it_passes),
        cmocka_unit_test(moved_back_by_seconds_the_date_goes_back),
        cmocka_unit_test(a_periodic_edge_happens_once_however_often_it_is_passed),
        cmocka_unit_test(a_clock_that_is_being_set_is_left_alone),
        cmocka_unit_test(a_date_set_with_the_chain_in_reset_is_told_once_when_the_chain_runs),
        cmocka_unit_test(a_date_byte_set_while_the_time_runs_is_told_and_others_are_not),
        cmocka_unit_test(the_memory_is_kept_whole_but_for_the_century),
    };

    return cmocka_run_group_tests_name("rtc_wall", tests, NULL, NULL);
}
