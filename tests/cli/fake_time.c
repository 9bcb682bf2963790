/* SPDX-License-Identifier: BSD-2-Clause */
/* See fake_time.h. */
#include "tests/cli/fake_time.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/cli/fake_guest.h"

/* More than the console collects its output for, and less than any limit of --timeout here. */
#define STEP_NS    50000000
#define NS_PER_SEC UINT64_C(1000000000)

enum phase { PHASE_BEFORE, PHASE_STILL, PHASE_AFTER };

static atomic_int phase = PHASE_BEFORE;
static _Atomic uint64_t stopped_at_ns;

static int real_gettime(clockid_t id, struct timespec *time)
{
    static int (*call)(clockid_t, struct timespec *);

    if (call == NULL)
        call = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    return call(id, time);
}

static bool is_still(const char *setting)
{
    return strcmp(fake_setting("FAKE_KVM_STILL"), setting) == 0;
}

static void stop(void)
{
    struct timespec now;

    if (phase != PHASE_BEFORE)
        return;
    real_gettime(CLOCK_MONOTONIC, &now);
    stopped_at_ns = (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
    phase = PHASE_STILL;
}

void fake_time_guest_starts(void)
{
    if (is_still("wait") || is_still("kick"))
        stop();
}

void fake_time_signal_came(void)
{
    if (is_still("signal"))
        stop();
}

void fake_time_words_are_done(void)
{
    if (is_still("wait") || is_still("signal"))
        phase = PHASE_AFTER;
    else if (phase == PHASE_STILL)
        stopped_at_ns += STEP_NS;
}

void fake_time_kick_came(void)
{
    if (is_still("kick"))
        phase = PHASE_AFTER;
}

int clock_gettime(clockid_t id, struct timespec *time)
{
    if (id != CLOCK_MONOTONIC || phase != PHASE_STILL || gettid() != getpid())
        return real_gettime(id, time);
    time->tv_sec = (time_t)(stopped_at_ns / NS_PER_SEC);
    time->tv_nsec = (long)(stopped_at_ns % NS_PER_SEC);
    return 0;
}
