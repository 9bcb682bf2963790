/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The error of one clock over a run, kept for a picture: however long the run, a bounded number of
 * points. Pure; a series belongs to one thread.
 *
 * Where there are more, four neighbours become two, their lowest and their highest, in the order of
 * time: so a spike of a single reading stays to be seen. Beside them the error at even distances in
 * time is kept for the Allan variance; where there are more, every second one is left out.
 */
#ifndef TIMELAB_REPORT_SERIES_H
#define TIMELAB_REPORT_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#define REPORT_POINTS_MAX 4096
#define REPORT_PHASES_MAX 8192

struct report_point {
    double g_sec;
    /* How far the clock was ahead. */
    double error_ns;
};

/* All zeros: empty. 160 kB. */
struct report_series {
    struct report_point points[REPORT_POINTS_MAX];
    unsigned count;
    /* Of all that were added. */
    uint64_t added;
    double lowest_ns;
    double highest_ns;
    double last_ns;

    /* In seconds, stride readings apart. */
    double phases_sec[REPORT_PHASES_MAX];
    unsigned phase_count;
    uint64_t stride;
    double first_g_sec;
    double last_g_sec;
};

/* In the order of time. */
void report_series_add(struct report_series *series, struct report_point point);

/* The mean distance of the phases; 0: fewer than two. */
double report_series_tau0_sec(const struct report_series *series);

#endif
