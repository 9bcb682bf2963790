/* SPDX-License-Identifier: BSD-2-Clause */
/* See host_clock.h. */
#include "vmm/host/host_clock.h"

#include <cpuid.h>
#include <fcntl.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>
#include <x86intrin.h>

#include "base/time_math.h"

#define BRACKETS         8
#define FAR_FUTURE_NS    (UINT64_C(1000) * 86400 * NS_PER_SEC)
#define TSC_LEAF         0x15
#define POWER_LEAF       0x80000007
#define INVARIANT_TSC    (1u << 8)
#define CLOCKSOURCE_FILE "/sys/devices/system/clocksource/clocksource0/current_clocksource"

uint64_t host_tsc(void)
{
    return __rdtsc();
}

/* LFENCE waits for all before it; nothing after it begins before it ends. RDTSC alone does neither.
 */
uint64_t host_tsc_ordered(void)
{
    uint64_t tsc;

    _mm_lfence();
    tsc = __rdtsc();
    _mm_lfence();
    return tsc;
}

static void read_clocksource(char name[HOST_FACTS_NAME_SIZE])
{
    int fd = open(CLOCKSOURCE_FILE, O_RDONLY | O_CLOEXEC);

    memset(name, 0, HOST_FACTS_NAME_SIZE);
    if (fd < 0)
        return;
    if (read(fd, name, HOST_FACTS_NAME_SIZE - 1) < 0)
        name[0] = '\0';
    close(fd);
    name[strcspn(name, "\n")] = '\0';
}

static uint64_t read_cpuid_tsc_hz(void)
{
    unsigned eax, ebx, ecx, edx;

    if (!__get_cpuid(TSC_LEAF, &eax, &ebx, &ecx, &edx))
        return 0;
    return host_facts_cpuid_tsc_hz(eax, ebx, ecx);
}

void host_facts_read(struct host_facts *facts)
{
    unsigned eax, ebx, ecx, edx = 0;

    read_clocksource(facts->clocksource);
    __get_cpuid(POWER_LEAF, &eax, &ebx, &ecx, &edx);
    facts->invariant_tsc = (edx & INVARIANT_TSC) != 0;
    facts->cpuid_tsc_hz = read_cpuid_tsc_hz();
}

static enum vmclock_leap leap_of(int state, int status)
{
    switch (state) {
    case TIME_INS:
        return VMCLOCK_LEAP_PRE_POS;
    case TIME_DEL:
        return VMCLOCK_LEAP_PRE_NEG;
    case TIME_OOP:
        return VMCLOCK_LEAP_POS;
    case TIME_WAIT:
        return (status & STA_DEL) != 0 ? VMCLOCK_LEAP_POST_NEG : VMCLOCK_LEAP_POST_POS;
    default:
        return VMCLOCK_LEAP_NONE;
    }
}

/* The frequency is in 2^-16 parts per million, the tick in microseconds of 100 a second. */
void host_ntp_read(struct host_ntp *ntp)
{
    struct timex timex = {0};
    int state = adjtimex(&timex);
    int64_t unit_ns = (timex.status & STA_NANO) != 0 ? 1 : 1000;

    *ntp = (struct host_ntp){0};
    if (state < 0)
        return;
    *ntp = (struct host_ntp){
        .known = true,
        .synchronized = state != TIME_ERROR,
        .frequency_ppb = (int64_t)timex.freq * 1000 / 65536,
        .offset_ns = (int64_t)timex.offset * unit_ns,
        .gain_ppt =
            ((int64_t)timex.tick - 10000) * 100000000 + (int64_t)timex.freq * 1000000 / 65536,
        .max_error_us = (uint64_t)timex.maxerror,
        .estimated_error_us = (uint64_t)timex.esterror,
        .tai_offset_sec = (int16_t)timex.tai,
        .leap = leap_of(state, timex.status),
    };
}

static uint64_t clock_ns(clockid_t id)
{
    struct timespec time;

    clock_gettime(id, &time);
    return (uint64_t)time.tv_sec * NS_PER_SEC + (uint64_t)time.tv_nsec;
}

uint64_t host_monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

struct clock_bracket host_clock_bracket(clockid_t clock)
{
    struct clock_bracket brackets[BRACKETS];

    for (unsigned i = 0; i < BRACKETS; i++) {
        brackets[i].tsc_before = host_tsc_ordered();
        brackets[i].clock_ns = clock_ns(clock);
        brackets[i].tsc_after = host_tsc_ordered();
    }
    return clock_bracket_narrowest(brackets, BRACKETS);
}

static void sample_once(struct host_instant *instant)
{
    uint64_t before = host_tsc_ordered();

    instant->monotonic_raw_ns = clock_ns(CLOCK_MONOTONIC_RAW);
    instant->realtime_ns = clock_ns(CLOCK_REALTIME);
    instant->monotonic_ns = clock_ns(CLOCK_MONOTONIC);
    instant->tsc_width = host_tsc_ordered() - before;
    instant->tsc = before + instant->tsc_width / 2;
}

void host_clock_sample(struct host_instant *instant)
{
    struct host_instant candidate;

    sample_once(instant);
    for (unsigned i = 1; i < BRACKETS; i++) {
        sample_once(&candidate);
        if (candidate.tsc_width < instant->tsc_width)
            *instant = candidate;
    }
}

static void record_once(struct host_record *record)
{
    uint64_t before = host_tsc_ordered();

    record->realtime_ns = (int64_t)clock_ns(CLOCK_REALTIME);
    record->tai_ns = (int64_t)clock_ns(CLOCK_TAI);
    record->monotonic_ns = clock_ns(CLOCK_MONOTONIC);
    record->monotonic_raw_ns = clock_ns(CLOCK_MONOTONIC_RAW);
    record->boottime_ns = clock_ns(CLOCK_BOOTTIME);
    record->tsc_width = host_tsc_ordered() - before;
    record->tsc = before + record->tsc_width / 2;
}

void host_clock_record(struct host_record *record)
{
    struct host_record candidate = *record;
    struct timex timex = {0};
    int state = adjtimex(&timex);

    record_once(record);
    for (unsigned i = 1; i < BRACKETS; i++) {
        record_once(&candidate);
        if (candidate.tsc_width < record->tsc_width)
            *record = candidate;
    }
    if (state < 0)
        return;
    record->max_error_us = timex.maxerror;
    record->estimated_error_us = timex.esterror;
    record->frequency_ppb = (int64_t)timex.freq * 1000 / 65536;
    record->tai_offset_sec = timex.tai;
    record->ntp_status = (uint32_t)timex.status;
}

struct timespec host_monotonic_after(uint64_t delta_ns)
{
    uint64_t bounded_ns = delta_ns < FAR_FUTURE_NS ? delta_ns : FAR_FUTURE_NS;
    uint64_t at_ns = host_monotonic_ns() + bounded_ns;

    return (struct timespec){
        .tv_sec = (time_t)(at_ns / NS_PER_SEC),
        .tv_nsec = (long)(at_ns % NS_PER_SEC),
    };
}
