/* SPDX-License-Identifier: BSD-2-Clause */
/* See trace_tool.h. */
#include "vmm/cmd/trace_tool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "timelab/trace_export.h"
#include "timelab/trace_summary.h"
#include "vmm/cmd/options.h"
#include "vmm/cmd/trace_picture.h"
#include "vmm/cmd/trace_source.h"
#include "vmm/host/log.h"
#include "vmm/machine/exit_status.h"

static struct trace_source source;

static void write_bytes(void *ctx, const void *bytes, size_t size_bytes)
{
    (void)ctx;
    fwrite(bytes, 1, size_bytes, stdout);
}

static int flush(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    log_error("stdout: %s", strerror(errno));
    return EXIT_STATUS_HOST_ERROR;
}

static int summarize(void)
{
    static struct trace_summary summary;
    static char bytes[TRACE_SUMMARY_BYTES];
    struct trace_event event;
    struct text text;

    trace_summary_init(&summary, &source.head);
    while (trace_decoder_next(&source.decoder, &event))
        trace_summary_take(&summary, &event);
    text_init(&text, bytes, sizeof bytes);
    trace_summary_write(&summary, &source.head, &text);
    fputs(bytes, stdout);
    return flush(trace_source_status(&source));
}

/* The readings of each clock, by a look at the whole file. */
static void measure(struct trace_span spans[TRACE_CLOCKS])
{
    struct trace_readings readings = trace_readings_start(&source.head);
    struct trace_reading reading;
    struct trace_event event;

    while (trace_decoder_next(&source.decoder, &event)) {
        struct trace_span *span;

        if (!trace_readings_take(&readings, &event.record, &reading))
            continue;
        span = &spans[reading.clock];
        if (span->count++ == 0)
            span->first_g_ns = reading.g_ns;
        span->last_g_ns = reading.g_ns;
    }
}

/* For a format of one clock. False after an error line. */
static bool choose_clock(struct trace_export *export, enum trace_clock wanted)
{
    static const enum trace_clock order[] = {TRACE_CLOCK_REALTIME, TRACE_CLOCK_MONOTONIC,
                                             TRACE_CLOCK_BOOTTIME, TRACE_CLOCK_MONOTONIC_RAW,
                                             TRACE_CLOCK_KVMCLOCK, TRACE_CLOCK_VMCLOCK,
                                             TRACE_CLOCK_HPET,     TRACE_CLOCK_PM};
    struct trace_span spans[TRACE_CLOCKS] = {{0}};
    enum trace_clock found = TRACE_CLOCK_NONE;

    measure(spans);
    for (unsigned i = 0; i < sizeof order / sizeof order[0] && found == TRACE_CLOCK_NONE; i++)
        if (spans[order[i]].count > 0 && (wanted == TRACE_CLOCK_NONE || wanted == order[i]))
            found = order[i];
    if (found == TRACE_CLOCK_NONE) {
        log_error("%s: nobody has read %s in it", source.path,
                  wanted != TRACE_CLOCK_NONE ? trace_clock_name(wanted) : "a clock");
        return false;
    }
    export->clock = found;
    export->span = spans[found];
    return trace_source_begin(&source);
}

static int export_to(const struct trace_options *options)
{
    const struct trace_format *format = options->format;
    struct trace_export export;
    struct trace_event event;

    trace_export_init(&export, &source.head, (struct trace_sink){write_bytes, NULL});
    if (format->is_of_one_clock && !choose_clock(&export, options->clock))
        return EXIT_STATUS_HOST_ERROR;
    format->begin(&export);
    while (trace_decoder_next(&source.decoder, &event) && !ferror(stdout))
        trace_export_event(&export, format, &event);
    format->end(&export);
    return flush(trace_source_status(&source));
}

static int draw(const struct trace_options *options)
{
    const char *slash = strrchr(options->path, '/');
    const char *name = slash == NULL ? options->path : slash + 1;
    int drawn = trace_picture_write(&source, options->picture,
                                    options->title != NULL ? options->title : name);
    int whole = trace_source_status(&source);

    return flush(drawn != EXIT_STATUS_OK ? drawn : whole);
}

static int write_trace(const struct trace_options *options)
{
    if (options->picture != TRACE_PICTURE_NONE)
        return draw(options);
    return options->format == NULL ? summarize() : export_to(options);
}

int trace_tool_run(const struct options *options)
{
    int status = EXIT_STATUS_HOST_ERROR;

    if (!trace_source_open(&source, options->trace.path))
        return status;
    if (trace_source_begin(&source))
        status = write_trace(&options->trace);
    trace_source_close(&source);
    return status;
}
