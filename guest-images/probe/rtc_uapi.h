/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Linux's linux/rtc.h says of /dev/rtcN; the C library does not have it.
 */
#ifndef GUEST_IMAGES_PROBE_RTC_UAPI_H
#define GUEST_IMAGES_PROBE_RTC_UAPI_H

#include <sys/ioctl.h>

struct rtc_time {
    int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
};

struct rtc_wkalrm {
    unsigned char enabled;
    unsigned char pending;
    struct rtc_time time;
};

#define RTC_AIE_ON    _IO('p', 0x01)
#define RTC_AIE_OFF   _IO('p', 0x02)
#define RTC_UIE_ON    _IO('p', 0x03)
#define RTC_UIE_OFF   _IO('p', 0x04)
#define RTC_PIE_ON    _IO('p', 0x05)
#define RTC_PIE_OFF   _IO('p', 0x06)
#define RTC_ALM_SET   _IOW('p', 0x07, struct rtc_time)
#define RTC_ALM_READ  _IOR('p', 0x08, struct rtc_time)
#define RTC_RD_TIME   _IOR('p', 0x09, struct rtc_time)
#define RTC_SET_TIME  _IOW('p', 0x0a, struct rtc_time)
#define RTC_IRQP_SET  _IOW('p', 0x0c, unsigned long)
#define RTC_WKALM_SET _IOW('p', 0x0f, struct rtc_wkalrm)
#define RTC_WKALM_RD  _IOR('p', 0x10, struct rtc_wkalrm)

/* A read gives an unsigned long: how many interrupts since the last one, above a byte of these. */
#define RTC_READ_PF          0x40
#define RTC_READ_AF          0x20
#define RTC_READ_UF          0x10
#define RTC_READ_COUNT_SHIFT 8

#endif
