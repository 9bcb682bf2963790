/* SPDX-License-Identifier: BSD-2-Clause */
/* See calendar.h. */
#include "base/calendar.h"

#define EPOCH_YEAR       1970
#define EPOCH_WEEKDAY    4 /* 1970-01-01 was a Thursday */
#define YEARS_PER_CYCLE  400
#define DAYS_PER_CYCLE   146097
#define MONTHS_PER_YEAR  12
#define DAYS_PER_WEEK    7
#define SEC_PER_HOUR     3600
#define SEC_PER_MINUTE   60
#define HOURS_PER_DAY    24
#define MINUTES_PER_HOUR 60

static int64_t floor_div(int64_t value, int64_t divisor)
{
    return value / divisor - (value % divisor < 0);
}

/* The remainder that goes with floor_div, never negative. */
static unsigned floor_mod(int64_t value, int64_t divisor)
{
    return (unsigned)(value - floor_div(value, divisor) * divisor);
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

unsigned calendar_days_in_month(int64_t year, unsigned month)
{
    static const unsigned char days[MONTHS_PER_YEAR] = {31, 28, 31, 30, 31, 30,
                                                        31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

/* Days from 1 January of the year 1 to 1 January of `year`. */
static int64_t days_before_year(int64_t year)
{
    int64_t past = year - 1;

    return 365 * past + floor_div(past, 4) - floor_div(past, 100) + floor_div(past, 400);
}

/* The year of a day counted from the epoch. */
static int64_t year_of_day(int64_t epoch_day)
{
    int64_t day = epoch_day + days_before_year(EPOCH_YEAR);
    /* The mean length of a year gives the year itself, or the one before or after it. */
    int64_t year = floor_div(day * YEARS_PER_CYCLE, DAYS_PER_CYCLE) + 1;

    if (days_before_year(year) > day)
        return year - 1;
    return days_before_year(year + 1) <= day ? year + 1 : year;
}

struct calendar_time calendar_from_sec(int64_t epoch_sec)
{
    int64_t epoch_day = floor_div(epoch_sec, SEC_PER_DAY);
    unsigned day_sec = floor_mod(epoch_sec, SEC_PER_DAY);
    struct calendar_time time = {
        .year = year_of_day(epoch_day),
        .month = 1,
        .hour = day_sec / SEC_PER_HOUR,
        .minute = day_sec / SEC_PER_MINUTE % MINUTES_PER_HOUR,
        .second = day_sec % SEC_PER_MINUTE,
        .weekday = floor_mod(epoch_day + EPOCH_WEEKDAY, DAYS_PER_WEEK),
    };
    unsigned day =
        (unsigned)(epoch_day + days_before_year(EPOCH_YEAR) - days_before_year(time.year));

    while (day >= calendar_days_in_month(time.year, time.month))
        day -= calendar_days_in_month(time.year, time.month++);
    time.day = day + 1;
    return time;
}

int64_t calendar_to_sec(const struct calendar_time *time)
{
    int64_t epoch_day = days_before_year(time->year) - days_before_year(EPOCH_YEAR) + time->day - 1;
    unsigned day_sec = time->hour * SEC_PER_HOUR + time->minute * SEC_PER_MINUTE + time->second;

    for (unsigned month = 1; month < time->month; month++)
        epoch_day += calendar_days_in_month(time->year, month);
    return epoch_day * SEC_PER_DAY + day_sec;
}

bool calendar_is_valid(const struct calendar_time *time)
{
    return time->month >= 1 && time->month <= MONTHS_PER_YEAR && time->day >= 1 &&
           time->day <= calendar_days_in_month(time->year, time->month) &&
           time->hour < HOURS_PER_DAY && time->minute < MINUTES_PER_HOUR &&
           time->second < SEC_PER_MINUTE;
}
