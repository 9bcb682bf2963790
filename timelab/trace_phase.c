/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The phase of one clock, in seconds, a line for each reading, as allantools and Stable32 read it.
 * The readings are taken for evenly spaced; a tau0 of 0 says that there is one, or that guest time
 * began anew between them. See trace_export.h.
 */
#include "timelab/trace_export.h"

#include <inttypes.h>

#include "base/time_math.h"

static void begin(struct trace_export *export)
{
    const struct trace_span *span = &export->span;
    uint64_t tau_ns = span->last_g_ns > span->first_g_ns
                          ? (span->last_g_ns - span->first_g_ns) / (span->count - 1)
                          : 0;

    trace_export_print(export, "# clock %s, in seconds, against guest time\n",
                       trace_clock_name(export->clock));
    trace_export_print(export, "# tau0 %" PRIu64 ".%09" PRIu64 "\n", tau_ns / NS_PER_SEC,
                       tau_ns % NS_PER_SEC);
}

static void add(struct trace_export *export, const struct trace_event *event)
{
    struct trace_reading reading;
    uint64_t ns;

    if (!trace_export_is_of_clock(export, event, &reading))
        return;
    ns = reading.error_ns < 0 ? -(uint64_t)reading.error_ns : (uint64_t)reading.error_ns;
    trace_export_print(export, "%s%" PRIu64 ".%09" PRIu64 "\n", reading.error_ns < 0 ? "-" : "",
                       ns / NS_PER_SEC, ns % NS_PER_SEC);
}

static void end(struct trace_export *export)
{
    (void)export;
}

const struct trace_format trace_phase = {"phase", true, begin, add, end};
