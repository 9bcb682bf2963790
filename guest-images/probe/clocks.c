/* SPDX-License-Identifier: BSD-2-Clause */
/* See clocks.h. */
#include "guest-images/probe/clocks.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <x86intrin.h>

/* No CPU counts faster than 8 GHz. */
#define MAX_TSC_PER_NS     8
#define PAIR_TRIES         64
#define MAX_BATCHES        200
#define MAX_READS_IN_BATCH 4096
#define BATCH_NS           20000
#define MAX_RACERS         256
/*
 * Where reads are slow or the vCPUs seldom run together, the race goes on until each CPU has so
 * many reads, or so many times its budget.
 */
#define RACE_MIN_READS       500
#define RACE_MIN_CROSS_READS 20
#define RACE_PATIENCE        2
/* Between looks at the TSC in the race, which is not to wait for it. */
#define READS_PER_TSC_LOOK 1024
#define RACER_STACK_BYTES  16384

uint64_t clock_read_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t tsc_read(void)
{
    uint64_t tsc;

    _mm_lfence();
    tsc = __rdtsc();
    _mm_lfence();
    return tsc;
}

struct span span_start(uint64_t budget_ns)
{
    return (struct span){clock_read_ns(CLOCK_MONOTONIC), tsc_read(), budget_ns};
}

bool span_is_over(const struct span *span)
{
    return clock_read_ns(CLOCK_MONOTONIC) - span->start_ns >= span->budget_ns ||
           tsc_read() - span->start_tsc >= span->budget_ns * MAX_TSC_PER_NS;
}

struct tsc_pair tsc_pair_take(clockid_t clock)
{
    struct tsc_pair best = {.before_tsc = 0, .after_tsc = UINT64_MAX};

    for (unsigned i = 0; i < PAIR_TRIES; i++) {
        struct tsc_pair pair;

        pair.before_tsc = tsc_read();
        pair.clock_ns = clock_read_ns(clock);
        pair.after_tsc = tsc_read();
        if (pair.after_tsc - pair.before_tsc < best.after_tsc - best.before_tsc)
            best = pair;
    }
    return best;
}

static uint64_t time_batch_ns(unsigned reads)
{
    uint64_t start_ns = clock_read_ns(CLOCK_MONOTONIC);
    uint64_t end_ns = start_ns;

    for (unsigned i = 0; i < reads; i++)
        end_ns = clock_read_ns(CLOCK_MONOTONIC);
    return end_ns > start_ns ? end_ns - start_ns : 0;
}

static void insert_sorted(uint64_t *values, unsigned count, uint64_t value)
{
    unsigned at = count;

    for (; at > 0 && values[at - 1] > value; at--)
        values[at] = values[at - 1];
    values[at] = value;
}

void clocks_measure_cost(struct source_result *source, uint64_t budget_ns)
{
    uint64_t costs_ns[MAX_BATCHES] = {0};
    struct span span = span_start(budget_ns);
    unsigned reads = 1;
    unsigned count = 0;

    while (reads < MAX_READS_IN_BATCH && time_batch_ns(reads) < BATCH_NS && !span_is_over(&span))
        reads *= 2;
    do {
        insert_sorted(costs_ns, count, (time_batch_ns(reads) + reads / 2) / reads);
        count++;
    } while (count < MAX_BATCHES && !span_is_over(&span));
    source->read_min_ns = costs_ns[0];
    source->read_median_ns = costs_ns[count / 2];
}

/* The newest value and who read it, in one word: ns in the upper 56 bits (two years), CPU below. */
#define NEWEST_PACK(ns, racer) ((ns) << 8 | (racer))
#define NEWEST_NS(packed)      ((packed) >> 8)
#define NEWEST_RACER(packed)   ((packed)&0xff)

struct race {
    atomic_uint_fast64_t newest;
    atomic_bool go;
    unsigned racer_count;
    uint64_t budget_ns;
    /* Of each racer, however long it takes. */
    uint64_t min_reads;
};

struct racer {
    struct race *race;
    pthread_t thread;
    unsigned index;
    uint64_t reads;
    uint64_t cross_cpu_reads;
    uint64_t backwards;
    uint64_t backwards_max_ns;
};

static void publish(struct race *race, uint64_t ns, unsigned index)
{
    uint_fast64_t newest = atomic_load(&race->newest);

    while (NEWEST_NS(newest) < ns &&
           !atomic_compare_exchange_weak(&race->newest, &newest, NEWEST_PACK(ns, index)))
        ;
}

static uint64_t race_once(struct racer *racer)
{
    uint64_t newest = atomic_load(&racer->race->newest);
    uint64_t ns = clock_read_ns(CLOCK_MONOTONIC);

    racer->reads++;
    racer->cross_cpu_reads += NEWEST_RACER(newest) != racer->index;
    if (ns < NEWEST_NS(newest)) {
        uint64_t step_ns = NEWEST_NS(newest) - ns;

        racer->backwards++;
        if (step_ns > racer->backwards_max_ns)
            racer->backwards_max_ns = step_ns;
    }
    publish(racer->race, ns, racer->index);
    return ns;
}

static bool has_enough(const struct racer *racer)
{
    return racer->reads >= RACE_MIN_READS &&
           (racer->cross_cpu_reads >= RACE_MIN_CROSS_READS || racer->race->racer_count == 1);
}

static void *race_run(void *arg)
{
    struct racer *racer = arg;
    struct span span;
    uint64_t elapsed_ns;

    while (!atomic_load(&racer->race->go))
        sched_yield();
    span = span_start(racer->race->budget_ns * RACE_PATIENCE);
    do {
        elapsed_ns = race_once(racer) - span.start_ns;
        if (racer->reads % READS_PER_TSC_LOOK == 0 && racer->reads >= racer->race->min_reads &&
            span_is_over(&span))
            break;
    } while (racer->reads < racer->race->min_reads || elapsed_ns < racer->race->budget_ns ||
             (!has_enough(racer) && elapsed_ns < span.budget_ns));
    return NULL;
}

static bool racer_start(struct racer *racer, unsigned cpu)
{
    pthread_attr_t attr;
    cpu_set_t cpus;
    bool started;

    CPU_ZERO(&cpus);
    CPU_SET(cpu, &cpus);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, RACER_STACK_BYTES);
    started = pthread_create(&racer->thread, &attr, race_run, racer) == 0;
    pthread_attr_destroy(&attr);
    if (started)
        pthread_setaffinity_np(racer->thread, sizeof(cpus), &cpus);
    return started;
}

static void racer_finish(struct racer *racer, struct source_result *source)
{
    pthread_join(racer->thread, NULL);
    source->reads += racer->reads;
    source->cross_cpu_reads += racer->cross_cpu_reads;
    source->backwards += racer->backwards;
    if (racer->backwards_max_ns > source->backwards_max_ns)
        source->backwards_max_ns = racer->backwards_max_ns;
}

void clocks_race(struct source_result *source, const cpu_set_t *cpus, uint64_t budget_ns,
                 uint64_t min_reads)
{
    static struct racer racers[MAX_RACERS];
    struct race race = {.budget_ns = budget_ns};
    unsigned count = 0;

    for (unsigned cpu = 0; cpu < CPU_SETSIZE && count < MAX_RACERS; cpu++) {
        if (!CPU_ISSET(cpu, cpus))
            continue;
        racers[count] = (struct racer){.race = &race, .index = count};
        if (racer_start(&racers[count], cpu))
            count++;
    }
    race.racer_count = count;
    race.min_reads = count > 0 ? (min_reads + count - 1) / count : 0;
    atomic_store(&race.go, true);
    for (unsigned i = 0; i < count; i++)
        racer_finish(&racers[i], source);
}

cpu_set_t clocks_pin_to_first_cpu(void)
{
    cpu_set_t all, first;
    unsigned cpu = 0;

    CPU_ZERO(&all);
    CPU_ZERO(&first);
    sched_getaffinity(0, sizeof(all), &all);
    while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, &all))
        cpu++;
    CPU_SET(cpu, &first);
    sched_setaffinity(0, sizeof(first), &first);
    return all;
}
