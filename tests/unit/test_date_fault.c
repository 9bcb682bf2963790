/* SPDX-License-Identifier: BSD-2-Clause */
/* Dates that are wrong on purpose: behind a lens, and stepped. */
#include "tests/unit/unit.h"

#include "base/time_math.h"
#include "kvmclock/date_fault.h"

#define SEC   ((int64_t)NS_PER_SEC)
#define DATE  (UINT64_C(1700000000) * NS_PER_SEC)
#define YEARS (INT64_C(366) * 86400 * SEC)

static void a_date_without_a_fault_is_right(void **unused)
{
    const struct date_fault none = {0};

    (void)unused;
    assert_false(date_fault_is_wrong(&none));
    assert_int_equal(date_fault_ns(&none, 5, DATE), DATE);
    assert_int_equal(date_fault_ns(&none, 5, 7), 7);
}

static void a_rate_is_by_guest_time_and_leaves_no_step(void **unused)
{
    struct date_fault fault = {0};

    (void)unused;
    date_fault_set_rate(&fault, 10 * NS_PER_SEC, 1000000);
    assert_int_equal(date_fault_ns(&fault, 10 * NS_PER_SEC, DATE), DATE);
    assert_int_equal(date_fault_ns(&fault, 20 * NS_PER_SEC, DATE), DATE + NS_PER_SEC / 100);
    date_fault_set_rate(&fault, 20 * NS_PER_SEC, 0);
    assert_int_equal(date_fault_ns(&fault, 90 * NS_PER_SEC, DATE), DATE + NS_PER_SEC / 100);
    assert_true(date_fault_is_wrong(&fault));
    date_fault_step(&fault, -SEC / 100);
    assert_false(date_fault_is_wrong(&fault));
}

/* Somebody who sets the host's clock sets it, too. */
static void a_date_that_stands_goes_on_from_there(void **unused)
{
    struct date_fault fault = {0};

    (void)unused;
    date_fault_stick(&fault, 0, true);
    assert_int_equal(date_fault_ns(&fault, 5 * NS_PER_SEC, DATE + 5 * NS_PER_SEC), DATE);
    assert_int_equal(date_fault_ns(&fault, 5 * NS_PER_SEC, DATE + 9 * NS_PER_SEC),
                     DATE + 4 * NS_PER_SEC);
    date_fault_stick(&fault, 5 * NS_PER_SEC, false);
    assert_int_equal(date_fault_ns(&fault, 6 * NS_PER_SEC, DATE), DATE - 5 * NS_PER_SEC);
}

/* A host whose TSC is behind on another CPU samples a time that is before the fault. */
static void before_its_piece_it_is_as_at_its_beginning(void **unused)
{
    struct date_fault fault = {0};

    (void)unused;
    date_fault_set_rate(&fault, NS_PER_SEC, 1000000);
    date_fault_set_rate(&fault, 2 * NS_PER_SEC, 0);
    assert_int_equal(date_fault_ns(&fault, 2 * NS_PER_SEC - 50, DATE), DATE + NS_PER_SEC / 1000);
}

static void dates_are_kept_to_their_years(void **unused)
{
    struct date_fault fault = {0};

    (void)unused;
    assert_true(date_fault_may_step(&fault, 0, DATE, 200 * YEARS));
    assert_false(date_fault_may_step(&fault, 0, DATE, 250 * YEARS));
    assert_true(date_fault_may_step(&fault, 0, DATE, -50 * YEARS));
    assert_false(date_fault_may_step(&fault, 0, DATE, -60 * YEARS));
    assert_false(date_fault_may_step(&fault, 0, DATE, INT64_MIN));
    date_fault_step(&fault, 200 * YEARS);
    assert_false(date_fault_may_step(&fault, 0, DATE, 50 * YEARS));
    assert_int_equal(date_fault_ns(&fault, 0, INT64_MAX), UINT64_C(106650) * 86400 * NS_PER_SEC);
    date_fault_step(&fault, -210 * YEARS);
    assert_int_equal(date_fault_ns(&fault, 0, 5), NS_PER_SEC);
}

/* As by vmclock.step and wall.step, each of which may be as great as its own date allows. */
static void steps_that_are_too_great_together_lead_to_the_last_date(void **unused)
{
    struct date_fault fault = {0};

    (void)unused;
    for (unsigned i = 0; i < 3; i++)
        date_fault_step(&fault, 170 * YEARS);
    assert_int_equal(date_fault_ns(&fault, 0, DATE), UINT64_C(106650) * 86400 * NS_PER_SEC);
    for (unsigned i = 0; i < 5; i++)
        date_fault_step(&fault, -170 * YEARS);
    assert_int_equal(date_fault_ns(&fault, 0, DATE), NS_PER_SEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_without_a_fault_is_right),
        cmocka_unit_test(a_rate_is_by_guest_time_and_leaves_no_step),
        cmocka_unit_test(a_date_that_stands_goes_on_from_there),
        cmocka_unit_test(before_its_piece_it_is_as_at_its_beginning),
        cmocka_unit_test(dates_are_kept_to_their_years),
        cmocka_unit_test(steps_that_are_too_great_together_lead_to_the_last_date),
    };

    return cmocka_run_group_tests_name("date_fault", tests, NULL, NULL);
}
