/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In the guest that snapshot-more-in-lab.sh saves and restores: load, and what the clocks say.
 *
 * Threads pass bytes to and fro through pipes, and one hops from CPU to CPU and reads the clocks.
 * Each 100 ms a line goes to the console, in nanoseconds:
 *
 *   clocks MONOTONIC BOOTTIME REALTIME-before RTC REALTIME-after
 *
 * After 10 of them comes "ready", and after 60 more how often a clock went back.
 */
#include <fcntl.h>
#include <linux/rtc.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_SEC   INT64_C(1000000000)
#define LINES_BEFORE 10
#define LINES_AFTER  60
#define HOP_READS    200

static const clockid_t clocks[] = {CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME,
                                   CLOCK_REALTIME};
#define CLOCKS (sizeof clocks / sizeof clocks[0])

static atomic_uint times_back, hops;

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec * NS_PER_SEC + now.tv_nsec;
}

static void hop_to(unsigned cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
    hops++;
}

static void *hop(void *unused)
{
    unsigned cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    int64_t last[CLOCKS] = {0};

    (void)unused;
    for (unsigned i = 0;; i++) {
        hop_to(i % cpus);
        for (unsigned j = 0; j < HOP_READS * CLOCKS; j++) {
            int64_t now = now_ns(clocks[j % CLOCKS]);

            if (now < last[j % CLOCKS])
                times_back++;
            last[j % CLOCKS] = now;
        }
        usleep(1000);
    }
    return NULL;
}

struct pipes {
    int in, out;
};

static void *pass_on(void *arg)
{
    const struct pipes *pipes = arg;
    char byte;

    while (read(pipes->in, &byte, 1) == 1 && write(pipes->out, &byte, 1) == 1)
        usleep(100);
    return NULL;
}

static void start_load(void)
{
    static struct pipes pipes[2];
    int there[2], back[2];
    pthread_t thread;

    if (pipe(there) != 0 || pipe(back) != 0)
        return;
    pipes[0] = (struct pipes){there[0], back[1]};
    pipes[1] = (struct pipes){back[0], there[1]};
    pthread_create(&thread, NULL, pass_on, &pipes[0]);
    pthread_create(&thread, NULL, pass_on, &pipes[1]);
    pthread_create(&thread, NULL, hop, NULL);
    (void)!write(there[1], "", 1);
}

static int64_t rtc_ns(int fd)
{
    struct rtc_time rtc;
    struct tm date = {0};

    if (ioctl(fd, RTC_RD_TIME, &rtc) != 0)
        return 0;
    date.tm_year = rtc.tm_year;
    date.tm_mon = rtc.tm_mon;
    date.tm_mday = rtc.tm_mday;
    date.tm_hour = rtc.tm_hour;
    date.tm_min = rtc.tm_min;
    date.tm_sec = rtc.tm_sec;
    return timegm(&date) * NS_PER_SEC;
}

static void print_lines(int rtc_fd, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        int64_t monotonic_ns = now_ns(CLOCK_MONOTONIC);
        int64_t boottime_ns = now_ns(CLOCK_BOOTTIME);
        int64_t before_ns = now_ns(CLOCK_REALTIME);
        int64_t date_ns = rtc_ns(rtc_fd);

        printf("clocks %lld %lld %lld %lld %lld\n", (long long)monotonic_ns, (long long)boottime_ns,
               (long long)before_ns, (long long)date_ns, (long long)now_ns(CLOCK_REALTIME));
        usleep(100000);
    }
}

int main(void)
{
    int rtc_fd = open("/dev/rtc0", O_RDONLY);

    setvbuf(stdout, NULL, _IOLBF, 0);
    start_load();
    print_lines(rtc_fd, LINES_BEFORE);
    printf("ready\n");
    print_lines(rtc_fd, LINES_AFTER);
    printf("back %u in %u hops\n", times_back, hops);
    return 0;
}
