/* SPDX-License-Identifier: BSD-2-Clause */
/* Time, calendar and alarm bytes of the RTC: coding, carries, alarm search. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/calendar.h"
#include "devices/pc/rtc_time.h"

#define BCD_24H    RTC_B_24H
#define BCD_12H    0u
#define BINARY_24H (RTC_B_24H | RTC_B_BINARY)
#define BINARY_12H RTC_B_BINARY

static void regs_init(uint8_t *regs, unsigned format, int64_t year, unsigned month, unsigned day,
                      unsigned hour, unsigned minute, unsigned second)
{
    const struct calendar_time time = {year, month, day, hour, minute, second, 0};

    memset(regs, 0, RTC_REGISTERS);
    regs[RTC_B] = (uint8_t)format;
    rtc_time_set(regs, calendar_to_sec(&time));
}

static void assert_date(const uint8_t *regs, unsigned century, unsigned year, unsigned month,
                        unsigned day, unsigned weekday)
{
    assert_int_equal(regs[RTC_CENTURY], century);
    assert_int_equal(regs[RTC_YEAR], year);
    assert_int_equal(regs[RTC_MONTH], month);
    assert_int_equal(regs[RTC_DAY], day);
    assert_int_equal(regs[RTC_WEEKDAY], weekday);
}

static void assert_clock(const uint8_t *regs, unsigned hour, unsigned minute, unsigned second)
{
    assert_int_equal(regs[RTC_HOUR], hour);
    assert_int_equal(regs[RTC_MINUTE], minute);
    assert_int_equal(regs[RTC_SECOND], second);
}

static void a_time_is_coded_in_bcd_or_binary(void **unused)
{
    uint8_t regs[RTC_REGISTERS];

    (void)unused;
    regs_init(regs, BCD_24H, 2023, 11, 14, 22, 13, 59);
    assert_date(regs, 0x20, 0x23, 0x11, 0x14, 3);
    assert_clock(regs, 0x22, 0x13, 0x59);
    regs_init(regs, BINARY_24H, 2023, 11, 14, 22, 13, 59);
    assert_date(regs, 20, 23, 11, 14, 3);
    assert_clock(regs, 22, 13, 59);
}

static void in_12_hour_mode_bit_7_is_pm_and_midnight_and_noon_are_12(void **unused)
{
    static const uint8_t bcd[] = {0x12, 0x01, 0x11, 0x92, 0x81, 0x91};
    static const uint8_t binary[] = {12, 1, 11, 0x80 | 12, 0x80 | 1, 0x80 | 11};
    static const unsigned hours[] = {0, 1, 11, 12, 13, 23};
    uint8_t regs[RTC_REGISTERS];

    (void)unused;
    for (unsigned i = 0; i < sizeof hours / sizeof hours[0]; i++) {
        regs_init(regs, BCD_12H, 2023, 11, 14, hours[i], 0, 0);
        assert_int_equal(regs[RTC_HOUR], bcd[i]);
        regs_init(regs, BINARY_12H, 2023, 11, 14, hours[i], 0, 0);
        assert_int_equal(regs[RTC_HOUR], binary[i]);
    }
}

static void a_second_carries_up_to_the_century(void **unused)
{
    uint8_t regs[RTC_REGISTERS];

    (void)unused;
    regs_init(regs, BCD_12H, 1999, 12, 31, 23, 59, 59);
    assert_int_equal(regs[RTC_WEEKDAY], 6);
    rtc_time_advance(regs, 1);
    assert_date(regs, 0x20, 0x00, 0x01, 0x01, 7);
    assert_clock(regs, 0x12, 0x00, 0x00);
}

static void months_end_as_in_the_calendar(void **unused)
{
    uint8_t regs[RTC_REGISTERS];

    (void)unused;
    regs_init(regs, BCD_24H, 2024, 2, 28, 23, 59, 59);
    rtc_time_advance(regs, 1);
    assert_date(regs, 0x20, 0x24, 0x02, 0x29, 5);
    regs_init(regs, BCD_24H, 2100, 2, 28, 23, 59, 59);
    rtc_time_advance(regs, 1);
    assert_date(regs, 0x21, 0x00, 0x03, 0x01, 2);
    regs_init(regs, BCD_24H, 2023, 4, 30, 23, 59, 59);
    rtc_time_advance(regs, 1);
    assert_date(regs, 0x20, 0x23, 0x05, 0x01, 2);
}

static void one_long_advance_equals_many_of_one_second(void **unused)
{
    uint8_t by_one[RTC_REGISTERS];
    uint8_t at_once[RTC_REGISTERS];

    (void)unused;
    for (unsigned format = 0; format < 4; format++) {
        regs_init(by_one, format << 1, 2023, 12, 30, 20, 0, 0);
        memcpy(at_once, by_one, sizeof at_once);
        for (unsigned i = 0; i < 3 * SEC_PER_DAY; i++)
            rtc_time_advance(by_one, 1);
        rtc_time_advance(at_once, 3 * SEC_PER_DAY);
        assert_memory_equal(by_one, at_once, sizeof at_once);
    }
}

static void the_day_of_the_week_is_a_counter_that_nothing_ties_to_the_date(void **unused)
{
    uint8_t regs[RTC_REGISTERS];

    (void)unused;
    regs_init(regs, BCD_24H, 2023, 11, 14, 23, 59, 59);
    regs[RTC_WEEKDAY] = 7;
    rtc_time_advance(regs, 1);
    assert_int_equal(regs[RTC_WEEKDAY], 1);
    rtc_time_advance(regs, 10 * SEC_PER_DAY);
    assert_int_equal(regs[RTC_WEEKDAY], 4);
    regs[RTC_WEEKDAY] = 0x5a;
    rtc_time_advance(regs, SEC_PER_DAY);
    assert_int_equal(regs[RTC_WEEKDAY], 0x5a);
}

static void a_century_byte_that_is_no_number_is_left_alone(void **unused)
{
    uint8_t regs[RTC_REGISTERS];

    (void)unused;
    regs_init(regs, BCD_24H, 2099, 12, 31, 23, 59, 59);
    regs[RTC_CENTURY] = 0xff;
    rtc_time_advance(regs, 1);
    assert_int_equal(regs[RTC_CENTURY], 0xff);
    assert_int_equal(regs[RTC_YEAR], 0);
    assert_int_equal(regs[RTC_MONTH], 1);
}

static void an_impossible_date_stands_and_the_time_of_day_goes_on(void **unused)
{
    static const struct {
        uint8_t field, value;
    } wrong[] = {
        {RTC_DAY, 0},     {RTC_DAY, 0x32},   {RTC_DAY, 0xee},
        {RTC_MONTH, 0},   {RTC_MONTH, 0x13}, {RTC_MONTH, 2 /* with day 31 */},
        {RTC_YEAR, 0xaa},
    };

    (void)unused;
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint8_t regs[RTC_REGISTERS];
        uint8_t before[RTC_REGISTERS];

        regs_init(regs, BCD_24H, 2024, 1, 31, 23, 59, 58);
        regs[wrong[i].field] = wrong[i].value;
        memcpy(before, regs, sizeof regs);
        rtc_time_advance(regs, 1);
        assert_clock(regs, 0x23, 0x59, 0x59);
        rtc_time_advance(regs, 1);
        assert_clock(regs, 0, 0, 0);
        assert_date(regs, before[RTC_CENTURY], before[RTC_YEAR], before[RTC_MONTH], before[RTC_DAY],
                    5);
        rtc_time_advance(regs, 3 * SEC_PER_DAY + 3600);
        assert_clock(regs, 0x01, 0, 0);
        assert_date(regs, before[RTC_CENTURY], before[RTC_YEAR], before[RTC_MONTH], before[RTC_DAY],
                    1);
    }
}

static void a_counter_out_of_range_stands_with_those_above_it(void **unused)
{
    uint8_t regs[RTC_REGISTERS];

    (void)unused;
    regs_init(regs, BCD_24H, 2024, 1, 31, 23, 59, 59);
    regs[RTC_HOUR] = 0x24;
    rtc_time_advance(regs, 62);
    assert_clock(regs, 0x24, 0x01, 0x01);
    assert_date(regs, 0x20, 0x24, 0x01, 0x31, 4);
    regs[RTC_MINUTE] = 0x60;
    rtc_time_advance(regs, 3600);
    assert_clock(regs, 0x24, 0x60, 0x01);
    regs[RTC_SECOND] = 0x5a;
    rtc_time_advance(regs, 3600);
    assert_clock(regs, 0x24, 0x60, 0x5a);
}

/* Every byte of the time set to every value: one long advance is many of one second. */
static void any_bytes_go_on_the_same_by_one_step_or_many(void **unused)
{
    static const uint8_t fields[] = {RTC_SECOND, RTC_MINUTE, RTC_HOUR,   RTC_DAY,
                                     RTC_MONTH,  RTC_YEAR,   RTC_CENTURY};

    (void)unused;
    for (unsigned i = 0; i < 4 * 256 * sizeof fields; i++) {
        uint8_t by_one[RTC_REGISTERS];
        uint8_t at_once[RTC_REGISTERS];

        regs_init(by_one, (i / 256 % 4) << 1, 2024, 1, 31, 23, 58, 30);
        by_one[fields[i / 1024]] = (uint8_t)i;
        memcpy(at_once, by_one, sizeof by_one);
        for (unsigned sec = 0; sec < 200; sec++)
            rtc_time_advance(by_one, 1);
        rtc_time_advance(at_once, 200);
        assert_memory_equal(by_one, at_once, sizeof by_one);
    }
}

/* The update at which AF is due: the first whose three bytes match. */
static uint64_t first_match(const uint8_t *regs, uint64_t limit)
{
    uint8_t copy[RTC_REGISTERS];

    memcpy(copy, regs, sizeof copy);
    for (uint64_t wait = 1; wait <= limit; wait++) {
        bool matches = true;

        rtc_time_advance(copy, 1);
        for (unsigned i = 0; i < 3; i++) {
            uint8_t alarm = copy[2 * i + 1];

            matches = matches && ((alarm & 0xc0) == 0xc0 || alarm == copy[2 * i]);
        }
        if (matches)
            return wait;
    }
    return RTC_NO_ALARM;
}

static void the_alarm_compares_three_bytes_whatever_the_date_and_what_stands(void **unused)
{
    static const struct {
        uint8_t hour, minute, second, hour_alarm, minute_alarm, second_alarm;
        uint64_t wait_sec;
    } cases[] = {
        {0x12, 0x30, 0x30, 0x12, 0x30, 0x31, 1},
        {0x12, 0x30, 0x30, 0x12, 0x30, 0x30, SEC_PER_DAY},
        {0x12, 0x30, 0x30, 0xff, 0xff, 0x29, 59},
        {0x12, 0x30, 0x30, 0x25, 0x30, 0x31, RTC_NO_ALARM},
        {0x25, 0x30, 0x30, 0x25, 0x30, 0x31, 1},
        {0x25, 0x30, 0x30, 0xff, 0x29, 0x31, 59 * 60 + 1},
        {0x25, 0x30, 0x30, 0x12, 0x30, 0x31, RTC_NO_ALARM},
        {0x25, 0x60, 0x30, 0x25, 0x60, 0xff, 1},
        {0x12, 0x60, 0x30, 0x12, 0x60, 0x30, 60},
        {0x12, 0x60, 0x30, 0x13, 0x60, 0x30, RTC_NO_ALARM},
        {0x12, 0x30, 0x7a, 0x12, 0x30, 0x7a, 1},
        {0x12, 0x30, 0x7a, 0x12, 0x30, 0x10, RTC_NO_ALARM},
    };

    (void)unused;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t regs[RTC_REGISTERS];

        regs_init(regs, BCD_24H, 2024, 1, 31, 0, 0, 0);
        memcpy(regs,
               (const uint8_t[]){cases[i].second, cases[i].second_alarm, cases[i].minute,
                                 cases[i].minute_alarm, cases[i].hour, cases[i].hour_alarm},
               6);
        regs[RTC_DAY] = 0;
        assert_int_equal(rtc_time_alarm_wait_sec(regs), cases[i].wait_sec);
        assert_int_equal(first_match(regs, SEC_PER_DAY), cases[i].wait_sec);
    }
}

/* The second, minute and hour byte of each second of a day. */
static uint8_t day[SEC_PER_DAY][3];

static void day_init(unsigned format)
{
    uint8_t regs[RTC_REGISTERS];

    for (unsigned sec = 0; sec < SEC_PER_DAY; sec++) {
        regs_init(regs, format, 2023, 11, 14, sec / 3600, sec / 60 % 60, sec % 60);
        for (unsigned i = 0; i < 3; i++)
            day[sec][i] = regs[RTC_SECOND + 2 * i];
    }
}

/* What the chip does: compare the bytes after each update, any byte with those of C0h and above. */
static uint64_t wait_by_trying(const uint8_t *alarm, unsigned sec)
{
    for (unsigned wait_sec = 1; wait_sec <= SEC_PER_DAY; wait_sec++) {
        const uint8_t *now = day[(sec + wait_sec) % SEC_PER_DAY];
        unsigned matches = 0;

        for (unsigned i = 0; i < 3; i++)
            matches += alarm[i] >= 0xc0 || alarm[i] == now[i];
        if (matches == 3)
            return wait_sec;
    }
    return RTC_NO_ALARM;
}

static void assert_same_wait(unsigned format, const uint8_t *alarm, unsigned sec)
{
    uint8_t regs[RTC_REGISTERS];

    regs_init(regs, format, 2023, 11, 14, sec / 3600, sec / 60 % 60, sec % 60);
    for (unsigned i = 0; i < 3; i++)
        regs[RTC_SECOND_ALARM + 2 * i] = alarm[i];
    assert_true(rtc_time_alarm_wait_sec(regs) == wait_by_trying(alarm, sec));
}

static void the_alarm_search_finds_the_second_that_comparing_after_each_update_finds(void **unused)
{
    static const uint8_t bytes[] = {0x00, 0x09, 0x0a, 0x12, 0x59, 0x92, 0xc0};
    enum { COUNT = sizeof bytes };

    (void)unused;
    for (unsigned format = 0; format < 4; format++) {
        day_init(format << 1);
        for (unsigned i = 0; i < COUNT * COUNT * COUNT; i++) {
            const uint8_t alarm[] = {bytes[i % COUNT], bytes[i / COUNT % COUNT],
                                     bytes[i / COUNT / COUNT]};

            assert_same_wait(format << 1, alarm, i * 7919 % SEC_PER_DAY);
        }
    }
}

static void an_alarm_for_this_very_second_is_a_day_away(void **unused)
{
    uint8_t regs[RTC_REGISTERS];

    (void)unused;
    regs_init(regs, BCD_24H, 2023, 11, 14, 22, 13, 20);
    regs[RTC_HOUR_ALARM] = 0x22;
    regs[RTC_MINUTE_ALARM] = 0x13;
    regs[RTC_SECOND_ALARM] = 0x20;
    assert_int_equal(rtc_time_alarm_wait_sec(regs), SEC_PER_DAY);
}

static void no_alarm_comes_for_an_hour_that_is_none(void **unused)
{
    uint8_t regs[RTC_REGISTERS];

    (void)unused;
    regs_init(regs, BCD_24H, 2023, 11, 14, 22, 13, 20);
    regs[RTC_HOUR_ALARM] = 0x24;
    assert_true(rtc_time_alarm_wait_sec(regs) == RTC_NO_ALARM);
    regs[RTC_HOUR_ALARM] = 0xff;
    assert_int_equal(rtc_time_alarm_wait_sec(regs), 46 * 60 + 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_coded_in_bcd_or_binary),
        cmocka_unit_test(in_12_hour_mode_bit_7_is_pm_and_midnight_and_noon_are_12),
        cmocka_unit_test(a_second_carries_up_to_the_century),
        cmocka_unit_test(months_end_as_in_the_calendar),
        cmocka_unit_test(one_long_advance_equals_many_of_one_second),
        cmocka_unit_test(the_day_of_the_week_is_a_counter_that_nothing_ties_to_the_date),
        cmocka_unit_test(a_century_byte_that_is_no_number_is_left_alone),
        cmocka_unit_test(an_impossible_date_stands_and_the_time_of_day_goes_on),
        cmocka_unit_test(a_counter_out_of_range_stands_with_those_above_it),
        cmocka_unit_test(any_bytes_go_on_the_same_by_one_step_or_many),
        cmocka_unit_test(the_alarm_compares_three_bytes_whatever_the_date_and_what_stands),
        cmocka_unit_test(the_alarm_search_finds_the_second_that_comparing_after_each_update_finds),
        cmocka_unit_test(an_alarm_for_this_very_second_is_a_day_away),
        cmocka_unit_test(no_alarm_comes_for_an_hour_that_is_none),
    };

    return cmocka_run_group_tests_name("rtc_time", tests, NULL, NULL);
}
