/* SPDX-License-Identifier: BSD-2-Clause */
/* CSV: a row for each reading of a clock. See trace_export.h. */
#include "timelab/trace_export.h"

#include <inttypes.h>

static void begin(struct trace_export *export)
{
    trace_export_print(export, "g_ns,host_ns,clock,vcpu,shown_ns,error_ns,bound_ns\n");
}

static void add(struct trace_export *export, const struct trace_event *event)
{
    struct trace_reading reading;

    if (!trace_readings_take(&export->readings, &event->record, &reading))
        return;
    trace_export_print(export, "%" PRIu64 ",%" PRIu64 ",%s,", reading.g_ns,
                       trace_time_raw_ns(&export->time, reading.tsc),
                       trace_clock_name(reading.clock));
    if (reading.vcpu != TRACE_NO_VCPU)
        trace_export_print(export, "%u", reading.vcpu);
    trace_export_print(export, ",%" PRIu64 ",%" PRId64 ",%" PRIu64 "\n", reading.shown_ns,
                       reading.error_ns, reading.bound_ns);
}

static void end(struct trace_export *export)
{
    (void)export;
}

const struct trace_format trace_csv = {"csv", false, begin, add, end};
