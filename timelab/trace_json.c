/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON, an object in each line for each event. See trace_export.h. */
#include "timelab/trace_export.h"

#include <inttypes.h>

static void begin(struct trace_export *export)
{
    (void)export;
}

static void end(struct trace_export *export)
{
    (void)export;
}

static void print_text(struct trace_export *export, const char *key, const char *text)
{
    trace_export_print(export, ",\"%s\":", key);
    trace_export_print_string(export, text);
}

static void print_signed(struct trace_export *export, const char *key, uint64_t value)
{
    trace_export_print(export, ",\"%s\":%" PRId64, key, (int64_t)value);
}

static void print_number(struct trace_export *export, const char *key, uint64_t value)
{
    trace_export_print(export, ",\"%s\":%" PRIu64, key, value);
}

static void print_exit(struct trace_export *export, const struct trace_record *record)
{
    print_number(export, "reason", record->arg);
    if (trace_exit_name(record->arg) != NULL)
        print_text(export, "name", trace_exit_name(record->arg));
    print_number(export, "where", record->where);
    print_number(export, "user_ns", record->value);
}

static void print_clock(struct trace_export *export, const struct trace_record *record)
{
    const char *name = trace_clock_name(trace_record_clock(record));

    print_text(export, "clock", name != NULL ? name : "");
    if (record->kind == TRACE_SAMPLE) {
        print_number(export, "value_ns", record->value);
        print_number(export, "width_ns", record->where);
        return;
    }
    print_number(export, "where", record->where);
    print_number(export, "bytes", trace_record_size_bytes(record));
    print_number(export, "value", record->value);
}

static void print_irq(struct trace_export *export, const struct trace_record *record)
{
    print_number(export, (record->arg & TRACE_IRQ_MESSAGE) != 0 ? "vector" : "gsi", record->where);
    if ((record->arg & TRACE_IRQ_HAS_DUE) != 0)
        print_number(export, "due_ns", record->value);
    if ((record->arg & TRACE_IRQ_MERGED) != 0)
        trace_export_print(export, ",\"merged\":true");
    if ((record->arg & TRACE_IRQ_MASKED) != 0)
        trace_export_print(export, ",\"masked\":true");
}

/* A page of kvm-clock, and the timebase. */
static void print_scale(struct trace_export *export, const struct trace_record *record)
{
    print_number(export, "mul", record->where);
    trace_export_print(export, ",\"shift\":%d", (int8_t)(record->arg & 0xff));
    if (record->kind != TRACE_KVMCLOCK)
        return;
    print_number(export, "system_time_ns", record->value);
    print_number(export, "flags", record->arg >> 8);
}

static void print_vmclock(struct trace_export *export, const struct trace_record *record)
{
    print_number(export, "utc_ns", record->value);
    print_number(export, "marker", record->where);
    print_number(export, "status", record->arg & 0xff);
    print_number(export, "leap", record->arg >> 8);
}

static void print_steering(struct trace_export *export, const struct trace_record *record)
{
    print_signed(export, "ahead_ns", record->value);
    print_number(export, "bound_ppt", record->where);
}

static void print_host_clock(struct trace_export *export, const struct trace_record *record)
{
    print_number(export, "monotonic_raw_ns", record->value);
    print_number(export, "width_ns", record->where);
}

static void print_step(struct trace_export *export, const struct trace_record *record)
{
    print_signed(export, "by_ns", record->value);
    if (record->arg == TRACE_STEP_SKIP_IDLE)
        print_text(export, "why", "skip-idle");
}

static void print_eoi(struct trace_export *export, const struct trace_record *record)
{
    print_number(export, "gsi", record->where);
    print_number(export, "count", record->value);
}

static void print_wall(struct trace_export *export, const struct trace_record *record)
{
    print_number(export, "utc_at_zero_ns", record->value);
}

static void print_gap(struct trace_export *export, const struct trace_record *record)
{
    print_number(export, "records", record->value);
}

static void (*const printers[])(struct trace_export *export, const struct trace_record *record) = {
    [TRACE_EXIT] = print_exit,
    [TRACE_CLOCK_READ] = print_clock,
    [TRACE_CLOCK_WRITE] = print_clock,
    [TRACE_KVMCLOCK] = print_scale,
    [TRACE_WALL] = print_wall,
    [TRACE_VMCLOCK] = print_vmclock,
    [TRACE_IRQ] = print_irq,
    [TRACE_EOI] = print_eoi,
    [TRACE_STEP] = print_step,
    [TRACE_TIMEBASE] = print_scale,
    [TRACE_HOST_CLOCK] = print_host_clock,
    [TRACE_STEERING] = print_steering,
    [TRACE_SAMPLE] = print_clock,
    [TRACE_GAP] = print_gap,
};

static void add(struct trace_export *export, const struct trace_event *event)
{
    const struct trace_record *record = &event->record;

    trace_export_print(export, "{\"kind\":\"%s\",\"thread\":%u", trace_kind_name(record->kind),
                       event->thread);
    print_number(export, "tsc", record->tsc);
    print_number(export, "g_ns", record->g_ns);
    print_number(export, "host_ns", trace_time_raw_ns(&export->time, record->tsc));
    if (record->vcpu != TRACE_NO_VCPU)
        print_number(export, "vcpu", record->vcpu);
    if (record->kind >= TRACE_FIRST_TEXT)
        print_text(export, "text", event->text);
    else
        printers[record->kind](export, record);
    if (record->kind == TRACE_FAULT && record->where != 0)
        trace_export_print(export, ",\"end\":true");
    trace_export_print(export, "}\n");
}

const struct trace_format trace_json = {"json", false, begin, add, end};
