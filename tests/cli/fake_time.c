/* SPDX-License-Identifier: BSD-2-Clause */
/* See fake_time.h. */
#include "tests/cli/fake_time.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/cli/fake_guest.h"

enum phase { PHASE_BEFORE, PHASE_STILL, PHASE_AFTER };

static atomic_int phase = PHASE_BEFORE;
static struct timespec stopped_at;

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
    if (phase != PHASE_BEFORE)
        return;
    real_gettime(CLOCK_MONOTONIC, &stopped_at);
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
    *time = stopped_at;
    return 0;
}
