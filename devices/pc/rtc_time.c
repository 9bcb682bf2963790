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

/* The counters of the time of day. Each carries into the next. */
struct counter {
    uint8_t reg;
    uint8_t alarm_reg;
    uint8_t modulus;
};
static const struct counter counters[] = {
    {RTC_SECOND, RTC_SECOND_ALARM, 60},
    {RTC_MINUTE, RTC_MINUTE_ALARM, 60},
    {RTC_HOUR, RTC_HOUR_ALARM, 24},
};
#define COUNTERS (sizeof counters / sizeof counters[0])

/* The number in a counter or in its alarm byte; NO_NUMBER if it is out of the counter's range. */
static unsigned decode_counter(const uint8_t *regs, const struct counter *counter, uint8_t reg)
{
    unsigned number =
        counter->reg == RTC_HOUR ? decode_hour(regs, regs[reg]) : decode(regs, regs[reg]);

    return number < counter->modulus ? number : NO_NUMBER;
}

static void encode_counter(uint8_t *regs, const struct counter *counter, unsigned number)
{
    regs[counter->reg] =
        counter->reg == RTC_HOUR ? encode_hour(regs, number) : encode(regs, number);
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

static void advance_date(uint8_t *regs, int64_t days)
{
    struct calendar_time time;

    if (days == 0 || !decode_time(regs, &time))
        return;
    time = calendar_from_sec(calendar_to_sec(&time) + days * SEC_PER_DAY);
    encode_time(regs, &time);
}

void rtc_time_advance(uint8_t *regs, int64_t seconds)
{
    int64_t carry = seconds;

    for (unsigned i = 0; i < COUNTERS; i++) {
        const struct counter *counter = &counters[i];
        unsigned number = decode_counter(regs, counter, counter->reg);
        int64_t sum = number + carry;

        if (number == NO_NUMBER)
            return;
        carry = sum / counter->modulus - (sum % counter->modulus < 0);
        encode_counter(regs, counter, (unsigned)(sum - carry * counter->modulus));
    }
    advance_weekday(regs, carry);
    advance_date(regs, carry);
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

/* What an alarm byte asks of a counter that counts. */
static unsigned decode_alarm(const uint8_t *regs, const struct counter *counter)
{
    if ((regs[counter->alarm_reg] & ALARM_ANY) == ALARM_ANY)
        return ANY_NUMBER;
    return decode_counter(regs, counter, counter->alarm_reg);
}

/* What it asks of one that stands: its byte matches at every update, or at none. */
static unsigned decode_standing_alarm(const uint8_t *regs, const struct counter *counter)
{
    uint8_t alarm = regs[counter->alarm_reg];

    return (alarm & ALARM_ANY) == ALARM_ANY || alarm == regs[counter->reg] ? ANY_NUMBER : NO_NUMBER;
}

uint64_t rtc_time_alarm_wait_sec(const uint8_t *regs)
{
    unsigned now[COUNTERS] = {0};
    unsigned wanted[COUNTERS];
    bool stands = false;
    uint64_t now_sec;

    for (unsigned i = 0; i < COUNTERS; i++) {
        unsigned number = decode_counter(regs, &counters[i], counters[i].reg);

        /* One that stands gives no carry, so those above it stand, too. */
        stands = stands || number == NO_NUMBER;
        if (!stands)
            now[i] = number;
        wanted[i] =
            stands ? decode_standing_alarm(regs, &counters[i]) : decode_alarm(regs, &counters[i]);
        if (wanted[i] == NO_NUMBER)
            return RTC_NO_ALARM;
    }
    now_sec = (now[2] * 60 + now[1]) * 60 + now[0];
    return next_match_sec(wanted[2], wanted[1], wanted[0], now_sec + 1) - now_sec;
}
