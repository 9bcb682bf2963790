/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers of the RTC, through its index and data ports. */
#ifndef GUEST_IMAGES_PAYLOADS_LIB_RTC_H
#define GUEST_IMAGES_PAYLOADS_LIB_RTC_H

#include <stdint.h>

#include "guest-images/payloads/lib/cpu.h"

#define RTC_INDEX 0x70
#define RTC_DATA  0x71

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

#endif
