/* SPDX-License-Identifier: BSD-2-Clause */
/* Calibration against hosts of which the test knows the truth. */
#include "tests/unit/unit.h"

#include <stdbool.h>

#include "base/time_math.h"
#include "tests/unit/fake_host.h"

#define RUNS       3000
#define PPT_OF_PPB 1000
#define MS         UINT64_C(1000000)

/* A host and what it is measured by. */
struct run {
    struct fake_host host;
    struct calibration calibration;
};

static void run_begin(struct run *run)
{
    struct clock_bracket first = fake_host_bracket(&run->host);

    calibration_init(&run->calibration, run->host.resolution_ns, &first);
}

static bool run_measure(struct run *run)
{
    struct clock_bracket bracket = fake_host_bracket(&run->host);

    return calibration_add(&run->calibration, &bracket);
}

/* 4 ms and then always twice the time, up to a second, for count brackets. */
static bool run_measure_often(struct run *run, unsigned count)
{
    bool agrees = true;

    for (uint64_t period_ns = 4 * MS; count > 0; count--) {
        fake_host_advance_ns(&run->host, period_ns + fake_host_random(&run->host, MS));
        agrees = run_measure(run) && agrees;
        period_ns = period_ns < 512 * MS ? 2 * period_ns : 1000 * MS;
    }
    return agrees;
}

/* Any rate from 1 MHz to 10 GHz. */
static void run_init(struct run *run, uint64_t seed)
{
    fake_host_init(&run->host, seed * 2654435761, 1);
    run->host.tsc_hz = 1000000 + fake_host_random(&run->host, UINT64_C(9999000000));
}

/* One of a server, so that a bracket of 30 to 80 ns is a hundred cycles or two. */
static void run_init_ghz(struct run *run, uint64_t seed)
{
    fake_host_init(&run->host, seed * 2654435761, 1);
    run->host.tsc_hz = UINT64_C(1000000000) + fake_host_random(&run->host, UINT64_C(4000000000));
}

static void assert_rate_is_inside(const struct run *run)
{
    uint64_t millihz = calibration_tsc_millihz(&run->calibration);
    uint64_t truth = run->host.tsc_hz * 1000;
    uint64_t bound_ppt = calibration_bound_ppt(&run->calibration);
    uint64_t error = millihz > truth ? millihz - truth : truth - millihz;

    assert_true(fake_host_rate_is_in(&run->host, &run->calibration));
    assert_true(error <= mul_div_ceil(truth, bound_ppt, UINT64_C(1000000000000)) + 2);
}

static void keeps_the_narrowest_bracket(void **unused)
{
    static const struct clock_bracket brackets[] = {{0, 1, 900}, {1000, 2, 1040}, {2000, 3, 2041}};

    (void)unused;
    assert_int_equal(clock_bracket_narrowest(brackets, 3).clock_ns, 2);
    assert_int_equal(clock_bracket_narrowest(brackets, 1).clock_ns, 1);
}

static void the_true_rate_is_inside_the_bound_on_any_quiet_host(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < RUNS; seed++) {
        struct run run;

        run_init(&run, seed);
        run_begin(&run);
        for (unsigned i = 1; i < 20; i++) {
            fake_host_advance_ns(&run.host, (4 * MS << (i % 9)) + fake_host_random(&run.host, MS));
            assert_true(run_measure(&run));
            assert_rate_is_inside(&run);
        }
    }
}

/* Up to all readings are interrupted, so that the narrowest is wide now and then. */
static void an_interrupted_reader_makes_the_bound_wider_and_never_wrong(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < RUNS; seed++) {
        struct run run;

        run_init(&run, seed);
        run.host.interrupted_per_mille = (unsigned)fake_host_random(&run.host, 1001);
        run.host.longest_interrupt_ns = UINT64_C(100) << fake_host_random(&run.host, 20);
        run_begin(&run);
        assert_true(run_measure_often(&run, 4));
        assert_rate_is_inside(&run);
        assert_true(run_measure_often(&run, 20));
        assert_rate_is_inside(&run);
    }
}

/* The coarsest are HPET with 100 ns, ACPI PM timer with 280, and the PIT. */
static void a_coarse_clock_makes_the_bound_wider_and_never_wrong(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < RUNS; seed++) {
        struct run run;

        run_init(&run, seed);
        run.host.resolution_ns = 1 + fake_host_random(&run.host, 1000);
        run_begin(&run);
        assert_true(run_measure_often(&run, 24));
        assert_rate_is_inside(&run);
    }
}

static void a_tsc_that_counts_in_steps_is_measured_as_well(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < RUNS; seed++) {
        struct run run;

        run_init_ghz(&run, seed);
        run.host.tsc_step = 26;
        run_begin(&run);
        assert_true(run_measure_often(&run, 24));
        assert_rate_is_inside(&run);
    }
}

static void two_brackets_20_ms_apart_bound_the_error_to_a_few_ppm(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < RUNS; seed++) {
        struct run run;

        run_init_ghz(&run, seed);
        run_begin(&run);
        fake_host_advance_ns(&run.host, 20 * MS);
        assert_true(run_measure(&run));
        assert_in_range(calibration_bound_ppt(&run.calibration), 1, 5000000);
        assert_rate_is_inside(&run);
    }
}

/* Also where each reading in five is interrupted, the first one for sure. */
static void the_bound_is_under_1_ppb_within_100_s(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct run run;

        run_init_ghz(&run, seed);
        run.host.interrupted_per_mille = 1000;
        run.host.longest_interrupt_ns = MS;
        run_begin(&run);
        run.host.interrupted_per_mille = 200;
        assert_true(run_measure_often(&run, 100));
        assert_in_range(calibration_bound_ppt(&run.calibration), 1, PPT_OF_PPB - 1);
        assert_rate_is_inside(&run);
    }
}

/* Long enough after the start that the rate is known to some ppb. */
static void measure_steady(struct run *run, uint64_t seed)
{
    run_init_ghz(run, seed);
    run_begin(run);
    assert_true(run_measure_often(run, 12 + (unsigned)fake_host_random(&run->host, 20)));
}

static void a_step_of_the_clock_is_a_contradiction_at_the_next_bracket(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < RUNS; seed++) {
        struct run run;
        int64_t step_ns;

        measure_steady(&run, seed);
        step_ns = INT64_C(1000) << fake_host_random(&run.host, 20);
        run.host.clock_step_ns = seed % 2 != 0 ? step_ns : -step_ns;
        fake_host_advance_ns(&run.host, 1000 * MS);
        assert_false(run_measure(&run));
        assert_true(run_measure_often(&run, 8));
        assert_rate_is_inside(&run);
    }
}

/* By 10 ppm and more, up or down, at any time between two brackets. */
static void a_new_rate_of_the_tsc_is_a_contradiction_and_then_inside_the_bound(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < RUNS; seed++) {
        struct run run;
        uint64_t change, before_ns;

        measure_steady(&run, seed);
        before_ns = fake_host_random(&run.host, 900 * MS);
        fake_host_advance_ns(&run.host, before_ns);
        change = run.host.tsc_hz / 100000 << fake_host_random(&run.host, 14);
        fake_host_set_tsc_hz(&run.host,
                             seed % 2 != 0 ? run.host.tsc_hz + change : run.host.tsc_hz - change);
        fake_host_advance_ns(&run.host, 1000 * MS - before_ns);
        assert_false(run_measure(&run));
        assert_int_equal(calibration_bound_ppt(&run.calibration), UINT64_MAX);
        assert_true(run_measure_often(&run, 1));
        assert_rate_is_inside(&run);
        assert_true(run_measure_often(&run, 10));
        assert_rate_is_inside(&run);
    }
}

/* 10 parts per billion, where the rate before is known to 2. */
static void a_slight_change_of_the_rate_is_found_before_it_adds_up_to_200_ns(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < RUNS / 10; seed++) {
        struct run run;
        unsigned count = 0;

        measure_steady(&run, seed);
        assert_true(run_measure_often(&run, 45));
        fake_host_set_tsc_hz(&run.host, run.host.tsc_hz + run.host.tsc_hz / 100000000);
        do
            fake_host_advance_ns(&run.host, 1000 * MS);
        while (run_measure(&run) && ++count < 20);
        assert_in_range(count, 0, 19);
    }
}

static void a_tsc_that_steps_keeps_its_rate_and_loses_its_bound(void **unused)
{
    struct run run;
    uint64_t rate;

    (void)unused;
    measure_steady(&run, 1);
    rate = run.calibration.rate;
    run.host.tsc_then -= run.host.tsc_hz * 5;
    fake_host_advance_ns(&run.host, 1000 * MS);
    assert_false(run_measure(&run));
    assert_int_equal(run.calibration.rate, rate);
    assert_int_equal(calibration_bound_ppt(&run.calibration), UINT64_MAX);
    assert_true(run_measure_often(&run, 10));
    assert_rate_is_inside(&run);
}

static void brackets_between_which_no_time_passes_give_no_rate(void **unused)
{
    static const struct clock_bracket first = {1000, 10000, 1100};
    static const struct clock_bracket seconds[] = {
        {1000, 10000, 1100}, /* the same */
        {1090, 20000, 1300}, /* overlapping */
        {1000, 20000, 1000}, /* TSC stands still */
        {200, 20000, 300},   /* TSC backwards */
        {2000, 9000, 2100},  /* clock backwards */
        {2000, 10000, 2100}, /* clock stands still */
        {1050, 20000, 999},  /* TSC falls back inside the bracket, to where the first began */
    };

    (void)unused;
    for (unsigned i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
        struct calibration calibration;

        calibration_init(&calibration, 1, &first);
        assert_int_equal(calibration.rate, 0);
        calibration_add(&calibration, &seconds[i]);
        assert_int_equal(calibration.rate, 0);
        assert_int_equal(calibration_bound_ppt(&calibration), UINT64_MAX);
        assert_int_equal(calibration_tsc_millihz(&calibration), 0);
    }
}

static void brackets_that_touch_are_no_contradiction(void **unused)
{
    struct run run;

    (void)unused;
    measure_steady(&run, 1);
    for (unsigned i = 0; i < 1000; i++) {
        struct clock_bracket bracket = fake_host_read(&run.host);

        assert_true(calibration_add(&run.calibration, &bracket));
    }
    assert_rate_is_inside(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_narrowest_bracket),
        cmocka_unit_test(the_true_rate_is_inside_the_bound_on_any_quiet_host),
        cmocka_unit_test(an_interrupted_reader_makes_the_bound_wider_and_never_wrong),
        cmocka_unit_test(a_coarse_clock_makes_the_bound_wider_and_never_wrong),
        cmocka_unit_test(a_tsc_that_counts_in_steps_is_measured_as_well),
        cmocka_unit_test(two_brackets_20_ms_apart_bound_the_error_to_a_few_ppm),
        cmocka_unit_test(the_bound_is_under_1_ppb_within_100_s),
        cmocka_unit_test(a_step_of_the_clock_is_a_contradiction_at_the_next_bracket),
        cmocka_unit_test(a_new_rate_of_the_tsc_is_a_contradiction_and_then_inside_the_bound),
        cmocka_unit_test(a_slight_change_of_the_rate_is_found_before_it_adds_up_to_200_ns),
        cmocka_unit_test(a_tsc_that_steps_keeps_its_rate_and_loses_its_bound),
        cmocka_unit_test(brackets_between_which_no_time_passes_give_no_rate),
        cmocka_unit_test(brackets_that_touch_are_no_contradiction),
    };

    return cmocka_run_group_tests_name("calibration", tests, NULL, NULL);
}
