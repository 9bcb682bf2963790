/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads what a guest says of its ticks (payload/lib/ticks.h) while it runs, and says how exact they
 * were by the host's clock.
 *
 * usage: GUEST | tick_reader
 * prints: LOST RATE_ERROR_PPB P50_US P99_US MAX_US; status 0, or 1 if the guest did not finish
 *
 * The guest counts TSC cycles, which are the host's. Their rate is that of CLOCK_MONOTONIC_RAW from
 * this program's start to the end of its input, so start them together.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

#include "tests/bench/tick_figures.h"

#define STATUS_FAILED 1
#define TICKS_MAX     10240
#define SAMPLES       100
/* What the guest says of a gap that it cannot count. */
#define GAP_UNKNOWN UINT32_MAX

/* One instant by both clocks. */
struct instant {
    uint64_t tsc;
    double raw_ns;
};

static double raw_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* The TSC in the middle of the shortest of some reads of the clock. */
static struct instant sample_clocks(void)
{
    struct instant best = {0};
    uint64_t shortest = UINT64_MAX;

    for (unsigned i = 0; i < SAMPLES; i++) {
        uint64_t before = __rdtsc();
        double now_ns = raw_ns();
        uint64_t width = __rdtsc() - before;

        if (width < shortest) {
            shortest = width;
            best = (struct instant){before + width / 2, now_ns};
        }
    }
    return best;
}

/* Times in TSC cycles since the first tick, for lines up to "end"; returns their number. */
static size_t read_ticks(struct tick *ticks)
{
    size_t count = 1;
    char line[32];

    while (fgets(line, sizeof line, stdin) != NULL && strncmp(line, "end", 3) != 0) {
        unsigned long cycles;

        if (count == TICKS_MAX || sscanf(line, "%lu", &cycles) != 1)
            errx(STATUS_FAILED, "not a tick: %s", line);
        if (cycles >= GAP_UNKNOWN)
            errx(STATUS_FAILED, "no tick for over a second: the host is too busy to measure");
        ticks[count].at_ns = ticks[count - 1].at_ns + (double)cycles;
        count++;
    }
    if (strncmp(line, "end", 3) != 0 || count < TICK_FIGURES_MIN)
        errx(STATUS_FAILED, "the guest ended after %zu ticks", count);
    return count;
}

int main(void)
{
    static struct tick ticks[TICKS_MAX];
    struct instant start = sample_clocks(), end;
    double numerator, denominator, ns_per_cycle;
    struct tick_figures figures;
    size_t count;

    if (scanf("period %lf %lf ", &numerator, &denominator) != 2)
        errx(STATUS_FAILED, "the guest did not say what it measures");
    count = read_ticks(ticks);
    end = sample_clocks();
    ns_per_cycle = (end.raw_ns - start.raw_ns) / (double)(end.tsc - start.tsc);
    for (size_t i = 0; i < count; i++)
        ticks[i].at_ns *= ns_per_cycle;
    figures = tick_figures_of(ticks, count, numerator / denominator);
    printf("%ld %.0f %.2f %.2f %.2f\n", figures.lost, figures.rate_error_ppb,
           figures.median_ns / 1e3, figures.p99_ns / 1e3, figures.max_ns / 1e3);
    return 0;
}
