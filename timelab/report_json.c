/* SPDX-License-Identifier: BSD-2-Clause */
/* See report.h: report_to_json. */
#include "timelab/report.h"

#include "base/text.h"
#include "timelab/allan.h"
#include "timelab/report_bands.h"

#define TITLE_BYTES 512

/* Less what it was at first. */
static json_t *points_of(const struct report_series *series, double first_ns)
{
    json_t *points = json_array();

    for (unsigned i = 0; i < series->count; i++)
        json_array_append_new(points, json_pack("[f,f]", series->points[i].g_sec,
                                                series->points[i].error_ns - first_ns));
    return points;
}

/* Octaves, as far as there are four terms in the sum. */
static json_t *allan_of(const struct report_series *series)
{
    double tau0_sec = report_series_tau0_sec(series);
    json_t *points = json_array();

    for (unsigned m = 1; tau0_sec > 0 && 2 * m + 4 <= series->phase_count; m *= 2)
        json_array_append_new(points, json_pack("[f,f]", m * tau0_sec,
                                                allan_variance(series->phases_sec,
                                                               series->phase_count, tau0_sec, m)));
    return points;
}

static json_t *name_of(const struct report_clock *clock)
{
    const char *name = trace_clock_name(clock->clock);

    if (clock->vcpu == TRACE_NO_VCPU)
        return json_string(name);
    return json_sprintf("%s page, vCPU %u", name, clock->vcpu);
}

static json_t *clock_of(const struct report_clock *clock)
{
    const struct report_series *series = &clock->series;
    double first_ns = (double)clock->first_error_ns;
    json_t *object =
        json_pack("{s:o,s:I,s:I,s:I,s:f,s:f,s:f,s:o}", "name", name_of(clock), "readings",
                  (json_int_t)series->added, "uncertain", (json_int_t)clock->uncertain,
                  "first_error_ns", (json_int_t)clock->first_error_ns, "lowest_ns",
                  series->lowest_ns - first_ns, "highest_ns", series->highest_ns - first_ns,
                  "last_ns", series->last_ns - first_ns, "points", points_of(series, first_ns));

    /* Pages are published when something has changed, at no even distances. */
    json_object_set_new(object, "allan_variance",
                        clock->vcpu == TRACE_NO_VCPU ? allan_of(series) : json_array());
    return object;
}

static json_t *clocks_of(struct report *report)
{
    json_t *clocks = json_array();

    for (unsigned i = 0; i < report->clock_count; i++)
        if (report->clocks[i].series.added > 0) {
            report_series_end(&report->clocks[i].series);
            json_array_append_new(clocks, clock_of(&report->clocks[i]));
        }
    return clocks;
}

static json_t *lines_of(const struct report *report, unsigned kind)
{
    json_t *lines = json_array();

    for (unsigned i = 0; i < report->line_count; i++)
        if (report->lines[i].kind == kind)
            json_array_append_new(lines, json_pack("[f,s,b]", report->lines[i].g_sec,
                                                   report->lines[i].text, report->lines[i].is_end));
    return lines;
}

static json_t *bins_of(const uint64_t bins[REPORT_LATE_BINS])
{
    json_t *counts = json_array();

    for (unsigned bin = 0; bin < REPORT_LATE_BINS; bin++)
        if (bins[bin] > 0)
            json_array_append_new(
                counts, json_pack("[f,I]", (double)(UINT64_C(1) << bin), (json_int_t)bins[bin]));
    return counts;
}

static json_t *lateness_of(const struct report *report)
{
    json_t *lateness = json_array();

    for (unsigned gsi = 0; gsi < REPORT_GSIS; gsi++) {
        json_t *counts = bins_of(report->late[gsi]);

        if (json_array_size(counts) == 0)
            json_decref(counts);
        else
            json_array_append_new(lateness,
                                  json_pack("{s:o,s:o}", "name",
                                            gsi == REPORT_GSIS - 1 ? json_string("messages (MSI)")
                                                                   : json_sprintf("GSI %u", gsi),
                                            "counts", counts));
    }
    return lateness;
}

/* One that is no UTF-8, and cannot be in JSON, is one of ASCII, and no longer than that. */
static json_t *title_of(const char *title)
{
    json_t *json = json_string(title);
    char bytes[TITLE_BYTES];
    struct text text;

    if (json != NULL)
        return json;
    text_init(&text, bytes, sizeof bytes);
    for (; *title != '\0'; title++)
        text_add(&text, "%c", *title > 0 && *title <= 0x7e ? *title : '?');
    return json_string(bytes);
}

json_t *report_to_json(struct report *report, const char *title, json_t *expectations)
{
    return json_pack("{s:o,s:f,s:I,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:O?}", "title",
                     title_of(title), "end_s", report->last_g_sec, "records",
                     (json_int_t)report->records, "missing", (json_int_t)report->gaps,
                     "lines_left_out", (json_int_t)report->lines_left_out, "pages_left_out",
                     (json_int_t)report->pages_left_out, "clocks", clocks_of(report), "faults",
                     lines_of(report, TRACE_FAULT), "bands", report_bands(report), "messages",
                     lines_of(report, TRACE_MESSAGE), "clocksources",
                     lines_of(report, TRACE_CLOCKSOURCE), "marks", lines_of(report, TRACE_MARK),
                     "lateness", lateness_of(report), "expectations", expectations);
}
