/* SPDX-License-Identifier: BSD-2-Clause */
/* See rtc_offset.h. */
#include "vmm/machine/rtc_offset.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/calendar.h"
#include "devices/pc/rtc.h"

#define SECOND_NS INT64_C(1000000000)
#define MS_NS     UINT64_C(1000000)
#define END_NS    (RTC_WALL_END_SEC * SECOND_NS)

/* The offset is from a file and may be any number. */
int64_t rtc_offset_add(uint64_t realtime_ns, int64_t offset_ns)
{
    int64_t realtime = realtime_ns < (uint64_t)END_NS ? (int64_t)realtime_ns : END_NS - 1;

    if (offset_ns < -realtime)
        return 0;
    return offset_ns < END_NS - realtime ? realtime + offset_ns : END_NS - 1;
}

uint64_t rtc_offset_next_middle_ns(uint64_t realtime_ns, int64_t offset_ns)
{
    int64_t fraction_ns = (int64_t)(realtime_ns % NS_PER_SEC) + offset_ns % SECOND_NS;

    fraction_ns = (fraction_ns + SECOND_NS) % SECOND_NS;
    return realtime_ns + (uint64_t)(SECOND_NS * 3 / 2 - fraction_ns);
}

/* Adding half a second first could overflow. */
int64_t rtc_offset_round_sec(int64_t offset_ns)
{
    int64_t rest_ns = offset_ns % SECOND_NS;

    return offset_ns / SECOND_NS + (rest_ns >= SECOND_NS / 2) - (rest_ns <= -SECOND_NS / 2);
}

/* The second is the one that the RTC shows: the last that began. */
void rtc_offset_describe(char text[RTC_OFFSET_TEXT_SIZE], int64_t wall_ns, int64_t offset_ns)
{
    struct calendar_time time =
        calendar_from_sec(wall_ns / SECOND_NS - (wall_ns % SECOND_NS < 0 ? 1 : 0));
    uint64_t size_ns = offset_ns < 0 ? -(uint64_t)offset_ns : (uint64_t)offset_ns;

    snprintf(text, RTC_OFFSET_TEXT_SIZE,
             "%04" PRId64 "-%02u-%02uT%02u:%02u:%02u, %c%" PRIu64 ".%03" PRIu64 " s from the host",
             time.year, time.month, time.day, time.hour, time.minute, time.second,
             offset_ns < 0 ? '-' : '+', size_ns / NS_PER_SEC, size_ns % NS_PER_SEC / MS_NS);
}
