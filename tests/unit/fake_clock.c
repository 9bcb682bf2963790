/* SPDX-License-Identifier: BSD-2-Clause */
/* See fake_clock.h. */
#include "tests/unit/fake_clock.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/time_math.h"
#include "vmm/host/host_clock.h"

#define SEED             12345
#define REALTIME_ZERO_NS (UINT64_C(1700000000) * NS_PER_SEC)

struct fake_clock fake_clock;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The thread that waits for time, of which there is one at most. */
static struct {
    pthread_cond_t *cond;
    pthread_mutex_t *mutex;
    uint64_t until_ns;
    unsigned count;
    pthread_cond_t changed;
} waiter = {.changed = PTHREAD_COND_INITIALIZER};

void fake_clock_reset(void)
{
    fake_clock = (struct fake_clock){
        .realtime_zero_ns = REALTIME_ZERO_NS,
        .facts = {.clocksource = "tsc", .invariant_tsc = true},
        .ntp = {.known = true, .synchronized = true},
    };
    fake_host_init(&fake_clock.host, SEED, FAKE_CLOCK_HZ);
    waiter.cond = NULL;
    waiter.mutex = NULL;
    waiter.count = 0;
}

uint64_t fake_clock_ns(void)
{
    uint64_t ns;

    pthread_mutex_lock(&lock);
    ns = fake_host_clock_ns(&fake_clock.host);
    pthread_mutex_unlock(&lock);
    return ns;
}

void fake_clock_pass_ns(uint64_t ns)
{
    pthread_mutex_lock(&lock);
    fake_host_advance_ns(&fake_clock.host, ns);
    pthread_mutex_unlock(&lock);
}

static pthread_mutex_t *waiter_mutex(void)
{
    pthread_mutex_t *mutex;

    pthread_mutex_lock(&lock);
    mutex = waiter.mutex;
    pthread_mutex_unlock(&lock);
    return mutex;
}

/*
 * Time passes with the waiter's mutex: it is in its wait then, or has not begun one. Without it the
 * waiter could see the new time before its wait, begin the next one, and be woken from that.
 */
void fake_clock_advance_ns(uint64_t ns)
{
    pthread_mutex_t *mutex = waiter_mutex();

    if (mutex == NULL) {
        fake_clock_pass_ns(ns);
        return;
    }
    pthread_mutex_lock(mutex);
    pthread_mutex_lock(&lock);
    fake_host_advance_ns(&fake_clock.host, ns);
    if (waiter.cond != NULL)
        pthread_cond_broadcast(waiter.cond);
    pthread_mutex_unlock(&lock);
    pthread_mutex_unlock(mutex);
}

uint64_t fake_clock_await_wait(unsigned count)
{
    uint64_t until_ns;

    pthread_mutex_lock(&lock);
    while (waiter.cond == NULL || waiter.count < count)
        pthread_cond_wait(&waiter.changed, &lock);
    until_ns = waiter.until_ns;
    pthread_mutex_unlock(&lock);
    return until_ns;
}

unsigned fake_clock_waits(void)
{
    unsigned count;

    pthread_mutex_lock(&lock);
    count = waiter.count;
    pthread_mutex_unlock(&lock);
    return count;
}

static void set_waiter(pthread_cond_t *cond, pthread_mutex_t *mutex, uint64_t until_ns)
{
    pthread_mutex_lock(&lock);
    waiter.cond = cond;
    waiter.mutex = mutex;
    waiter.until_ns = until_ns;
    waiter.count += cond != NULL;
    pthread_cond_broadcast(&waiter.changed);
    pthread_mutex_unlock(&lock);
}

int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock,
                           const struct timespec *until)
{
    uint64_t until_ns = (uint64_t)until->tv_sec * NS_PER_SEC + (uint64_t)until->tv_nsec;

    (void)clock;
    set_waiter(cond, mutex, until_ns);
    if (fake_clock_ns() < until_ns)
        pthread_cond_wait(cond, mutex);
    set_waiter(NULL, NULL, 0);
    return fake_clock_ns() >= until_ns ? ETIMEDOUT : 0;
}

uint64_t host_tsc(void)
{
    uint64_t tsc;

    pthread_mutex_lock(&lock);
    tsc = fake_host_tsc(&fake_clock.host);
    pthread_mutex_unlock(&lock);
    return tsc;
}

uint64_t host_tsc_ordered(void)
{
    return host_tsc();
}

uint64_t host_monotonic_ns(void)
{
    return fake_clock_ns();
}

void host_facts_read(struct host_facts *facts)
{
    *facts = fake_clock.facts;
}

void host_ntp_read(struct host_ntp *ntp)
{
    *ntp = fake_clock.ntp;
}

struct clock_bracket host_clock_bracket(clockid_t clock)
{
    struct clock_bracket bracket;

    pthread_mutex_lock(&lock);
    bracket = fake_host_bracket(&fake_clock.host);
    if (clock == CLOCK_MONOTONIC_RAW && fake_clock.raw_stands_still)
        bracket.clock_ns = 0;
    if (clock == CLOCK_REALTIME)
        bracket.clock_ns += fake_clock.realtime_zero_ns;
    pthread_mutex_unlock(&lock);
    return bracket;
}

void host_clock_sample(struct host_instant *instant)
{
    uint64_t clock_ns;

    pthread_mutex_lock(&lock);
    clock_ns = fake_host_clock_ns(&fake_clock.host);
    *instant = (struct host_instant){
        .tsc = fake_host_tsc(&fake_clock.host),
        .monotonic_raw_ns = clock_ns,
        .monotonic_ns = clock_ns,
        .realtime_ns = clock_ns + fake_clock.realtime_zero_ns,
    };
    pthread_mutex_unlock(&lock);
}

/* The host has slept for as long as fake_clock.slept_ns says, and does not know TAI. */
void host_clock_record(struct host_record *record)
{
    uint64_t clock_ns;

    pthread_mutex_lock(&lock);
    clock_ns = fake_host_clock_ns(&fake_clock.host);
    record->tsc = fake_host_tsc(&fake_clock.host);
    pthread_mutex_unlock(&lock);
    record->realtime_ns = (int64_t)(clock_ns + fake_clock.realtime_zero_ns);
    record->tai_ns = record->realtime_ns;
    record->monotonic_ns = record->monotonic_raw_ns = clock_ns;
    record->boottime_ns = clock_ns + fake_clock.slept_ns;
    record->max_error_us = 10;
}

struct timespec host_monotonic_after(uint64_t delta_ns)
{
    uint64_t now_ns = host_monotonic_ns();
    uint64_t at_ns = delta_ns < INT64_MAX - now_ns ? now_ns + delta_ns : INT64_MAX;

    return (struct timespec){
        .tv_sec = (time_t)(at_ns / NS_PER_SEC),
        .tv_nsec = (long)(at_ns % NS_PER_SEC),
    };
}
