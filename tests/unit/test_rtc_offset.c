/* SPDX-License-Identifier: BSD-2-Clause */
/* The RTC beside the host's clock: adding, when to look again, words. */
#include "tests/unit/unit.h"

#include "devices/pc/rtc.h"
#include "vmm/machine/rtc_offset.h"

#define SECOND_NS INT64_C(1000000000)
#define WALL_NS   (INT64_C(1700000000) * SECOND_NS)
#define LAST_NS   (RTC_WALL_END_SEC * SECOND_NS - 1)

static void an_offset_is_added_and_the_sum_stays_in_the_years_of_the_rtc(void **unused)
{
    (void)unused;
    assert_int_equal(rtc_offset_add(WALL_NS, 0), WALL_NS);
    assert_int_equal(rtc_offset_add(WALL_NS, 5), WALL_NS + 5);
    assert_int_equal(rtc_offset_add(WALL_NS, -WALL_NS), 0);
    assert_int_equal(rtc_offset_add(WALL_NS, -WALL_NS - 1), 0);
    assert_int_equal(rtc_offset_add(WALL_NS, INT64_MIN), 0);
    assert_int_equal(rtc_offset_add(WALL_NS, LAST_NS - WALL_NS), LAST_NS);
    assert_int_equal(rtc_offset_add(WALL_NS, LAST_NS - WALL_NS + 1), LAST_NS);
    assert_int_equal(rtc_offset_add(WALL_NS, INT64_MAX), LAST_NS);
    assert_int_equal(rtc_offset_add(UINT64_MAX, 0), LAST_NS);
}

static void the_next_look_is_in_the_middle_of_one_of_the_rtcs_seconds(void **unused)
{
    static const int64_t offsets_ns[] = {0,          1,         -1,         250000000,
                                         -250000000, 999999999, -999999999, 7 * SECOND_NS + 3,
                                         -WALL_NS,   INT64_MAX, INT64_MIN};

    (void)unused;
    for (unsigned i = 0; i < sizeof offsets_ns / sizeof offsets_ns[0]; i++)
        for (int64_t fraction_ns = 0; fraction_ns < SECOND_NS; fraction_ns += 99999999) {
            int64_t now_ns = WALL_NS + fraction_ns;
            int64_t next_ns = (int64_t)rtc_offset_next_middle_ns((uint64_t)now_ns, offsets_ns[i]);

            assert_in_range(next_ns - now_ns, SECOND_NS / 2 + 1, SECOND_NS * 3 / 2);
            assert_int_equal((next_ns % SECOND_NS + offsets_ns[i] % SECOND_NS + SECOND_NS) %
                                 SECOND_NS,
                             SECOND_NS / 2);
        }
}

static void an_offset_of_any_size_is_rounded_to_the_nearest_second(void **unused)
{
    (void)unused;
    assert_int_equal(rtc_offset_round_sec(0), 0);
    assert_int_equal(rtc_offset_round_sec(SECOND_NS / 2 - 1), 0);
    assert_int_equal(rtc_offset_round_sec(SECOND_NS / 2), 1);
    assert_int_equal(rtc_offset_round_sec(3 * SECOND_NS / 2 - 1), 1);
    assert_int_equal(rtc_offset_round_sec(-SECOND_NS / 2 + 1), 0);
    assert_int_equal(rtc_offset_round_sec(-SECOND_NS / 2), -1);
    assert_int_equal(rtc_offset_round_sec(-3 * SECOND_NS / 2 + 1), -1);
    assert_int_equal(rtc_offset_round_sec(INT64_MAX), 9223372037);
    assert_int_equal(rtc_offset_round_sec(INT64_MIN), -9223372037);
}

static void assert_text(int64_t wall_ns, int64_t offset_ns, const char *expected)
{
    char text[RTC_OFFSET_TEXT_SIZE];

    rtc_offset_describe(text, wall_ns, offset_ns);
    assert_string_equal(text, expected);
}

static void a_date_and_its_offset_are_told_in_one_line(void **unused)
{
    (void)unused;
    assert_text(INT64_C(1924992000) * SECOND_NS, INT64_C(1234567890) * 1000000,
                "2031-01-01T00:00:00, +1234567.890 s from the host");
    assert_text(WALL_NS + 999999999, -1000000, "2023-11-14T22:13:20, -0.001 s from the host");
    assert_text(WALL_NS - 1, 0, "2023-11-14T22:13:19, +0.000 s from the host");
    assert_text(-1, INT64_MIN, "1969-12-31T23:59:59, -9223372036.854 s from the host");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_offset_is_added_and_the_sum_stays_in_the_years_of_the_rtc),
        cmocka_unit_test(the_next_look_is_in_the_middle_of_one_of_the_rtcs_seconds),
        cmocka_unit_test(an_offset_of_any_size_is_rounded_to_the_nearest_second),
        cmocka_unit_test(a_date_and_its_offset_are_told_in_one_line),
    };

    return cmocka_run_group_tests_name("rtc_offset", tests, NULL, NULL);
}
