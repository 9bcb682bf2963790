/* SPDX-License-Identifier: BSD-2-Clause */
/* What the benchmark of interrupts says of ticks whose lateness and losses are known. */
#include "tests/unit/unit.h"

#include "tests/bench/tick_figures.h"

#define TICKS     10000
#define PERIOD_NS 999847.619

static struct tick ticks[TICKS];

/* Between 1 and 3 us late, the earliest by exactly 1 us. */
static void tick_with_jitter(double period_ns)
{
    for (int i = 0; i < TICKS; i++)
        ticks[i].at_ns = 5e9 + i * period_ns + 1000 + i * 7919 % 2001;
}

static void shift(int first, int end, double by_ns)
{
    for (int i = first; i < end; i++)
        ticks[i].at_ns += by_ns;
}

static struct tick_figures figures(void)
{
    return tick_figures_of(ticks, TICKS, PERIOD_NS);
}

static void assert_near(double got, double expected, double bound)
{
    assert_true(got >= expected - bound && got <= expected + bound);
}

static void lateness_is_counted_from_the_earliest_tick(void **unused)
{
    struct tick_figures got;

    (void)unused;
    tick_with_jitter(PERIOD_NS);
    shift(5000, 5001, 40000);
    got = figures();
    assert_int_equal(got.lost, 0);
    assert_near(got.median_ns, 1000, 10);
    assert_near(got.p99_ns, 1980, 10);
    assert_near(got.max_ns, 40000, 2100);
}

static void a_wrong_rate_is_an_error_of_the_rate_and_not_lateness(void **unused)
{
    struct tick_figures got;

    (void)unused;
    tick_with_jitter(PERIOD_NS / (1 + 20e-6));
    got = figures();
    assert_near(got.rate_error_ppb, 20000, 5);
    assert_int_equal(got.lost, 0);
    assert_near(got.max_ns, 2000, 10);
    tick_with_jitter(PERIOD_NS / (1 - 20e-6));
    assert_near(figures().rate_error_ppb, -20000, 5);
}

static void a_tick_that_does_not_come_is_lost_and_makes_no_other_late(void **unused)
{
    struct tick_figures got;

    (void)unused;
    tick_with_jitter(PERIOD_NS);
    shift(3000, TICKS, 3 * PERIOD_NS);
    shift(8000, TICKS, PERIOD_NS);
    got = figures();
    assert_int_equal(got.lost, 4);
    assert_near(got.rate_error_ppb, 0, 5);
    assert_near(got.max_ns, 2000, 10);
}

static void ticks_that_are_late_before_a_lost_one_bend_nothing(void **unused)
{
    struct tick_figures got;

    (void)unused;
    tick_with_jitter(PERIOD_NS);
    for (int i = 30; i < TICKS - 30; i += 40) {
        shift(i, i + 1, 0.85 * PERIOD_NS);
        shift(i + 1, TICKS, PERIOD_NS);
    }
    got = figures();
    assert_int_equal(got.lost, (TICKS - 60 + 39) / 40);
    assert_near(got.rate_error_ppb, 0, 5);
    assert_near(got.median_ns, 1000, 30);
    assert_near(got.max_ns, 0.85 * PERIOD_NS, 2100);
}

static void a_backlog_that_is_made_up_for_is_late_and_not_lost(void **unused)
{
    struct tick_figures got;

    (void)unused;
    tick_with_jitter(PERIOD_NS);
    shift(4000, 4001, 2.5 * PERIOD_NS);
    shift(4001, 4002, 1.6 * PERIOD_NS);
    shift(4002, 4003, 0.7 * PERIOD_NS);
    got = figures();
    assert_int_equal(got.lost, 0);
    assert_near(got.max_ns, 2.5 * PERIOD_NS, 2100);
}

static void a_tick_too_many_is_a_negative_loss(void **unused)
{
    (void)unused;
    tick_with_jitter(PERIOD_NS);
    shift(6000, TICKS, -PERIOD_NS);
    assert_int_equal(figures().lost, -1);
}

static void a_first_and_a_last_tick_that_are_late_move_no_other(void **unused)
{
    struct tick_figures got;

    (void)unused;
    for (int quarters = 1; quarters <= 6; quarters++) {
        tick_with_jitter(PERIOD_NS);
        shift(0, 1, quarters * PERIOD_NS / 4);
        shift(TICKS - 1, TICKS, PERIOD_NS / 2);
        if (quarters >= 4)
            shift(1, 2, (quarters - 3) * PERIOD_NS / 4);
        got = figures();
        assert_int_equal(got.lost, 0);
        assert_near(got.p99_ns, 1980, 10);
        assert_near(got.max_ns, (quarters < 2 ? 2 : quarters) * PERIOD_NS / 4, 2100);
    }
}

/*
 * 8192 Hz for ten seconds, a period of which is 12 ppm: ticks between 5 and 15 us late, and a few
 * of them by more than a quarter of a period. The first `backlog` ticks are late by up to that many
 * periods, ever less.
 */
#define FAST_TICKS     81920
#define FAST_PERIOD_NS (1e9 / 8192)

static struct tick fast_ticks[FAST_TICKS];

static struct tick_figures after_an_early_backlog(int backlog, double periods, double rate_error)
{
    for (int i = 0; i < FAST_TICKS; i++) {
        double late_ns = 5000 + i * 7919 % 10001 + (i % 97 == 0 ? 0.3 * FAST_PERIOD_NS : 0);

        if (i < backlog)
            late_ns += periods * FAST_PERIOD_NS * (1 - (double)i / backlog);
        fast_ticks[i].at_ns = 5e9 + i * FAST_PERIOD_NS / (1 + rate_error) + late_ns;
    }
    return tick_figures_of(fast_ticks, FAST_TICKS, FAST_PERIOD_NS);
}

static void an_early_backlog_changes_neither_rate_nor_count(void **unused)
{
    static const struct {
        int ticks;
        double periods;
    } backlogs[] = {{1, 0.3},    {16, 3.3},   {30, 0.54}, {30, 2.5},
                    {270, 0.31}, {800, 0.31}, {800, 18}};

    (void)unused;
    for (unsigned i = 0; i < sizeof backlogs / sizeof backlogs[0]; i++)
        for (double rate_error = -1e-6; rate_error < 1.5e-6; rate_error += 2e-6) {
            struct tick_figures got =
                after_an_early_backlog(backlogs[i].ticks, backlogs[i].periods, rate_error);

            assert_near(got.rate_error_ppb, rate_error * 1e9, 50);
            assert_int_equal(got.lost, 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lateness_is_counted_from_the_earliest_tick),
        cmocka_unit_test(a_wrong_rate_is_an_error_of_the_rate_and_not_lateness),
        cmocka_unit_test(a_tick_that_does_not_come_is_lost_and_makes_no_other_late),
        cmocka_unit_test(ticks_that_are_late_before_a_lost_one_bend_nothing),
        cmocka_unit_test(a_backlog_that_is_made_up_for_is_late_and_not_lost),
        cmocka_unit_test(a_tick_too_many_is_a_negative_loss),
        cmocka_unit_test(a_first_and_a_last_tick_that_are_late_move_no_other),
        cmocka_unit_test(an_early_backlog_changes_neither_rate_nor_count),
    };

    return cmocka_run_group_tests_name("tick_figures", tests, NULL, NULL);
}
