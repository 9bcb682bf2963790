/* SPDX-License-Identifier: BSD-2-Clause */
/* /dev/rtc0 through Linux's RTC class. See tests.h. */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "guest-images/linux-tests/check.h"
#include "guest-images/linux-tests/tests.h"
#include "guest-images/probe/rtc.h"
#include "guest-images/probe/rtc_uapi.h"

#define IRQ 8
/* Far more than any wait here, for a late host. */
#define PATIENCE_MS 10000
/* What the RTC may have gone on by between a deed and a read of it. */
#define LATE_SEC 10

#define LEAP_DAY_END    INT64_C(1835481598) /* 2028-02-29 23:59:58 */
#define CENTURY_END     INT64_C(4102444799) /* 2099-12-31 23:59:59 */
#define UPDATES         3
#define TRIES           3
#define PERIODIC_HZ     64
#define PERIODIC_EVENTS 32

static int rtc_fd;

static struct rtc_time rtc_time_of(int64_t sec)
{
    time_t time = sec;
    struct tm tm;

    gmtime_r(&time, &tm);
    return (struct rtc_time){.tm_sec = tm.tm_sec,
                             .tm_min = tm.tm_min,
                             .tm_hour = tm.tm_hour,
                             .tm_mday = tm.tm_mday,
                             .tm_mon = tm.tm_mon,
                             .tm_year = tm.tm_year,
                             .tm_wday = tm.tm_wday};
}

static bool is_same_time(const struct rtc_time *a, const struct rtc_time *b)
{
    return a->tm_hour == b->tm_hour && a->tm_min == b->tm_min && a->tm_sec == b->tm_sec;
}

/* -1 if it cannot be read. */
static int64_t rtc_sec(void)
{
    int64_t sec;

    return rtc_read_seconds(rtc_fd, &sec) ? sec : -1;
}

static bool rtc_set(int64_t sec)
{
    struct rtc_time time = rtc_time_of(sec);

    return ioctl(rtc_fd, RTC_SET_TIME, &time) == 0;
}

/* Is it at sec, or so little later as passes meanwhile? */
static void check_rtc_at(int64_t sec, const char *when)
{
    int64_t now_sec = rtc_sec();

    check(now_sec >= sec && now_sec <= sec + LATE_SEC, "the RTC shows %s, and %" PRId64 " s more",
          when, now_sec - sec);
}

/* The numbers at the start of a text, added up. */
static unsigned long sum_of(char *at)
{
    unsigned long sum = 0;
    char *end;

    for (;;) {
        unsigned long number = strtoul(at, &end, 10);

        if (end == at)
            return sum;
        sum += number;
        at = end;
    }
}

/* How often IRQ 8 has come to all CPUs, by its line in /proc/interrupts, "  8:  12  34  IO-APIC".
 */
static unsigned long irq_count(void)
{
    FILE *file = fopen("/proc/interrupts", "re");
    unsigned long count = 0;
    char line[512];

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        char *at;

        if (strtoul(line, &at, 10) == IRQ && *at == ':')
            count = sum_of(at + 1);
    }
    if (file != NULL)
        fclose(file);
    return count;
}

/* The next interrupt of /dev/rtc0, as a read gives it; 0 if none comes. */
static unsigned long next_event(void)
{
    struct pollfd poll_fd = {.fd = rtc_fd, .events = POLLIN};
    unsigned long event = 0;

    if (poll(&poll_fd, 1, PATIENCE_MS) <= 0 || read(rtc_fd, &event, sizeof(event)) < 0)
        return 0;
    return event;
}

/* The next one with this flag: some of what was switched on before may wait to be read. */
static bool wait_for(unsigned long flag)
{
    unsigned long event;

    do
        event = next_event();
    while (event != 0 && (event & flag) == 0);
    return event != 0;
}

static void test_clock(void)
{
    struct timespec now;
    int64_t sec = rtc_sec();

    clock_gettime(CLOCK_REALTIME, &now);
    check(sec >= now.tv_sec - LATE_SEC && sec <= now.tv_sec + 1,
          "the RTC has the time that Linux took from it: it is %ld s behind CLOCK_REALTIME",
          (long)(now.tv_sec - sec));
}

/* The alarm of a date: it is tomorrow, and that is a leap day over. */
static void test_alarm_of_date(void)
{
    struct rtc_wkalrm alarm = {.enabled = 1, .time = rtc_time_of(LEAP_DAY_END + 2)};
    unsigned long irqs = irq_count();
    struct rtc_wkalrm got = {0};

    check(rtc_set(LEAP_DAY_END), "RTC_SET_TIME takes the end of a leap day");
    check_rtc_at(LEAP_DAY_END, "that date");
    check(ioctl(rtc_fd, RTC_WKALM_SET, &alarm) == 0, "RTC_WKALM_SET takes midnight");
    check(ioctl(rtc_fd, RTC_WKALM_RD, &got) == 0 && is_same_time(&got.time, &alarm.time) &&
              got.time.tm_mday == 1,
          "RTC_WKALM_RD gives it back");
    check(wait_for(RTC_READ_AF), "the alarm comes");
    check_rtc_at(LEAP_DAY_END + 2, "that midnight");
    check(irq_count() > irqs, "by IRQ 8, %lu times", irq_count() - irqs);
}

/* Some of them in a row. */
static bool take_updates(void)
{
    unsigned updates = 0;

    if (ioctl(rtc_fd, RTC_UIE_ON) != 0)
        return false;
    while (updates < UPDATES && wait_for(RTC_READ_UF))
        updates++;
    return ioctl(rtc_fd, RTC_UIE_OFF) == 0 && updates == UPDATES;
}

/*
 * Linux makes them of alarms for the next second. Its __rtc_set_alarm has a window, it says itself,
 * in which that second begins before the chip knows of the alarm; then none comes. So twice more.
 */
static void test_update_interrupts(void)
{
    unsigned long irqs = irq_count();
    unsigned tries = 1;
    bool taken;

    rtc_set(CENTURY_END);
    for (taken = take_updates(); !taken && tries < TRIES; tries++)
        taken = take_updates();
    check(taken, "%u update interrupts come after each other, at try %u", UPDATES, tries);
    check(irq_count() - irqs >= UPDATES, "by IRQ 8, %lu times", irq_count() - irqs);
    check(tries > 1 || rtc_sec() >= CENTURY_END + UPDATES, "one in each second");
    check(rtc_sec() > CENTURY_END && rtc_sec() < CENTURY_END + 3600, "the RTC shows the year 2100");
}

/* The older ioctls: an alarm of a time of day, switched on afterwards. */
static void test_alarm_of_day(void)
{
    int64_t now_sec = rtc_sec();
    struct rtc_time alarm = rtc_time_of(now_sec + 2), got = {0};
    unsigned long irqs = irq_count();

    check(ioctl(rtc_fd, RTC_ALM_SET, &alarm) == 0, "RTC_ALM_SET takes two seconds from now");
    check(ioctl(rtc_fd, RTC_ALM_READ, &got) == 0 && is_same_time(&got, &alarm),
          "RTC_ALM_READ gives it back");
    check(ioctl(rtc_fd, RTC_AIE_ON) == 0, "RTC_AIE_ON");
    check(wait_for(RTC_READ_AF), "the alarm comes");
    check_rtc_at(now_sec + 2, "the time of the alarm");
    check(ioctl(rtc_fd, RTC_AIE_OFF) == 0 && irq_count() > irqs, "by IRQ 8, %lu times",
          irq_count() - irqs);
}

/*
 * Linux has made these by a timer of its own since 2.6.38, so that they say nothing of the chip:
 * the payload rtc (tests/guest/cases) tests that.
 */
static void test_periodic_interrupts(void)
{
    unsigned long events = 0, event;

    check(ioctl(rtc_fd, RTC_IRQP_SET, PERIODIC_HZ) == 0 && ioctl(rtc_fd, RTC_PIE_ON) == 0,
          "periodic interrupts of %d Hz are switched on", PERIODIC_HZ);
    do {
        event = next_event();
        events += event >> RTC_READ_COUNT_SHIFT;
    } while ((event & RTC_READ_PF) != 0 && events < PERIODIC_EVENTS);
    check(events >= PERIODIC_EVENTS && ioctl(rtc_fd, RTC_PIE_OFF) == 0, "they come: %lu", events);
}

void test_rtc_class(void)
{
    rtc_fd = open("/dev/rtc0", O_RDONLY | O_CLOEXEC);
    if (!check(rtc_fd >= 0, "/dev/rtc0 can be opened"))
        return;
    test_clock();
    test_alarm_of_date();
    test_update_interrupts();
    test_alarm_of_day();
    test_periodic_interrupts();
    close(rtc_fd);
}
