/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host whose TSC changes its rate, for LD_PRELOAD. What can be changed is what the program
 * compares it with: from SIGURG on, CLOCK_MONOTONIC_RAW runs by FAKE_CLOCK_PPM parts per million
 * faster than it really does. That is what a TSC looks like that has become slower by as much.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_SEC UINT64_C(1000000000)
#define MILLION    1000000

static int (*real_gettime)(clockid_t id, struct timespec *time);
static uint64_t ppm;
/* UINT64_MAX: not yet. */
static _Atomic uint64_t changed_ns = UINT64_MAX;

static uint64_t real_raw_ns(void)
{
    struct timespec time;

    real_gettime(CLOCK_MONOTONIC_RAW, &time);
    return (uint64_t)time.tv_sec * NS_PER_SEC + (uint64_t)time.tv_nsec;
}

static void on_change(int signal_number)
{
    (void)signal_number;
    changed_ns = real_raw_ns();
}

static __attribute__((constructor)) void prepare(void)
{
    const char *setting = getenv("FAKE_CLOCK_PPM");

    real_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    if (real_gettime == NULL || setting == NULL)
        abort();
    ppm = (uint64_t)atoi(setting);
    signal(SIGURG, on_change);
}

int clock_gettime(clockid_t id, struct timespec *time)
{
    uint64_t then_ns = changed_ns;
    uint64_t ns;

    if (id != CLOCK_MONOTONIC_RAW)
        return real_gettime(id, time);
    ns = real_raw_ns();
    if (ns > then_ns)
        ns += (ns - then_ns) * ppm / MILLION;
    time->tv_sec = (time_t)(ns / NS_PER_SEC);
    time->tv_nsec = (long)(ns % NS_PER_SEC);
    return 0;
}
