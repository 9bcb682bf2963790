/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In the guest of wake-in-lab.sh: sleeps twice, in the way that the variable `sleep` says, freeze
 * or mem, with the RTC's alarm set 4 s ahead, or 10 s, as the way to mem takes a slow lab some. For
 * each sleep a line says by how much the clocks have gone on, in nanoseconds; the RTC in whole
 * seconds:
 *
 *   slept MONOTONIC BOOTTIME REALTIME RTC
 *
 * status: 0; 1 after a line if something was refused
 */
#include <fcntl.h>
#include <linux/rtc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_SEC INT64_C(1000000000)
#define SLEEPS     2

struct clocks {
    int64_t monotonic_ns, boottime_ns, realtime_ns, rtc_ns;
};

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);

    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        fail(path);
    close(fd);
}

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec * NS_PER_SEC + now.tv_nsec;
}

static int64_t rtc_ns(void)
{
    struct rtc_time read;
    struct tm time = {0};
    int fd = open("/dev/rtc0", O_RDONLY);

    if (fd < 0 || ioctl(fd, RTC_RD_TIME, &read) < 0)
        fail("/dev/rtc0");
    close(fd);
    time = (struct tm){.tm_sec = read.tm_sec,
                       .tm_min = read.tm_min,
                       .tm_hour = read.tm_hour,
                       .tm_mday = read.tm_mday,
                       .tm_mon = read.tm_mon,
                       .tm_year = read.tm_year};
    return timegm(&time) * NS_PER_SEC;
}

static struct clocks read_clocks(void)
{
    return (struct clocks){
        .rtc_ns = rtc_ns(),
        .monotonic_ns = now_ns(CLOCK_MONOTONIC),
        .boottime_ns = now_ns(CLOCK_BOOTTIME),
        .realtime_ns = now_ns(CLOCK_REALTIME),
    };
}

int main(void)
{
    const char *mode = getenv("sleep");

    if (mode == NULL)
        fail("sleep");
    for (unsigned i = 0; i < SLEEPS; i++) {
        struct clocks before = read_clocks(), after;

        put("/sys/class/rtc/rtc0/wakealarm", "0");
        put("/sys/class/rtc/rtc0/wakealarm", strcmp(mode, "mem") == 0 ? "+10" : "+4");
        put("/sys/power/state", mode);
        after = read_clocks();
        printf("slept %lld %lld %lld %lld\n", (long long)(after.monotonic_ns - before.monotonic_ns),
               (long long)(after.boottime_ns - before.boottime_ns),
               (long long)(after.realtime_ns - before.realtime_ns),
               (long long)(after.rtc_ns - before.rtc_ns));
        fflush(stdout);
    }
    return 0;
}
