/* SPDX-License-Identifier: BSD-2-Clause */
/* The report as a table for people. See report.h. */
#include "guest-images/probe/report.h"

#include <inttypes.h>
#include <string.h>

#define MAX_HIGHLIGHTS    10
#define MAX_PROBLEM_LINES 5
#define LABEL_COLUMNS     24
#define LOG_COLUMNS       80

void report_add_first_line(struct text *text, const struct report *report)
{
    text_add(text, "minivmm clock probe: Linux %s, %u CPU%s", report->kernel_release,
             report->cpus_online, report->cpus_online == 1 ? "" : "s");
}

static void add_label(struct text *text, const char *label)
{
    text_add(text, "  %-*s", LABEL_COLUMNS, label);
}

static void add_names(struct text *text, const struct name_list *list)
{
    for (unsigned i = 0; i < list->count; i++)
        text_add(text, "%s%s", i == 0 ? "" : " ", list->names[i]);
}

/* "lapic (2 CPUs), broadcast hpet": the per-CPU devices counted, the broadcast one by name. */
static void add_events(struct text *text, const struct report *report)
{
    const char *broadcast = NULL;
    bool first = true;

    for (unsigned i = 0; i < report->event_count; i++) {
        const struct clockevent *event = &report->events[i];
        unsigned same = 0;

        if (strcmp(event->name, "broadcast") == 0) {
            broadcast = event->device;
            continue;
        }
        for (unsigned j = 0; j < report->event_count; j++) {
            bool equal = strcmp(report->events[j].device, event->device) == 0 &&
                         strcmp(report->events[j].name, "broadcast") != 0;

            if (equal && j < i)
                break;
            same += equal;
        }
        if (same == 0)
            continue;
        text_add(text, "%s%s (%u CPU%s)", first ? "" : ", ", event->device, same,
                 same == 1 ? "" : "s");
        first = false;
    }
    text_add(text, "%sbroadcast %s\n", first ? "" : ", ", broadcast ? broadcast : "none");
}

static void add_machine(struct text *text, const struct report *report)
{
    add_label(text, "clocksource");
    text_add(text, "%s  (available: ", report->clocksource);
    add_names(text, &report->clocksources);
    text_add(text, ")\n");
    add_label(text, "clock events");
    add_events(text, report);
    add_label(text, "CPU flags");
    add_names(text, &report->cpu_flags);
    text_add(text, "\n");
    if (report->tsc_hz != 0) {
        add_label(text, "TSC");
        text_add(text, "%" PRIu64 ".%03" PRIu64 " MHz by the kernel's clock\n",
                 report->tsc_hz / 1000000, report->tsc_hz / 1000 % 1000);
    }
    add_label(text, "hypervisor");
    text_add(text, "%s\n", report->hypervisor[0] != '\0' ? report->hypervisor : "none in CPUID");
}

/* The duration as one right-aligned column. */
static void add_duration_column(struct text *text, uint64_t duration_ns)
{
    char bytes[32];
    struct text column;

    text_init(&column, bytes, sizeof(bytes));
    text_add_duration(&column, (int64_t)duration_ns, false);
    text_add(text, "%10s", bytes);
}

static void add_source(struct text *text, const struct source_result *source)
{
    text_add(text, "  %-12s%-2s", source->name, source->is_initial ? "*" : "");
    if (!source->measured) {
        text_add(text, "not measured\n");
        return;
    }
    add_duration_column(text, source->read_min_ns);
    add_duration_column(text, source->read_median_ns);
    text_add(text, "%11" PRIu64 "%10" PRIu64 "  ", source->backwards, source->reads);
    report_add_drift(text, &source->drift);
    text_add(text, "\n");
}

static void add_sources(struct text *text, const struct report *report)
{
    text_add(text, "\n  %-14s%10s%10s%11s%10s  %s\n", "source", "read, min", "median", "went back",
             "of reads", "rate vs host");
    for (unsigned i = 0; i < report->source_count; i++)
        add_source(text, &report->sources[i]);
    text_add(text, "  * the kernel's choice%s\n",
             report->clocksource_restored ? ", in use again afterwards" : "");
}

static void add_offset(struct text *text, const char *label, const struct offset *offset,
                       const char *why_unknown)
{
    add_label(text, label);
    if (offset->known) {
        text_add_duration(text, offset->value_ns, true);
        text_add(text, " +- ");
        text_add_duration(text, (int64_t)offset->uncertainty_ns, false);
    } else {
        text_add(text, "n/a: %s", why_unknown);
    }
    text_add(text, "\n");
}

static void add_raw(struct text *text, const struct drift *drift)
{
    add_label(text, "MONOTONIC_RAW vs host");
    report_add_drift(text, drift);
    if (drift->known) {
        text_add(text, " over ");
        text_add_duration(text, (int64_t)drift->baseline_ns, false);
    } else {
        text_add(text, ": no reference device");
    }
    text_add(text, "\n");
}

static void add_against_host(struct text *text, const struct report *report)
{
    text_add(text, "\n");
    add_offset(text, "CLOCK_REALTIME - host", &report->realtime_minus_host, "no reference device");
    add_offset(text, "RTC - CLOCK_REALTIME", &report->rtc_minus_realtime,
               report_why_no_rtc(report));
    add_raw(text, &report->raw_drift);
}

static void add_log_line(struct text *text, const struct log_line *line)
{
    text_add(text, "    [%5" PRIu64 ".%06" PRIu64 "] %.*s\n", line->time_us / 1000000,
             line->time_us % 1000000, LOG_COLUMNS, line->text);
}

static void add_problem_lines(struct text *text, const char *title, const struct log_part *part)
{
    unsigned shown = part->count < MAX_PROBLEM_LINES ? part->count : MAX_PROBLEM_LINES;

    if (part->count == 0)
        return;
    text_add(text, "  %s (%u)\n", title, part->count + part->left_out);
    for (unsigned i = 0; i < shown; i++)
        add_log_line(text, &part->lines[i]);
}

static void add_log(struct text *text, const struct report *report)
{
    unsigned shown = 0;

    text_add(text, "\n  the kernel on its clocks\n");
    for (unsigned i = 0; i < report->log_clock.count && shown < MAX_HIGHLIGHTS; i++) {
        const struct log_line *line = &report->log_clock.lines[i];
        bool ours =
            line->during_probe && !log_line_says_unstable(line) && !log_line_complains(line);

        if (ours || !log_line_is_highlight(line))
            continue;
        add_log_line(text, line);
        shown++;
    }
    add_problem_lines(text, "ACPI warnings", &report->log_acpi);
    add_problem_lines(text, "other warnings", &report->log_warnings);
}

static void add_checks(struct text *text, const struct report *report)
{
    static const char *const words[] = {"ok", "FAIL", "n/a"};
    unsigned failed = report_count_checks(report, CHECK_FAIL);

    text_add(text, "\n");
    for (unsigned i = 0; i < report->check_count; i++) {
        const struct check *check = &report->checks[i];

        text_add(text, "  %-6s%-16s%s\n", words[check->result], check->name, check->detail);
    }
    text_add(text, "  verdict: %s (%u ok, %u failed, %u n/a)\n", failed == 0 ? "ok" : "FAIL",
             report_count_checks(report, CHECK_OK), failed,
             report_count_checks(report, CHECK_NOT_APPLICABLE));
}

void report_add_table(struct text *text, const struct report *report)
{
    add_machine(text, report);
    if (report->options.seconds != 0) {
        add_sources(text, report);
        add_against_host(text, report);
    }
    add_log(text, report);
    add_checks(text, report);
    if (!report->has_second_channel)
        text_add(text, "  no JSON report: this machine has no /dev/ttyS1\n");
}
