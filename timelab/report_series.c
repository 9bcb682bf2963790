/* SPDX-License-Identifier: BSD-2-Clause */
/* See report_series.h. */
#include "timelab/report_series.h"

#include <stddef.h>

/* Lowest and highest of four, in the order of time. */
static void thin_four(const struct report_point *four, struct report_point *two)
{
    unsigned lowest = 0, highest = 0;

    for (unsigned i = 1; i < 4; i++) {
        lowest = four[i].error_ns < four[lowest].error_ns ? i : lowest;
        highest = four[i].error_ns > four[highest].error_ns ? i : highest;
    }
    if (lowest == highest)
        highest = lowest == 3 ? 0 : 3;
    two[0] = four[lowest < highest ? lowest : highest];
    two[1] = four[lowest < highest ? highest : lowest];
}

static void thin_points(struct report_series *series)
{
    struct report_point two[2];

    for (size_t i = 0; i < REPORT_POINTS_MAX / 4; i++) {
        thin_four(&series->points[4 * i], two);
        series->points[2 * i] = two[0];
        series->points[2 * i + 1] = two[1];
    }
    series->count = REPORT_POINTS_MAX / 2;
}

static void thin_phases(struct report_series *series)
{
    for (size_t i = 0; i < REPORT_PHASES_MAX / 2; i++)
        series->phases_sec[i] = series->phases_sec[2 * i];
    series->phase_count = REPORT_PHASES_MAX / 2;
    series->stride *= 2;
}

static void add_phase(struct report_series *series, struct report_point point)
{
    if (series->stride == 0)
        series->stride = 1;
    if (series->phase_count == REPORT_PHASES_MAX)
        thin_phases(series);
    if (series->added % series->stride != 0)
        return;
    if (series->phase_count == 0)
        series->first_g_sec = point.g_sec;
    series->last_g_sec = point.g_sec;
    series->phases_sec[series->phase_count++] = point.error_ns / 1e9;
}

void report_series_add(struct report_series *series, struct report_point point)
{
    if (series->count == REPORT_POINTS_MAX)
        thin_points(series);
    add_phase(series, point);
    series->points[series->count++] = point;
    if (series->added == 0)
        series->lowest_ns = series->highest_ns = point.error_ns;
    if (point.error_ns < series->lowest_ns)
        series->lowest_ns = point.error_ns;
    if (point.error_ns > series->highest_ns)
        series->highest_ns = point.error_ns;
    series->last_ns = point.error_ns;
    series->added++;
}

double report_series_tau0_sec(const struct report_series *series)
{
    return series->phase_count < 2
               ? 0
               : (series->last_g_sec - series->first_g_sec) / (series->phase_count - 1);
}
