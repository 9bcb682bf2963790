/* SPDX-License-Identifier: BSD-2-Clause */
/* What an RTC shows beside the host's clock: the offset, in nanoseconds, is RTC minus host's UTC.
 */
#ifndef VMM_MACHINE_RTC_OFFSET_H
#define VMM_MACHINE_RTC_OFFSET_H

#include <stddef.h>
#include <stdint.h>

/* Longer than any text of rtc_offset_describe. */
#define RTC_OFFSET_TEXT_SIZE 96

/* What the RTC shows when the host's UTC is realtime_ns: kept to the years 1970 to 2199. */
int64_t rtc_offset_add(uint64_t realtime_ns, int64_t offset_ns);

/*
 * The host's UTC at which the RTC is next in the middle of a second, 0.5 s to 1.5 s from
 * realtime_ns. A small correction made then does not move the RTC across the end of a second.
 */
uint64_t rtc_offset_next_middle_ns(uint64_t realtime_ns, int64_t offset_ns);

/* Whole seconds, the nearest; the farther from 0 of two that are as near. */
int64_t rtc_offset_round_sec(int64_t offset_ns);

/* "2031-01-01T00:00:00, +1234567.890 s from the host". */
void rtc_offset_describe(char text[RTC_OFFSET_TEXT_SIZE], int64_t wall_ns, int64_t offset_ns);

#endif
