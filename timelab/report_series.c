/* SPDX-License-Identifier: BSD-2-Clause */
/* See report_series.h. */
#include "timelab/report_series.h"

#include <stddef.h>

static void group_add(struct report_group *group, struct report_point point)
{
    if (group->count == 0 || point.error_ns < group->lowest.error_ns)
        group->lowest = point;
    if (group->count == 0 || point.error_ns >= group->highest.error_ns)
        group->highest = point;
    group->count++;
}

static void put_group(struct report_point *two, const struct report_group *group)
{
    bool lowest_first = group->lowest.g_sec < group->highest.g_sec;

    two[0] = lowest_first ? group->lowest : group->highest;
    two[1] = lowest_first ? group->highest : group->lowest;
}

static void thin_points(struct report_series *series)
{
    for (size_t i = 0; i < series->count / 4; i++) {
        struct report_group group = {0};

        for (size_t j = 0; j < 4; j++)
            group_add(&group, series->points[4 * i + j]);
        put_group(&series->points[2 * i], &group);
    }
    series->count /= 2;
    series->group_size *= 2;
}

static void end_group(struct report_series *series)
{
    if (series->count == REPORT_POINTS_MAX)
        thin_points(series);
    put_group(&series->points[series->count], &series->group);
    series->count += 2;
    series->group.count = 0;
}

static void add_point(struct report_series *series, struct report_point point)
{
    if (series->group_size == 0)
        series->group_size = 2;
    group_add(&series->group, point);
    if (series->group.count >= series->group_size)
        end_group(series);
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
    series->is_out_of_order |= point.g_sec < series->last_g_sec;
    series->last_g_sec = point.g_sec;
    series->phases_sec[series->phase_count++] = point.error_ns / 1e9;
}

void report_series_add(struct report_series *series, struct report_point point)
{
    add_phase(series, point);
    add_point(series, point);
    if (series->added == 0)
        series->lowest_ns = series->highest_ns = point.error_ns;
    if (point.error_ns < series->lowest_ns)
        series->lowest_ns = point.error_ns;
    if (point.error_ns > series->highest_ns)
        series->highest_ns = point.error_ns;
    series->last_ns = point.error_ns;
    series->added++;
}

/* Shell's sort: most points are near their place. */
static void sort_by_time(struct report_point *points, size_t count)
{
    for (size_t gap = count / 2; gap > 0; gap /= 2)
        for (size_t i = gap; i < count; i++) {
            struct report_point point = points[i];
            size_t at = i;

            for (; at >= gap && points[at - gap].g_sec > point.g_sec; at -= gap)
                points[at] = points[at - gap];
            points[at] = point;
        }
}

void report_series_end(struct report_series *series)
{
    if (series->group.count > 0)
        end_group(series);
    sort_by_time(series->points, series->count);
}

double report_series_tau0_sec(const struct report_series *series)
{
    return series->phase_count < 2 || series->is_out_of_order
               ? 0
               : (series->last_g_sec - series->first_g_sec) / (series->phase_count - 1);
}
