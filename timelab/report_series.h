/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The error of one clock over a run, kept for a picture: however long the run, a bounded number of
 * points. Pure; a series belongs to one thread.
 *
 * Of each group of readings, one behind the other, the lowest and the highest become points: so a
 * spike of a single reading stays to be seen. Where there are too many points, two groups become
 * one. Beside them the error at even distances in time is kept for the Allan variance; where there
 * are more, every second one is left out.
 *
 * Readings come about in the order of time: blocks of several threads are one behind the other in a
 * trace. A series that is not quite in order has no variance.
 */
#ifndef TIMELAB_REPORT_SERIES_H
#define TIMELAB_REPORT_SERIES_H

#include <stdbool.h>
#include <stdint.h>

/* A multiple of 4. */
#define REPORT_POINTS_MAX 4096
#define REPORT_PHASES_MAX 8192

struct report_point {
    double g_sec;
    /* How far the clock was ahead. */
    double error_ns;
};

/* Of readings: the lowest and the highest; of several that are equal, the first and the last. */
struct report_group {
    uint64_t count;
    struct report_point lowest;
    struct report_point highest;
};

/* All zeros: empty. 130 kB. */
struct report_series {
    /* Two for each group. */
    struct report_point points[REPORT_POINTS_MAX];
    unsigned count;
    /* How many readings make a group; the one that is not full. */
    uint64_t group_size;
    struct report_group group;
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
    bool is_out_of_order;
};

void report_series_add(struct report_series *series, struct report_point point);

/* After the last one: makes points of the last group, and puts all in the order of time. */
void report_series_end(struct report_series *series);

/* The mean distance of the phases; 0: fewer than two, or they are not in order. */
double report_series_tau0_sec(const struct report_series *series);

#endif
