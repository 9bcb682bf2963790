/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers of the RTC, through its index and data ports. */
#ifndef GUEST_IMAGES_PAYLOADS_LIB_RTC_H
#define GUEST_IMAGES_PAYLOADS_LIB_RTC_H

#include <stdint.h>

#include "guest-images/payloads/lib/cpu.h"

#define RTC_INDEX 0x70
#define RTC_DATA  0x71

#define RTC_SEC_PER_DAY 86400

#define RTC_SECONDS 0
#define RTC_MINUTES 2
#define RTC_HOURS   4
#define RTC_A       10
#define RTC_A_UIP   0x80 /* the date is about to change, or changes */

static inline uint8_t rtc_read(uint8_t reg)
{
    out8(RTC_INDEX, reg);
    return in8(RTC_DATA);
}

static inline void rtc_write(uint8_t reg, uint8_t value)
{
    out8(RTC_INDEX, reg);
    out8(RTC_DATA, value);
}

static inline unsigned rtc_read_bcd(uint8_t reg)
{
    uint8_t value = rtc_read(reg);

    return 10u * (value >> 4) + (value & 0xf);
}

/* Seconds of the day, of one instant. */
static inline uint64_t rtc_read_sec_of_day(void)
{
    uint64_t sec;

    do {
        while ((rtc_read(RTC_A) & RTC_A_UIP) != 0)
            cpu_pause();
        sec = UINT64_C(3600) * rtc_read_bcd(RTC_HOURS) + 60 * rtc_read_bcd(RTC_MINUTES) +
              rtc_read_bcd(RTC_SECONDS);
    } while ((rtc_read(RTC_A) & RTC_A_UIP) != 0);
    return sec;
}

#endif
