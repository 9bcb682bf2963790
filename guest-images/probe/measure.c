/* SPDX-License-Identifier: BSD-2-Clause */
/* See measure.h. */
#include "guest-images/probe/measure.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/time_math.h"
#include "guest-images/probe/clocks.h"
#include "guest-images/probe/reference.h"
#include "guest-images/probe/rtc.h"
#include "guest-images/probe/sysinfo.h"

#define BRACKET_TRIES 40

#define TSC_WAIT_STEP_NS   20000000
#define TSC_WAIT_MAX_STEPS 200

/* An RTC shows the next second within one second; a little more is for the reads. */
#define RTC_BUDGET_NS 1150000000u

/* Until the rate is known well enough: looked at so often, and for so long at most. */
#define WITHIN_STEP_NS   100000000
#define WITHIN_MAX_STEPS 100

/* Of the time for a source: a quarter for the cost, half for the race, the rest goes by waiting. */
#define COST_SHARE 4
#define RACE_SHARE 2

struct measure {
    struct report *report;
    cpu_set_t cpus;
};

static struct moment moment_take(const struct report *report)
{
    struct reference_best best = {0};

    if (report->reference_present)
        best = reference_take(CLOCK_MONOTONIC_RAW, BRACKET_TRIES);
    return (struct moment){best.bracket, tsc_pair_take(CLOCK_MONOTONIC_RAW), best.host_pair};
}

void measure_wait_for_tsc(struct report *report)
{
    static const struct timespec step = {.tv_nsec = TSC_WAIT_STEP_NS};

    for (unsigned i = 0; i < TSC_WAIT_MAX_STEPS; i++) {
        if (!name_list_has(&report->clocksources, "tsc-early"))
            return;
        nanosleep(&step, NULL);
        sysinfo_read_clocks(report);
    }
}

/* Not asleep: the timer that ends a sleep runs on the clock that is being tested. */
static void wait_out(const struct span *span)
{
    while (!span_is_over(span))
        ;
}

/* Makes the interval longer at little cost. How long it really is, is measured like the rest. */
static void sleep_for(uint64_t seconds)
{
    struct timespec left = {.tv_sec = (time_t)seconds};

    while (nanosleep(&left, &left) != 0)
        ;
}

static void measure_clock(struct measure *measure, struct source_result *source, uint64_t budget_ns)
{
    source->read_by = read_by_find_out();
    clocks_measure_cost(source, budget_ns / COST_SHARE);
    clocks_race(source, &measure->cpus, budget_ns / RACE_SHARE,
                source->is_initial ? measure->report->options.reads : 0);
    source->measured = true;
}

static struct source_result *source_add(struct report *report, const char *name)
{
    struct source_result *source = &report->sources[report->source_count++];

    snprintf(source->name, sizeof(source->name), "%s", name);
    return source;
}

static void measure_wall_clocks(struct report *report)
{
    struct bracket bracket;

    if (report->reference_present) {
        bracket = reference_take(CLOCK_REALTIME, BRACKET_TRIES).bracket;
        report->realtime_minus_host =
            (struct offset){true, bracket_offset_ns(&bracket, bracket.host.sample.host_realtime_ns),
                            bracket_width_ns(&bracket) / 2 + 1};
        report->bracket_count = BRACKET_TRIES;
        report->bracket_width_ns = bracket_width_ns(&bracket);
    }
    if (report->options.chosen_only)
        return;
    report->rtc_minus_realtime = rtc_measure(RTC_BUDGET_NS);
    if (report->rtc_minus_realtime.known && report->reference_present)
        report->rtc_minus_host = (struct offset){
            true, report->rtc_minus_realtime.value_ns + report->realtime_minus_host.value_ns,
            report->rtc_minus_realtime.uncertainty_ns + report->realtime_minus_host.uncertainty_ns};
}

static bool is_known_within(const struct drift *drift, uint64_t within_ppb)
{
    return within_ppb == 0 || !drift->known || drift->best.uncertainty <= within_ppb;
}

/*
 * With several CPUs Linux lets one that waits for the HPET's lock have the value that the one
 * before it has read (read_hpet in arch/x86/kernel/hpet.c): the chip may have given it just before
 * the wait began.
 */
static struct drift source_drift(const struct report *report, const struct source_result *source,
                                 const struct moment *start, const struct moment *end)
{
    struct drift drift = drift_between(start, end);

    if (report->cpus_online > 1 && strcmp(source->name, "hpet") == 0)
        drift_allow_age(&drift, source->read_median_ns);
    return drift;
}

/* The drift from start to now, or to the moment from which on it is known well enough. */
static struct drift drift_when_known(const struct report *report,
                                     const struct source_result *source, const struct moment *start,
                                     struct moment *end)
{
    struct drift drift;

    *end = moment_take(report);
    drift = source_drift(report, source, start, end);
    for (unsigned i = 0;
         i < WITHIN_MAX_STEPS && !is_known_within(&drift, report->options.within_ppb); i++) {
        struct span span = span_start(WITHIN_STEP_NS);

        wait_out(&span);
        *end = moment_take(report);
        drift = source_drift(report, source, start, end);
    }
    return drift;
}

/* The kernel's own choice, with the wall clocks meanwhile: no switch disturbs them. */
static void measure_initial(struct measure *measure, const struct moment *start, uint64_t budget_ns)
{
    struct report *report = measure->report;
    struct span span = span_start(budget_ns);
    struct source_result *source = source_add(report, report->clocksource);
    struct moment end;

    source->is_initial = true;
    measure_wall_clocks(report);
    measure_clock(measure, source, budget_ns / 4);
    wait_out(&span);
    sleep_for(report->options.sleep_seconds);
    source->drift = drift_when_known(report, source, start, &end);
    report->raw_drift = source->drift;
    report->tsc_hz = tsc_hz_between(&start->pair, &end.pair);
}

static void measure_other(struct measure *measure, const char *name, uint64_t budget_ns)
{
    struct source_result *source = source_add(measure->report, name);
    struct moment start, end;
    struct span span;

    if (!sysinfo_select_clocksource(name))
        return;
    span = span_start(budget_ns);
    start = moment_take(measure->report);
    measure_clock(measure, source, budget_ns);
    wait_out(&span);
    end = moment_take(measure->report);
    source->drift = source_drift(measure->report, source, &start, &end);
}

static void measure_others(struct measure *measure, uint64_t budget_ns)
{
    struct report *report = measure->report;
    const struct name_list *names = &report->clocksources;

    for (unsigned i = 0; i < names->count && report->source_count < REPORT_MAX_SOURCES; i++) {
        if (strcmp(names->names[i], report->clocksource) != 0)
            measure_other(measure, names->names[i], budget_ns / names->count);
    }
}

void measure_run(struct report *report)
{
    struct measure measure = {.report = report, .cpus = clocks_pin_to_first_cpu()};
    uint64_t budget_ns = report->options.seconds * NS_PER_SEC;
    struct moment start, end;

    report->clocksource_restored = true;
    if (budget_ns == 0)
        return;
    if (report->options.measures_nothing) {
        sleep_for(report->options.seconds);
        return;
    }
    report->reference_present = report->options.reference_wanted &&
                                reference_open(report->options.rate_num, report->options.rate_den);
    start = moment_take(report);
    measure_initial(&measure, &start, budget_ns / 2);
    if (report->options.chosen_only)
        return;
    measure_others(&measure, budget_ns / 2);
    report->clocksource_restored = sysinfo_select_clocksource(report->clocksource);
    end = moment_take(report);
    report->run_drift = source_drift(report, &report->sources[0], &start, &end);
}
