/* SPDX-License-Identifier: BSD-2-Clause */
/* See rtc.h. */
#include "guest-images/probe/rtc.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/time_math.h"
#include "guest-images/probe/clocks.h"
#include "guest-images/probe/rtc_uapi.h"

bool rtc_read_seconds(int fd, int64_t *seconds)
{
    struct rtc_time read = {0};
    struct tm tm;

    if (ioctl(fd, RTC_RD_TIME, &read) != 0)
        return false;
    tm = (struct tm){.tm_sec = read.tm_sec,
                     .tm_min = read.tm_min,
                     .tm_hour = read.tm_hour,
                     .tm_mday = read.tm_mday,
                     .tm_mon = read.tm_mon,
                     .tm_year = read.tm_year};
    *seconds = timegm(&tm);
    return true;
}

/* The edge lies between the start of the last read before it and the end of the first behind it. */
static struct offset measure_edge(int fd, uint64_t budget_ns)
{
    struct span span = span_start(budget_ns);
    uint64_t before_ns = clock_read_ns(CLOCK_REALTIME);
    int64_t first_sec, now_sec;

    if (!rtc_read_seconds(fd, &first_sec))
        return (struct offset){0};
    while (!span_is_over(&span)) {
        uint64_t this_before_ns = clock_read_ns(CLOCK_REALTIME);
        uint64_t after_ns;

        if (!rtc_read_seconds(fd, &now_sec))
            break;
        after_ns = clock_read_ns(CLOCK_REALTIME);
        if (now_sec != first_sec) {
            uint64_t half_ns = (after_ns - before_ns) / 2;

            return (struct offset){
                true, now_sec * (int64_t)NS_PER_SEC - (int64_t)(before_ns + half_ns), half_ns + 1};
        }
        before_ns = this_before_ns;
    }
    return (struct offset){0};
}

struct offset rtc_measure(uint64_t budget_ns)
{
    int fd = open("/dev/rtc0", O_RDONLY | O_CLOEXEC);
    struct offset offset;

    if (fd < 0)
        return (struct offset){0};
    offset = measure_edge(fd, budget_ns);
    close(fd);
    return offset;
}
