/* SPDX-License-Identifier: BSD-2-Clause */
/* See report.h. */
#include "timelab/report.h"

#include <assert.h>
#include <string.h>

#include "base/time_math.h"

/* Besides the pages: those of the guest's kernel, vmclock, HPET and PM timer. */
static_assert(REPORT_PAGES_MAX + TRACE_CLOCKS - TRACE_CLOCK_REALTIME + 3 <= REPORT_CLOCKS_MAX,
              "each clock has room");

static double sec_of(uint64_t ns)
{
    return (double)ns / NS_PER_SEC;
}

static struct report_clock *find_clock(struct report *report, enum trace_clock clock, unsigned vcpu)
{
    bool is_page = clock == TRACE_CLOCK_KVMCLOCK;
    struct report_clock *found;

    for (unsigned i = 0; i < report->clock_count; i++)
        if (report->clocks[i].clock == clock && report->clocks[i].vcpu == vcpu)
            return &report->clocks[i];
    if (is_page && report->page_count == REPORT_PAGES_MAX) {
        report->pages_left_out += !report->is_left_out[vcpu];
        report->is_left_out[vcpu] = true;
        return NULL;
    }
    report->page_count += is_page;
    assert(report->clock_count < REPORT_CLOCKS_MAX);
    found = &report->clocks[report->clock_count++];
    found->clock = clock;
    found->vcpu = vcpu;
    return found;
}

static bool is_certain(struct report_clock *clock, uint64_t bound_ns)
{
    if (clock->series.added == 0 || bound_ns < clock->best_bound_ns)
        clock->best_bound_ns = bound_ns;
    return bound_ns <= clock->best_bound_ns * REPORT_BOUND_MAX;
}

/* One line for each clock, whichever CPU has read it; but each vCPU has its page of kvm-clock. */
static void take_reading(struct report *report, const struct trace_reading *reading, double g_sec)
{
    unsigned vcpu = reading->clock == TRACE_CLOCK_KVMCLOCK ? reading->vcpu : TRACE_NO_VCPU;
    struct report_clock *clock = find_clock(report, reading->clock, vcpu);

    if (clock == NULL)
        return;
    if (!is_certain(clock, reading->bound_ns)) {
        clock->uncertain++;
        return;
    }
    if (clock->series.added == 0 || (clock->series.added < REPORT_FIRST && !report->has_fault &&
                                     reading->bound_ns < clock->first_bound_ns)) {
        clock->first_error_ns = reading->error_ns;
        clock->first_bound_ns = reading->bound_ns;
    }
    report_series_add(&clock->series, (struct report_point){g_sec, (double)reading->error_ns});
}

static void take_irq(struct report *report, const struct trace_record *record)
{
    uint64_t late_ns = record->g_ns > record->value ? record->g_ns - record->value : 0;
    unsigned gsi = (record->arg & TRACE_IRQ_MESSAGE) != 0 ? REPORT_GSIS - 1 : record->where;
    unsigned bin = late_ns < 2 ? 0 : 63 - (unsigned)__builtin_clzll(late_ns);

    if ((record->arg & TRACE_IRQ_HAS_DUE) == 0 || gsi >= REPORT_GSIS)
        return;
    report->late[gsi][bin < REPORT_LATE_BINS ? bin : REPORT_LATE_BINS - 1]++;
}

static void take_line(struct report *report, const struct trace_event *event, double g_sec)
{
    bool is_message = event->record.kind == TRACE_MESSAGE;
    struct report_line *line;

    if (report->line_count == REPORT_LINES_MAX ||
        (is_message && report->message_count == REPORT_MESSAGES_MAX)) {
        report->lines_left_out++;
        return;
    }
    report->message_count += is_message;
    line = &report->lines[report->line_count++];
    line->g_sec = g_sec;
    line->kind = event->record.kind;
    line->is_end = event->record.kind == TRACE_FAULT && event->record.where == 1;
    memcpy(line->text, event->text, sizeof line->text);
}

void report_init(struct report *report, const struct trace_head *head,
                 const struct report_boots *boots)
{
    memset(report, 0, sizeof *report);
    report->boots = *boots;
    report->readings = trace_readings_start(head);
}

void report_take(struct report *report, const struct trace_event *event)
{
    const struct trace_record *record = &event->record;
    uint64_t start_ns = report_boots_start_ns(&report->boots, record);
    double g_sec = sec_of(start_ns + record->g_ns);
    struct trace_reading reading;

    report->records++;
    if (trace_readings_take(&report->readings, record, &reading))
        take_reading(report, &reading, g_sec);
    if (g_sec > report->last_g_sec)
        report->last_g_sec = g_sec;
    switch (record->kind) {
    case TRACE_IRQ:
        take_irq(report, record);
        break;
    case TRACE_GAP:
        report->gaps += record->value;
        break;
    case TRACE_FAULT:
        report->has_fault = true;
        take_line(report, event, g_sec);
        break;
    case TRACE_MESSAGE:
    case TRACE_CLOCKSOURCE:
    case TRACE_MARK:
        take_line(report, event, g_sec);
        break;
    default:
        break;
    }
}
