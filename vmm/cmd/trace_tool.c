/* SPDX-License-Identifier: BSD-2-Clause */
/* See trace_tool.h. */
#include "vmm/cmd/trace_tool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "timelab/trace_codec.h"
#include "timelab/trace_export.h"
#include "timelab/trace_summary.h"
#include "vmm/cmd/options.h"
#include "vmm/cmd/trace_picture.h"
#include "vmm/host/file.h"
#include "vmm/host/log.h"
#include "vmm/machine/exit_status.h"

/* Of a trace that comes by a pipe, which is kept in memory. */
#define PIPE_MAX_BYTES (UINT64_C(1) << 30)
#define BUFFER_BYTES   262144

struct source {
    const char *path;
    int fd;
    /* Of what is in the file: the end of what was read into the buffer. */
    uint64_t offset;
    uint8_t buffer[BUFFER_BYTES];
    size_t next;
    size_t end;
    /* -errno; said once. */
    int error;
};

static struct source source;
static struct trace_decoder decoder;
static struct trace_head head;

static bool fill(void)
{
    ssize_t got;

    if (source.error < 0)
        return false;
    got = file_read_at(source.fd, source.buffer, sizeof source.buffer, source.offset);
    if (got < 0) {
        log_error("%s: %s", source.path, strerror((int)-got));
        source.error = (int)got;
        return false;
    }
    source.offset += (uint64_t)got;
    source.next = 0;
    source.end = (size_t)got;
    return got > 0;
}

static size_t read_source(void *ctx, void *bytes, size_t size_bytes)
{
    size_t done = 0;

    (void)ctx;
    while (done < size_bytes && (source.next < source.end || fill())) {
        size_t count = source.end - source.next;

        if (count > size_bytes - done)
            count = size_bytes - done;
        memcpy((uint8_t *)bytes + done, source.buffer + source.next, count);
        source.next += count;
        done += count;
    }
    return done;
}

/* From the beginning of the file. False after an error line. */
static bool begin(void)
{
    const struct trace_input input = {read_source, NULL};
    char line[TRACE_ERROR_BYTES];
    struct text error;

    source.offset = source.next = source.end = 0;
    text_init(&error, line, sizeof line);
    if (trace_decoder_open(&decoder, &input, &error) &&
        trace_head_parse(decoder.json, &head, &error))
        return true;
    if (source.error == 0)
        log_error("%s: %s", source.path, line);
    return false;
}

/* Says what is missing of the file. */
static int status_of_file(void)
{
    char line[TRACE_ERROR_BYTES];
    struct text problem;

    text_init(&problem, line, sizeof line);
    if (source.error < 0)
        return EXIT_STATUS_HOST_ERROR;
    if (trace_decoder_is_whole(&decoder, &problem))
        return EXIT_STATUS_OK;
    log_error("%s: %s", source.path, line);
    return EXIT_STATUS_HOST_ERROR;
}

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

    trace_summary_init(&summary, &head);
    while (trace_decoder_next(&decoder, &event))
        trace_summary_take(&summary, &event);
    text_init(&text, bytes, sizeof bytes);
    trace_summary_write(&summary, &head, &text);
    fputs(bytes, stdout);
    return flush(status_of_file());
}

/* The readings of each clock, by a look at the whole file. */
static void measure(struct trace_span spans[TRACE_CLOCKS])
{
    struct trace_readings readings = trace_readings_start(&head);
    struct trace_reading reading;
    struct trace_event event;

    while (trace_decoder_next(&decoder, &event)) {
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
    return begin();
}

static int export_to(const struct trace_options *options)
{
    const struct trace_format *format = options->format;
    struct trace_export export;
    struct trace_event event;

    trace_export_init(&export, &head, (struct trace_sink){write_bytes, NULL});
    if (format->is_of_one_clock && !choose_clock(&export, options->clock))
        return EXIT_STATUS_HOST_ERROR;
    format->begin(&export);
    while (trace_decoder_next(&decoder, &event) && !ferror(stdout))
        trace_export_event(&export, format, &event);
    format->end(&export);
    return flush(status_of_file());
}

static int draw(const struct trace_options *options)
{
    const char *slash = strrchr(options->path, '/');
    const char *name = slash == NULL ? options->path : slash + 1;
    int drawn = trace_picture_write(&decoder, &head, options->picture,
                                    options->title != NULL ? options->title : name);
    int whole = status_of_file();

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
    const char *error = NULL;
    uint64_t size_bytes;
    int status = EXIT_STATUS_HOST_ERROR;

    source.path = options->trace.path;
    source.fd = file_open(source.path, PIPE_MAX_BYTES, &size_bytes, &error);
    if (source.fd < 0) {
        log_error("%s: %s", source.path, error);
        return status;
    }
    if (begin())
        status = write_trace(&options->trace);
    close(source.fd);
    return status;
}
