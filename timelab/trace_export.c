/* SPDX-License-Identifier: BSD-2-Clause */
/* See trace_export.h. */
#include "timelab/trace_export.h"

#define PRINT_BYTES 1024

const struct trace_format *const trace_formats[] = {
    &trace_csv, &trace_json, &trace_chrome, &trace_perfetto, &trace_phase, &trace_loopstats, NULL};

void trace_export_init(struct trace_export *export, const struct trace_head *head,
                       struct trace_sink sink)
{
    *export = (struct trace_export){
        .sink = sink,
        .head = head,
        .time = trace_time_start(head),
        .readings = trace_readings_start(head),
    };
}

void trace_export_event(struct trace_export *export, const struct trace_format *format,
                        const struct trace_event *event)
{
    trace_time_take(&export->time, &event->record);
    format->event(export, event);
}

void trace_export_print(struct trace_export *export, const char *format, ...)
{
    char bytes[PRINT_BYTES];
    va_list arguments;
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    va_start(arguments, format);
    text_add_list(&text, format, arguments);
    va_end(arguments);
    export->sink.write(export->sink.ctx, bytes, text.length_bytes);
}

/* Of JSON's own characters two are left. */
void trace_export_print_string(struct trace_export *export, const char *text)
{
    trace_export_print(export, "\"");
    for (; *text != '\0'; text++)
        trace_export_print(export, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    trace_export_print(export, "\"");
}

bool trace_export_is_of_clock(struct trace_export *export, const struct trace_event *event,
                              struct trace_reading *reading)
{
    return trace_readings_take(&export->readings, &event->record, reading) &&
           reading->clock == export->clock;
}
