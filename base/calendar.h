/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calendar: seconds since 1970-01-01 00:00:00 UTC to a date and time of day, and back.
 *
 * Proleptic Gregorian, 86400 seconds in every day (as POSIX counts them: no leap seconds), for any
 * year that fits: at least -10^9 to 10^9.
 */
#ifndef BASE_CALENDAR_H
#define BASE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#define SEC_PER_DAY 86400

struct calendar_time {
    int64_t year;
    unsigned month;   /* 1 to 12 */
    unsigned day;     /* 1 to 31 */
    unsigned hour;    /* 0 to 23 */
    unsigned minute;  /* 0 to 59 */
    unsigned second;  /* 0 to 59 */
    unsigned weekday; /* 0 = Sunday to 6 = Saturday; ignored as input */
};

/* The date and time at epoch_sec, with the day of the week. */
struct calendar_time calendar_from_sec(int64_t epoch_sec);

/* Seconds since 1970 of a time for which calendar_is_valid is true. */
int64_t calendar_to_sec(const struct calendar_time *time);

/* Whether the date exists and the time of day is below 24 hours. Any values will do. */
bool calendar_is_valid(const struct calendar_time *time);

/* Days in a month of a year; month is 1 to 12. */
unsigned calendar_days_in_month(int64_t year, unsigned month);

#endif
