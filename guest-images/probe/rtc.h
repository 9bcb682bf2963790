/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The RTC, through the kernel's driver. It counts seconds only, so its time is taken at the edge
 * between two of them.
 */
#ifndef GUEST_IMAGES_PROBE_RTC_H
#define GUEST_IMAGES_PROBE_RTC_H

#include <stdint.h>

#include "guest-images/probe/report.h"

/* What /dev/rtc0, open as fd, shows, in seconds since 1970; false if it cannot be read. */
bool rtc_read_seconds(int fd, int64_t *seconds);

/* RTC minus CLOCK_REALTIME, from the next edge of a second; unknown if none comes in budget_ns. */
struct offset rtc_measure(uint64_t budget_ns);

#endif
