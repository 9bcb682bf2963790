/* SPDX-License-Identifier: BSD-2-Clause */
/* Calendar, against the C library's. */
#include "tests/unit/unit.h"

#include <time.h>

#include "base/calendar.h"

static void assert_same_as_libc(int64_t epoch_sec)
{
    struct calendar_time ours = calendar_from_sec(epoch_sec);
    time_t sec = epoch_sec;
    struct tm tm;

    assert_non_null(gmtime_r(&sec, &tm));
    assert_int_equal(ours.year, tm.tm_year + INT64_C(1900));
    assert_int_equal(ours.month, tm.tm_mon + 1);
    assert_int_equal(ours.day, tm.tm_mday);
    assert_int_equal(ours.hour, tm.tm_hour);
    assert_int_equal(ours.minute, tm.tm_min);
    assert_int_equal(ours.second, tm.tm_sec);
    assert_int_equal(ours.weekday, tm.tm_wday);
    assert_true(calendar_is_valid(&ours));
    assert_true(calendar_to_sec(&ours) == epoch_sec);
}

static void every_day_of_the_years_0_to_10000_is_that_of_the_c_library(void **unused)
{
    const struct calendar_time first = {.year = 0, .month = 1, .day = 1};
    const struct calendar_time last = {.year = 10000, .month = 12, .day = 31};

    (void)unused;
    for (int64_t sec = calendar_to_sec(&first); sec <= calendar_to_sec(&last); sec += SEC_PER_DAY)
        assert_same_as_libc(sec);
}

static void seconds_around_the_epoch_and_the_ends_of_years_are_those_of_the_c_library(void **unused)
{
    const int64_t around[] = {0, 951782400, 946684800, 4102444800, -62135596800, 253402300800};

    (void)unused;
    for (unsigned i = 0; i < sizeof around / sizeof around[0]; i++)
        for (int64_t delta = -100000; delta <= 100000; delta += 7)
            assert_same_as_libc(around[i] + delta);
}

static void far_years_convert_both_ways(void **unused)
{
    (void)unused;
    for (int64_t sec = 1; sec < INT64_C(31556952000000000); sec = sec * 3 + 11) {
        assert_same_as_libc(sec);
        assert_same_as_libc(-sec);
    }
}

static void only_years_divisible_by_4_and_not_by_100_or_by_400_have_a_29_february(void **unused)
{
    (void)unused;
    assert_int_equal(calendar_days_in_month(2023, 2), 28);
    assert_int_equal(calendar_days_in_month(2024, 2), 29);
    assert_int_equal(calendar_days_in_month(2100, 2), 28);
    assert_int_equal(calendar_days_in_month(2000, 2), 29);
    assert_int_equal(calendar_days_in_month(-4, 2), 29);
    assert_int_equal(calendar_days_in_month(-100, 2), 28);
}

static void a_time_that_does_not_exist_is_not_valid(void **unused)
{
    const struct calendar_time bad[] = {
        {.year = 2023, .month = 0, .day = 1},
        {.year = 2023, .month = 13, .day = 1},
        {.year = 2023, .month = 1, .day = 0},
        {.year = 2023, .month = 2, .day = 29},
        {.year = 2023, .month = 4, .day = 31},
        {.year = 2023, .month = 1, .day = 1, .hour = 24},
        {.year = 2023, .month = 1, .day = 1, .minute = 60},
        {.year = 2023, .month = 1, .day = 1, .second = 60},
    };

    (void)unused;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(calendar_is_valid(&bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_the_years_0_to_10000_is_that_of_the_c_library),
        cmocka_unit_test(seconds_around_the_epoch_and_the_ends_of_years_are_those_of_the_c_library),
        cmocka_unit_test(far_years_convert_both_ways),
        cmocka_unit_test(only_years_divisible_by_4_and_not_by_100_or_by_400_have_a_29_february),
        cmocka_unit_test(a_time_that_does_not_exist_is_not_valid),
    };

    return cmocka_run_group_tests_name("calendar", tests, NULL, NULL);
}
