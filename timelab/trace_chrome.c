/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace event format of Chrome, for chrome://tracing, Perfetto's page and others. Times are
 * those of the host, in microseconds since the start. An exit is a slice of its vCPU's thread; how
 * far a clock is from what it should show is a counter; the rest are instants, whose arguments have
 * the guest time. See trace_export.h.
 */
#include "timelab/trace_export.h"

#include <inttypes.h>

#define NS_PER_US 1000

static void begin(struct trace_export *export)
{
    trace_export_print(export, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n"
                               "{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":1,\"tid\":0,"
                               "\"args\":{\"name\":\"minivmm\"}}");
    for (unsigned i = 0; i < TRACE_THREADS_MAX && export->head->threads[i][0] != '\0'; i++) {
        trace_export_print(export,
                           ",\n{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":1,\"tid\":%u,"
                           "\"args\":{\"name\":",
                           i);
        trace_export_print_string(export, export->head->threads[i]);
        trace_export_print(export, "}}");
    }
}

static void end(struct trace_export *export)
{
    trace_export_print(export, "\n]}\n");
}

/* The beginning of an event, up to its arguments. */
static void print_event(struct trace_export *export, const struct trace_event *event, char phase,
                        const char *name)
{
    uint64_t ns = trace_time_raw_ns(&export->time, event->record.tsc) - export->head->start_raw_ns;

    trace_export_print(export,
                       ",\n{\"ph\":\"%c\",\"name\":\"%s\",\"pid\":1,\"tid\":%u,"
                       "\"ts\":%" PRIu64 ".%03" PRIu64,
                       phase, name, event->thread, ns / NS_PER_US, ns % NS_PER_US);
}

static void print_exit(struct trace_export *export, const struct trace_event *event)
{
    const struct trace_record *record = &event->record;
    const char *name = trace_exit_name(record->arg);

    print_event(export, event, 'X', name != NULL ? name : "exit");
    trace_export_print(export,
                       ",\"dur\":%" PRIu64 ".%03" PRIu64
                       ",\"args\":{\"where\":\"0x%x\",\"reason\":%u,\"g_ns\":%" PRIu64 "}}",
                       record->value / NS_PER_US, record->value % NS_PER_US, record->where,
                       record->arg, record->g_ns);
}

static void print_reading(struct trace_export *export, const struct trace_event *event,
                          const struct trace_reading *reading)
{
    char name[64];
    struct text text;

    text_init(&text, name, sizeof name);
    text_add(&text, "error of %s", trace_clock_name(reading->clock));
    if (reading->clock == TRACE_CLOCK_KVMCLOCK)
        text_add(&text, " %u", reading->vcpu);
    print_event(export, event, 'C', name);
    trace_export_print(export, ",\"args\":{\"ns\":%" PRId64 "}}", reading->error_ns);
}

static void print_text(struct trace_export *export, const struct trace_event *event)
{
    print_event(export, event, 'i', trace_kind_name(event->record.kind));
    trace_export_print(export,
                       ",\"s\":\"p\",\"args\":{\"g_ns\":%" PRIu64 ",\"text\":", event->record.g_ns);
    trace_export_print_string(export, event->text);
    trace_export_print(export, "}}");
}

/* The rest, but for exits and readings. */
static void print_instant(struct trace_export *export, const struct trace_event *event)
{
    const struct trace_record *record = &event->record;

    print_event(export, event, 'i', trace_kind_name(record->kind));
    trace_export_print(export,
                       ",\"s\":\"t\",\"args\":{\"g_ns\":%" PRIu64 ",\"where\":%u,\"arg\":%u,"
                       "\"value\":\"%" PRId64 "\"}}",
                       record->g_ns, record->where, record->arg, (int64_t)record->value);
}

static void add(struct trace_export *export, const struct trace_event *event)
{
    struct trace_reading reading;

    if (event->record.kind == TRACE_EXIT)
        print_exit(export, event);
    else if (trace_readings_take(&export->readings, &event->record, &reading))
        print_reading(export, event, &reading);
    else if (event->record.kind >= TRACE_FIRST_TEXT)
        print_text(export, event);
    else
        print_instant(export, event);
}

const struct trace_format trace_chrome = {"chrome", false, begin, add, end};
