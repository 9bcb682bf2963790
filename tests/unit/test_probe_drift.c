/* SPDX-License-Identifier: BSD-2-Clause */
/* The probe's comparison of a guest clock with the host's. */
#include "tests/unit/unit.h"

#include "guest-images/probe/drift.h"

#define TSC_HZ 2000000000u

/*
 * A moment at host_ns for a guest clock that is guest_ns then, in a bracket of width_ns; the TSC
 * counts 2 a nanosecond on the host, and tsc_extra more on the guest.
 */
static struct moment moment_at(uint64_t host_ns, uint64_t guest_ns, uint64_t width_ns,
                               uint64_t tsc_extra)
{
    uint64_t tsc = host_ns * 2;
    uint64_t guest_tsc = 5000 + tsc + tsc_extra;

    return (struct moment){
        .bracket = {.before_ns = guest_ns - width_ns / 2,
                    .after_ns = guest_ns + width_ns / 2,
                    .before_tsc = guest_tsc - width_ns,
                    .after_tsc = guest_tsc + width_ns,
                    .host = {.sample = {.host_tsc = tsc,
                                        .host_tsc_width = 40,
                                        .host_monotonic_raw_ns = host_ns},
                             .guest_ns = host_ns}},
        .pair = {guest_tsc - 30, guest_ns, guest_tsc + 30},
        .host_pair = {.host_tsc = tsc, .host_tsc_width = 40, .host_monotonic_raw_ns = host_ns},
    };
}

static void a_clock_at_the_hosts_rate_has_no_drift(void **unused)
{
    struct moment start = moment_at(1000000, 77000000, 10000, 0);
    struct moment end = moment_at(1001000000, 1077000000, 10000, 0);
    struct drift drift = drift_between(&start, &end);

    (void)unused;
    assert_true(drift.known);
    assert_int_equal(drift.baseline_ns, 1000000000);
    assert_int_equal(drift.by_bracket.value, 0);
    assert_int_equal(drift.best.value, 0);
    assert_int_equal(drift.tsc.value, 0);
    assert_int_equal(drift.machine.value, 0);
}

static void bracket_uncertainty_is_half_the_widths_of_both_ends_over_the_baseline(void **unused)
{
    struct moment start = moment_at(1000000, 77000000, 10000, 0);
    struct moment end = moment_at(1001000000, 1077000000, 20000, 0);
    struct drift drift = drift_between(&start, &end);

    (void)unused;
    /* 5000 + 10000 ns, 1 for rounding, 21 ns of the host's own samples with theirs: over 1 s. */
    assert_int_equal(drift.by_bracket.uncertainty, 15000 + 1 + 21);
}

static void pairs_narrow_the_uncertainty_while_the_tsc_rates_agree(void **unused)
{
    struct moment start = moment_at(1000000, 77000000, 10000, 0);
    struct moment end = moment_at(1001000000, 1077000250, 10000, 0);
    struct drift drift = drift_between(&start, &end);

    (void)unused;
    assert_true(drift.through_tsc);
    assert_int_equal(drift.best.value, 250);
    assert_in_range(drift.best.uncertainty, 50, 60);
}

static void pairs_come_from_the_narrowest_sample_of_the_host(void **unused)
{
    struct moment start = moment_at(1000000, 77000000, 10000, 0);
    struct moment end = moment_at(1001000000, 1077000000, 10000, 0);
    struct drift drift;

    (void)unused;
    start.bracket.host.sample.host_tsc_width = end.bracket.host.sample.host_tsc_width = 9000;
    drift = drift_between(&start, &end);
    assert_true(drift.through_tsc);
    assert_in_range(drift.best.uncertainty, 50, 60);
}

static void pairs_are_not_used_when_the_guests_tsc_runs_at_another_rate(void **unused)
{
    struct moment start = moment_at(1000000, 77000000, 10000, 0);
    struct moment end = moment_at(1001000000, 1077000000, 10000, TSC_HZ / 10);
    struct drift drift = drift_between(&start, &end);

    (void)unused;
    assert_true(drift.known);
    assert_false(drift.through_tsc);
    assert_int_equal(drift.tsc.value, 100000000);
    assert_int_equal(drift.best.value, 0);
    assert_int_equal(drift.best.uncertainty, drift.by_bracket.uncertainty);
}

static void the_true_drift_lies_within_the_uncertainty_wherever_in_its_bracket_it_was(void **unused)
{
    (void)unused;
    for (int64_t shift_ns = -5000; shift_ns <= 5000; shift_ns += 2500) {
        struct moment start = moment_at(1000000, 77000000, 10000, 0);
        struct moment end = moment_at(501000000, (uint64_t)(577000000 + shift_ns), 10000, 0);
        struct drift drift;

        start.pair.after_tsc = start.pair.before_tsc + 1000000;
        drift = drift_between(&start, &end);
        assert_false(drift.through_tsc);
        assert_true(drift.best.value <= (int64_t)drift.best.uncertainty);
        assert_true(drift.best.value >= -(int64_t)drift.best.uncertainty);
    }
}

static void a_slow_clock_has_a_negative_drift(void **unused)
{
    struct moment start = moment_at(0, 1000000, 100, 0);
    struct moment end = moment_at(2000000000, 1000000 + 1998000000, 100, 0);
    struct drift drift = drift_between(&start, &end);

    (void)unused;
    assert_int_equal(drift.best.value, -1000000);
    assert_int_equal(ppb_between(0, 7), -1000000000);
    assert_int_equal(ppb_between(UINT64_MAX, 1), INT64_MAX);
}

static void a_value_that_may_be_old_makes_the_uncertainty_so_much_wider(void **unused)
{
    struct moment start = moment_at(1000000, 77000000, 10000, 0);
    struct moment end = moment_at(1001000000, 1077000000 - 40000, 10000, 0);
    struct drift drift = drift_between(&start, &end);
    uint64_t by_bracket = drift.by_bracket.uncertainty, best = drift.best.uncertainty;
    struct drift unknown = {0};

    (void)unused;
    drift_allow_age(&drift, 40000);
    assert_int_equal(drift.best.value, -40000);
    assert_int_equal(drift.best.uncertainty, best + 40000);
    assert_int_equal(drift.by_bracket.uncertainty, by_bracket + 40000);
    drift_allow_age(&unknown, 40000);
    assert_int_equal(unknown.best.uncertainty, 0);
}

static void values_that_make_no_interval_give_no_drift(void **unused)
{
    struct moment start = moment_at(1000000, 77000000, 10000, 0);
    struct moment earlier = moment_at(999999, 78000000, 10000, 0);
    struct moment same = start;
    struct moment all_ones = {.bracket.host.sample = {.host_monotonic_raw_ns = UINT64_MAX,
                                                      .host_tsc = UINT64_MAX,
                                                      .host_tsc_width = UINT64_MAX}};
    struct moment zero = {0};

    (void)unused;
    assert_false(drift_between(&start, &earlier).known);
    assert_false(drift_between(&start, &same).known);
    assert_false(drift_between(&start, &all_ones).known);
    assert_false(drift_between(&zero, &zero).known);
}

static void a_clock_that_stands_still_is_at_minus_one(void **unused)
{
    struct moment start = moment_at(1000000, 77000000, 0, 0);
    struct moment end = moment_at(1001000000, 77000000, 0, 0);
    struct drift drift = drift_between(&start, &end);

    (void)unused;
    assert_true(drift.known);
    assert_int_equal(drift.best.value, -1000000000);
    assert_int_equal(tsc_hz_between(&start.pair, &end.pair), 0);
}

static void tsc_frequency_is_cycles_over_the_guests_own_nanoseconds(void **unused)
{
    struct tsc_pair start = {100, 1000, 200};
    struct tsc_pair end = {100 + 1150000000, 1000 + 500000000, 200 + 1150000000};

    (void)unused;
    assert_int_equal(tsc_hz_between(&start, &end), 2300000000);
}

static void an_offset_is_taken_from_the_middle_of_the_bracket(void **unused)
{
    struct bracket bracket = {.before_ns = 1000, .after_ns = 1100};

    (void)unused;
    assert_int_equal(bracket_width_ns(&bracket), 100);
    assert_int_equal(bracket_offset_ns(&bracket, 1000), 50);
    assert_int_equal(bracket_offset_ns(&bracket, 2000), -950);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_at_the_hosts_rate_has_no_drift),
        cmocka_unit_test(bracket_uncertainty_is_half_the_widths_of_both_ends_over_the_baseline),
        cmocka_unit_test(pairs_narrow_the_uncertainty_while_the_tsc_rates_agree),
        cmocka_unit_test(pairs_come_from_the_narrowest_sample_of_the_host),
        cmocka_unit_test(pairs_are_not_used_when_the_guests_tsc_runs_at_another_rate),
        cmocka_unit_test(the_true_drift_lies_within_the_uncertainty_wherever_in_its_bracket_it_was),
        cmocka_unit_test(a_slow_clock_has_a_negative_drift),
        cmocka_unit_test(a_value_that_may_be_old_makes_the_uncertainty_so_much_wider),
        cmocka_unit_test(values_that_make_no_interval_give_no_drift),
        cmocka_unit_test(a_clock_that_stands_still_is_at_minus_one),
        cmocka_unit_test(tsc_frequency_is_cycles_over_the_guests_own_nanoseconds),
        cmocka_unit_test(an_offset_is_taken_from_the_middle_of_the_bracket),
    };

    return cmocka_run_group_tests_name("probe_drift", tests, NULL, NULL);
}
