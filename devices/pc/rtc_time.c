/* SPDX-License-Identifier: BSD-2-Clause */
/* See rtc_time.h. */
#include "devices/pc/rtc_time.h"

#include "base/calendar.h"

#define HOUR_PM         0x80u
#define ALARM_ANY       0xc0u /* both top bits set: do not care */
#define DEFAULT_CENTURY 20

/* What a byte decodes to that codes no number. No field can have this value. */
#define NO_NUMBER 255u
/* What an alarm byte decodes to that matches every value. No field can have it. */
#define ANY_NUMBER 254u

static unsigned decode(const uint8_t *regs, uint8_t byte)
{
    if ((regs[RTC_B] & RTC_B_BINARY) != 0)
        return byte <= 99 ? byte : NO_NUMBER;
    if ((byte & 15) > 9 || byte >> 4 > 9)
        return NO_NUMBER;
    return (byte >> 4) * 10u + (byte & 15);
}

static uint8_t encode(const uint8_t *regs, unsigned number)
{
    if ((regs[RTC_B] & RTC_B_BINARY) != 0)
        return (uint8_t)number;
    return (uint8_t)(number / 10 << 4 | number % 10);
}

/* Hours 0 to 23; in 12-hour mode 12 AM is 0 and 12 PM is 12. */
static unsigned decode_hour(const uint8_t *regs, uint8_t byte)
{
    unsigned hour;

    if ((regs[RTC_B] & RTC_B_24H) != 0)
        return decode(regs, byte);
    hour = decode(regs, byte & (uint8_t)~HOUR_PM);
    if (hour < 1 || hour > 12)
        return NO_NUMBER;
    return hour % 12 + ((byte & HOUR_PM) != 0 ? 12 : 0);
}

static uint8_t encode_hour(const uint8_t *regs, unsigned hour)
{
    if ((regs[RTC_B] & RTC_B_24H) != 0)
        return encode(regs, hour);
    return (uint8_t)(encode(regs, (hour + 11) % 12 + 1) | (hour >= 12 ? HOUR_PM : 0));
}

static bool century_is_number(const uint8_t *regs)
{
    return decode(regs, regs[RTC_CENTURY]) != NO_NUMBER;
}

/* Decodes the time bytes. False if they are no date and time of day. */
static bool decode_time(const uint8_t *regs, struct calendar_time *time)
{
    unsigned year = decode(regs, regs[RTC_YEAR]);
    unsigned century = century_is_number(regs) ? decode(regs, regs[RTC_CENTURY]) : DEFAULT_CENTURY;

    *time = (struct calendar_time){
        .year = (int64_t)century * 100 + year,
        .month = decode(regs, regs[RTC_MONTH]),
        .day = decode(regs, regs[RTC_DAY]),
        .hour = decode_hour(regs, regs[RTC_HOUR]),
        .minute = decode(regs, regs[RTC_MINUTE]),
        .second = decode(regs, regs[RTC_SECOND]),
    };
    return year != NO_NUMBER && calendar_is_valid(time);
}

static void encode_time(uint8_t *regs, const struct calendar_time *time)
{
    regs[RTC_SECOND] = encode(regs, time->second);
    regs[RTC_MINUTE] = encode(regs, time->minute);
    regs[RTC_HOUR] = encode_hour(regs, time->hour);
    regs[RTC_DAY] = encode(regs, time->day);
    regs[RTC_MONTH] = encode(regs, time->month);
    regs[RTC_YEAR] = encode(regs, (unsigned)(time->year % 100));
    if (century_is_number(regs))
        regs[RTC_CENTURY] = encode(regs, (unsigned)(time->year / 100 % 100));
}

void rtc_time_set(uint8_t *regs, int64_t epoch_sec)
{
    struct calendar_time time = calendar_from_sec(epoch_sec);

    regs[RTC_CENTURY] = 0;
    encode_time(regs, &time);
    regs[RTC_WEEKDAY] = encode(regs, time.weekday + 1);
}

bool rtc_time_get(const uint8_t *regs, int64_t *epoch_sec)
{
    struct calendar_time time;

    if (!decode_time(regs, &time))
        return false;
    *epoch_sec = calendar_to_sec(&time);
    return true;
}

static void advance_weekday(uint8_t *regs, int64_t days)
{
    unsigned weekday = decode(regs, regs[RTC_WEEKDAY]);

    if (weekday >= 1 && weekday <= 7)
        regs[RTC_WEEKDAY] = encode(regs, (unsigned)((weekday + 6 + days % 7) % 7) + 1);
}

void rtc_time_advance(uint8_t *regs, int64_t seconds)
{
    struct calendar_time time;
    int64_t day_sec;

    if (!decode_time(regs, &time))
        return;
    /* Seconds from the midnight before the old time. */
    day_sec = (time.hour * 60 + time.minute) * 60 + time.second + seconds;
    advance_weekday(regs, day_sec / SEC_PER_DAY - (day_sec % SEC_PER_DAY < 0));
    time = calendar_from_sec(calendar_to_sec(&time) + seconds);
    encode_time(regs, &time);
}

static unsigned decode_alarm(const uint8_t *regs, uint8_t reg)
{
    unsigned number;

    if ((regs[reg] & ALARM_ANY) == ALARM_ANY)
        return ANY_NUMBER;
    number = reg == RTC_HOUR_ALARM ? decode_hour(regs, regs[reg]) : decode(regs, regs[reg]);
    return number < (reg == RTC_HOUR_ALARM ? 24 : 60) ? number : NO_NUMBER;
}

/* Steps from value up to wanted, in a field that counts from 0 to modulus-1. */
static unsigned steps_to(unsigned value, unsigned wanted, unsigned modulus)
{
    return wanted == ANY_NUMBER ? 0 : (wanted + modulus - value) % modulus;
}

/*
 * The first second at or after from_sec whose time of day matches. Both are counted from midnight.
 *
 * A turn goes to the next matching hour, then minute, then second. It can pass the end of that hour
 * or minute; the next turn goes on from there. There are at most four turns.
 */
static uint64_t next_match_sec(unsigned hour, unsigned minute, unsigned second, uint64_t from_sec)
{
    for (;;) {
        uint64_t sec = from_sec;
        unsigned hours = steps_to((unsigned)(sec / 3600 % 24), hour, 24);
        unsigned minutes;

        if (hours != 0)
            sec = (sec / 3600 + hours) * 3600;
        minutes = steps_to((unsigned)(sec / 60 % 60), minute, 60);
        if (minutes != 0)
            sec = (sec / 60 + minutes) * 60;
        sec += steps_to((unsigned)(sec % 60), second, 60);
        if (sec == from_sec)
            return sec;
        from_sec = sec;
    }
}

uint64_t rtc_time_alarm_wait_sec(const uint8_t *regs)
{
    unsigned hour = decode_alarm(regs, RTC_HOUR_ALARM);
    unsigned minute = decode_alarm(regs, RTC_MINUTE_ALARM);
    unsigned second = decode_alarm(regs, RTC_SECOND_ALARM);
    struct calendar_time time;
    uint64_t now_sec;

    if (hour == NO_NUMBER || minute == NO_NUMBER || second == NO_NUMBER)
        return RTC_NO_ALARM;
    if (!decode_time(regs, &time))
        return RTC_NO_ALARM;
    now_sec = (time.hour * 60 + time.minute) * 60 + time.second;
    return next_match_sec(hour, minute, second, now_sec + 1) - now_sec;
}
