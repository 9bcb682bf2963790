/* SPDX-License-Identifier: BSD-2-Clause */
/* See trace_summary.h. */
#include "timelab/trace_summary.h"

#include <inttypes.h>

#include "base/time_math.h"

void trace_summary_init(struct trace_summary *summary, const struct trace_head *head)
{
    *summary = (struct trace_summary){
        .readings = trace_readings_start(head),
        .time = trace_time_start(head),
        .first_tsc = UINT64_MAX,
    };
}

static void tally(struct trace_tally *of, uint64_t value)
{
    of->count++;
    of->sum += value;
    if (value > of->max)
        of->max = value;
}

static unsigned bucket_of(uint64_t ns)
{
    unsigned bucket = 0;

    while (bucket < TRACE_BUCKETS - 1 && ns >> bucket != 0)
        bucket++;
    return bucket;
}

static void take_irq(struct trace_summary *summary, const struct trace_record *record)
{
    struct trace_lateness *of =
        (record->arg & TRACE_IRQ_MESSAGE) != 0 || record->where >= TRACE_GSIS
            ? &summary->messages
            : &summary->irqs[record->where];
    uint64_t late_ns = record->g_ns > record->value ? record->g_ns - record->value : 0;

    of->count++;
    of->merged += (record->arg & TRACE_IRQ_MERGED) != 0;
    if ((record->arg & TRACE_IRQ_HAS_DUE) == 0)
        return;
    of->timed++;
    of->buckets[bucket_of(late_ns)]++;
    if (late_ns > of->max_ns)
        of->max_ns = late_ns;
}

static void take_reading(struct trace_summary *summary, const struct trace_reading *reading)
{
    struct trace_clock_summary *of = &summary->clocks[reading->clock];

    if (of->count == 0 || reading->error_ns < of->min_ns)
        of->min_ns = reading->error_ns;
    if (of->count == 0 || reading->error_ns > of->max_ns)
        of->max_ns = reading->error_ns;
    of->last_ns = reading->error_ns;
    if (of->count++ > 0 && reading->tsc <= of->last_tsc)
        return;
    of->went_back += reading->shown_ns < of->last_shown_ns;
    of->last_tsc = reading->tsc;
    of->last_shown_ns = reading->shown_ns;
}

static void take_line(struct trace_summary *summary, const struct trace_event *event)
{
    struct trace_summary_line *line = &summary->lines[summary->line_count++ % TRACE_SUMMARY_LINES];
    struct text text;

    if (summary->line_count > TRACE_SUMMARY_LINES)
        return;
    line->g_ns = event->record.g_ns;
    text_init(&text, line->text, sizeof line->text);
    text_add(&text, "%s%s %.*s", trace_kind_name(event->record.kind),
             event->record.where != 0 ? " ends" : "", 80, event->text);
}

static uint64_t magnitude(uint64_t value)
{
    return (int64_t)value < 0 ? -value : value;
}

static void take_record(struct trace_summary *summary, const struct trace_record *record)
{
    switch (record->kind) {
    case TRACE_EXIT:
        tally(&summary->exits[record->arg % TRACE_REASONS], record->value);
        break;
    case TRACE_CLOCK_READ:
        summary->reads[trace_record_clock(record) % TRACE_CLOCKS]++;
        break;
    case TRACE_CLOCK_WRITE:
        summary->writes[trace_record_clock(record) % TRACE_CLOCKS]++;
        break;
    case TRACE_IRQ:
        take_irq(summary, record);
        break;
    case TRACE_EOI:
        summary->eois += record->value;
        break;
    case TRACE_KVMCLOCK:
        summary->publications++;
        break;
    case TRACE_STEP:
        tally(&summary->steps, magnitude(record->value));
        summary->stepped_ns += record->value;
        break;
    case TRACE_STEERING:
        tally(&summary->steering, magnitude(record->value));
        break;
    case TRACE_MESSAGE:
        summary->messages_of_kernel++;
        break;
    case TRACE_GAP:
        summary->missing += record->value;
        break;
    default:
        break;
    }
}

static bool is_line(unsigned kind)
{
    return kind == TRACE_FAULT || kind == TRACE_CLOCKSOURCE || kind == TRACE_MARK;
}

void trace_summary_take(struct trace_summary *summary, const struct trace_event *event)
{
    const struct trace_record *record = &event->record;
    struct trace_reading reading;

    summary->events++;
    if (record->tsc != 0 && record->tsc < summary->first_tsc)
        summary->first_tsc = record->tsc;
    if (record->tsc > summary->last_tsc)
        summary->last_tsc = record->tsc;
    if (record->g_ns > summary->last_g_ns)
        summary->last_g_ns = record->g_ns;
    trace_time_take(&summary->time, record);
    take_record(summary, record);
    if (is_line(record->kind))
        take_line(summary, event);
    if (trace_readings_take(&summary->readings, record, &reading))
        take_reading(summary, &reading);
}

static void write_exits(const struct trace_summary *summary, struct text *text)
{
    for (unsigned i = 0; i < TRACE_REASONS; i++) {
        const struct trace_tally *of = &summary->exits[i];

        if (of->count == 0)
            continue;
        if (trace_exit_name(i) != NULL)
            text_add(text, "exits %s: %" PRIu64, trace_exit_name(i), of->count);
        else
            text_add(text, "exits %u: %" PRIu64, i, of->count);
        text_add(text, "; in user space ");
        text_add_duration(text, (int64_t)(of->sum / of->count), false);
        text_add(text, " in the mean, ");
        text_add_duration(text, (int64_t)of->max, false);
        text_add(text, " at most\n");
    }
}

static void write_accesses(const struct trace_summary *summary, struct text *text)
{
    for (unsigned i = 0; i < TRACE_CLOCKS; i++)
        if (summary->reads[i] + summary->writes[i] > 0)
            text_add(text, "registers of %s: %" PRIu64 " reads, %" PRIu64 " writes\n",
                     trace_clock_name(i) != NULL ? trace_clock_name(i) : "?", summary->reads[i],
                     summary->writes[i]);
}

/* Below which so many of a thousand are, to a factor of 2. */
static uint64_t permille_ns(const struct trace_lateness *of, uint64_t permille)
{
    uint64_t seen = 0;

    for (unsigned i = 0; i < TRACE_BUCKETS; i++) {
        seen += of->buckets[i];
        if (seen * 1000 >= of->timed * permille)
            return UINT64_C(1) << i;
    }
    return of->max_ns;
}

static void write_lateness(const struct trace_lateness *of, struct text *text)
{
    text_add(text, ": %" PRIu64 ", merged %" PRIu64, of->count, of->merged);
    if (of->timed > 0) {
        text_add(text, "; of %" PRIu64 " half were late by less than ", of->timed);
        text_add_duration(text, (int64_t)permille_ns(of, 500), false);
        text_add(text, ", 99 %% by less than ");
        text_add_duration(text, (int64_t)permille_ns(of, 990), false);
        text_add(text, ", all by ");
        text_add_duration(text, (int64_t)of->max_ns, false);
        text_add(text, " or less");
    }
    text_add(text, "\n");
}

static void write_irqs(const struct trace_summary *summary, struct text *text)
{
    for (unsigned i = 0; i < TRACE_GSIS; i++)
        if (summary->irqs[i].count > 0) {
            text_add(text, "interrupts of GSI %u", i);
            write_lateness(&summary->irqs[i], text);
        }
    if (summary->messages.count > 0) {
        text_add(text, "interrupts by message");
        write_lateness(&summary->messages, text);
    }
    if (summary->eois > 0)
        text_add(text, "EOIs: %" PRIu64 "\n", summary->eois);
}

static void write_time(const struct trace_summary *summary, struct text *text)
{
    if (summary->publications > 0)
        text_add(text, "pages of kvm-clock written: %" PRIu64 "\n", summary->publications);
    if (summary->steering.count > 0) {
        text_add(text,
                 "guest time was compared with the host's clock %" PRIu64
                 " times, and off by at most ",
                 summary->steering.count);
        text_add_duration(text, (int64_t)summary->steering.max, false);
        text_add(text, "\n");
    }
    if (summary->steps.count > 0) {
        text_add(text, "steps of guest time: %" PRIu64 ", together ", summary->steps.count);
        text_add_duration(text, (int64_t)summary->stepped_ns, true);
        text_add(text, "\n");
    }
    if (summary->messages_of_kernel > 0)
        text_add(text, "lines of the guest's kernel log: %" PRIu64 "\n",
                 summary->messages_of_kernel);
}

static void write_clocks(const struct trace_summary *summary, struct text *text)
{
    for (unsigned i = 0; i < TRACE_CLOCKS; i++) {
        const struct trace_clock_summary *of = &summary->clocks[i];

        if (of->count == 0)
            continue;
        text_add(text, "clock %s: %" PRIu64 " readings, wrong by ", trace_clock_name(i), of->count);
        text_add_duration(text, of->min_ns, true);
        text_add(text, " to ");
        text_add_duration(text, of->max_ns, true);
        text_add(text, ", at last ");
        text_add_duration(text, of->last_ns, true);
        text_add(text, "; went back %" PRIu64 " times\n", of->went_back);
    }
}

static void write_lines(const struct trace_summary *summary, struct text *text)
{
    for (unsigned i = 0; i < summary->line_count && i < TRACE_SUMMARY_LINES; i++)
        text_add(text, "%6" PRIu64 ".%06" PRIu64 " s  %s\n", summary->lines[i].g_ns / NS_PER_SEC,
                 summary->lines[i].g_ns % NS_PER_SEC / 1000, summary->lines[i].text);
    if (summary->line_count > TRACE_SUMMARY_LINES)
        text_add(text, "and %" PRIu64 " more\n", summary->line_count - TRACE_SUMMARY_LINES);
}

void trace_summary_write(const struct trace_summary *summary, const struct trace_head *head,
                         struct text *text)
{
    uint64_t host_ns = summary->last_tsc > summary->first_tsc
                           ? trace_time_raw_ns(&summary->time, summary->last_tsc) -
                                 trace_time_raw_ns(&summary->time, summary->first_tsc)
                           : 0;

    text_add(text, "%s, %u vCPUs, by minivmm %s; the host keeps time by %s\n", head->kernel,
             head->cpus, head->minivmm, head->host_clocksource);
    text_add(text, "guest time up to ");
    text_add_duration(text, (int64_t)summary->last_g_ns, false);
    text_add(text, ", in ");
    text_add_duration(text, (int64_t)host_ns, false);
    text_add(text, " of the host; %" PRIu64 " events, %" PRIu64 " are missing\n", summary->events,
             summary->missing);
    write_exits(summary, text);
    write_accesses(summary, text);
    write_irqs(summary, text);
    write_time(summary, text);
    write_clocks(summary, text);
    write_lines(summary, text);
}
