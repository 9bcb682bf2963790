/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The time, calendar and alarm bytes of an MC146818, as arithmetic on its 128 registers.
 *
 * Source: MC146818A data sheet, "Time, calendar and alarm locations".
 * - Coding. Register B says how the bytes are coded: BCD or binary, 24 or 12 hours. With 12 hours,
 *   bit 7 of the hour is PM.
 * - Day of the week. It is a counter of its own. Nothing ties it to the date.
 * - Century. It is at 32h, as the ACPI FADT says, and changes with the year. If the byte holds no
 *   number the century is 20. 37h, where a PS/2 has the century, is not a register of its own: the
 *   chip shows the byte at 32h there.
 * - Seconds, minutes and hours are counters of their own, each of which carries into the next. One
 *   that holds no number in its range (hour 25) stands until the guest sets it, and with it all
 *   that its carry would move. Those below it count on.
 * - A date that is none (the 30th of February, day 0) stands until the guest sets one. The time of
 *   day and the day of the week count on.
 * - The alarm compares its three bytes with those of the time after each update, also with one that
 *   stands.
 *
 * `regs` is an array of RTC_REGISTERS bytes in every call.
 */
#ifndef DEVICES_PC_RTC_TIME_H
#define DEVICES_PC_RTC_TIME_H

#include <stdbool.h>
#include <stdint.h>

#define RTC_SECOND       0x00
#define RTC_SECOND_ALARM 0x01
#define RTC_MINUTE       0x02
#define RTC_MINUTE_ALARM 0x03
#define RTC_HOUR         0x04
#define RTC_HOUR_ALARM   0x05
#define RTC_WEEKDAY      0x06
#define RTC_DAY          0x07
#define RTC_MONTH        0x08
#define RTC_YEAR         0x09
#define RTC_A            0x0a
#define RTC_B            0x0b
#define RTC_C            0x0c
#define RTC_D            0x0d
#define RTC_CENTURY      0x32
#define RTC_CENTURY_PS2  0x37
#define RTC_REGISTERS    128

#define RTC_B_24H    (1u << 1)
#define RTC_B_BINARY (1u << 2)

/* The wait for an alarm that no time of day matches. */
#define RTC_NO_ALARM UINT64_MAX

/* Sets the time, calendar and century bytes to a time in seconds since 1970 (UTC). */
void rtc_time_set(uint8_t *regs, int64_t epoch_sec);

/* The time that the bytes show, in seconds since 1970 (UTC); false if they are no date. */
bool rtc_time_get(const uint8_t *regs, int64_t *epoch_sec);

/* Moves the time by `seconds`, as so many update cycles do. Below 0 it goes back. */
void rtc_time_advance(uint8_t *regs, int64_t seconds);

/*
 * How many update cycles it takes until the time matches the alarm bytes: 1 to 86400, or
 * RTC_NO_ALARM.
 */
uint64_t rtc_time_alarm_wait_sec(const uint8_t *regs);

#endif
