/* SPDX-License-Identifier: BSD-2-Clause */
/* The report's bookkeeping and verdict. See report.h; the limits are explained in README.md. */
#include "guest-images/probe/report.h"

#include <inttypes.h>
#include <string.h>

#include "base/measured.h"

#define RATE_LIMIT_PPB      1000
#define RATE_LIMIT_TSC_PPB  500000
#define WALL_CLOCK_LIMIT_NS 1000000000

static void log_part_add(struct log_part *part, const struct log_line *line, unsigned max_lines)
{
    if (part->count == max_lines)
        part->left_out++;
    else
        part->lines[part->count++] = *line;
}

void report_add_log_line(struct report *report, const struct log_line *line)
{
    if (log_line_says_unstable(line))
        report->log_unstable_count++;
    if (log_line_complains(line))
        report->log_complaint_count++;
    switch (log_line_classify(line)) {
    case LOG_CLOCK:
        log_part_add(&report->log_clock, line, REPORT_MAX_LOG_LINES);
        break;
    case LOG_ACPI_PROBLEM:
        log_part_add(&report->log_acpi, line, REPORT_MAX_PROBLEM_LINES);
        break;
    case LOG_WARNING:
        log_part_add(&report->log_warnings, line, REPORT_MAX_PROBLEM_LINES);
        break;
    case LOG_OTHER:
        break;
    }
}

unsigned report_count_checks(const struct report *report, enum check_result result)
{
    unsigned count = 0;

    for (unsigned i = 0; i < report->check_count; i++)
        count += report->checks[i].result == result;
    return count;
}

/* A new check whose detail the caller writes to *detail; the last one is overwritten when full. */
static struct check *check_add(struct report *report, const char *name, struct text *detail)
{
    struct check *check;
    struct text text;

    if (report->check_count < REPORT_MAX_CHECKS)
        report->check_count++;
    check = &report->checks[report->check_count - 1];
    *check = (struct check){.result = CHECK_OK};
    text_init(&text, check->name, sizeof(check->name));
    text_add(&text, "%s", name);
    text_init(detail, check->detail, sizeof(check->detail));
    return check;
}

void report_add_drift(struct text *text, const struct drift *drift)
{
    if (!drift->known) {
        text_add(text, "n/a");
        return;
    }
    text_add_ppb(text, drift->best.value);
    text_add(text, " +- ");
    text_add_uncertainty_ppb(text, drift->best.uncertainty);
}

static void add_rate_detail(struct text *detail, const struct drift *drift, uint64_t limit_ppb)
{
    text_add(detail, "rate ");
    report_add_drift(detail, drift);
    if (!drift->known) {
        text_add(detail, " (no reference device)");
        return;
    }
    text_add(detail, " (limit ");
    text_add_uncertainty_ppb(detail, limit_ppb);
    text_add(detail, ")");
}

static bool rate_fails(const struct drift *drift, uint64_t limit_ppb)
{
    return drift->known &&
           measured_is_beyond(drift->best.value, drift->best.uncertainty, limit_ppb);
}

/* "jiffies" and "refined-jiffies": no clock, but a count of the ticks that have arrived. */
static bool counts_ticks(const struct source_result *source)
{
    return strstr(source->name, "jiffies") != NULL;
}

static void judge_source(struct report *report, const struct source_result *source)
{
    uint64_t limit_ppb = strcmp(source->name, "tsc") == 0 ? RATE_LIMIT_TSC_PPB : RATE_LIMIT_PPB;
    struct text detail;
    struct check *check = check_add(report, source->name, &detail);

    if (!source->measured) {
        check->result = CHECK_FAIL;
        text_add(&detail, "the kernel lists it but does not switch to it");
        return;
    }
    if (source->backwards == 0)
        text_add(&detail, "never went back");
    else
        text_add(&detail, "WENT BACK %" PRIu64 " times", source->backwards);
    if (report->cpus_online > 1)
        text_add(&detail, " (%" PRIu64 " reads across CPUs)", source->cross_cpu_reads);
    text_add(&detail, ", ");
    if (counts_ticks(source))
        text_add(&detail, "counts ticks: its rate is that of the ticks and not judged");
    else
        add_rate_detail(&detail, &source->drift, limit_ppb);
    if (source->backwards != 0 || source->reads == 0 ||
        (!counts_ticks(source) && rate_fails(&source->drift, limit_ppb)))
        check->result = CHECK_FAIL;
}

static void judge_raw(struct report *report)
{
    uint64_t limit_ppb =
        strcmp(report->clocksource, "tsc") == 0 ? RATE_LIMIT_TSC_PPB : RATE_LIMIT_PPB;
    struct text detail;
    struct check *check = check_add(report, "MONOTONIC_RAW", &detail);

    add_rate_detail(&detail, &report->raw_drift, limit_ppb);
    if (!report->raw_drift.known)
        check->result = CHECK_NOT_APPLICABLE;
    else if (rate_fails(&report->raw_drift, limit_ppb))
        check->result = CHECK_FAIL;
}

static void judge_wall_clock(struct report *report, const char *name, const struct offset *offset,
                             const char *why_unknown)
{
    struct text detail;
    struct check *check = check_add(report, name, &detail);

    if (!offset->known || !report->options.wall_is_host) {
        check->result = CHECK_NOT_APPLICABLE;
        text_add(&detail, "%s", offset->known ? "probe.wall=any" : why_unknown);
        return;
    }
    text_add_duration(&detail, offset->value_ns, true);
    text_add(&detail, " from the host's wall clock (limit 1 s)");
    if (measured_is_beyond(offset->value_ns, offset->uncertainty_ns, WALL_CLOCK_LIMIT_NS))
        check->result = CHECK_FAIL;
}

/* Why what is not in the log may have been there all the same; NULL if all of it was read. */
static const char *why_no_log(const struct report *report)
{
    if (!report->log_read)
        return "the kernel log could not be read to its end";
    return report->log_gaps != 0 ? "the kernel overwrote lines of its log before they were read"
                                 : NULL;
}

/* False, with its detail: nothing was found, and where not all was read that proves nothing. */
static bool judge_count(const struct report *report, struct check *check, unsigned count,
                        struct text *detail)
{
    const char *why_unknown = why_no_log(report);

    check->result = count == 0 ? CHECK_OK : CHECK_FAIL;
    if (count != 0 || why_unknown == NULL)
        return true;
    check->result = CHECK_NOT_APPLICABLE;
    text_add(detail, "%s", why_unknown);
    return false;
}

static void judge_log(struct report *report)
{
    unsigned acpi_count = report->log_acpi.count + report->log_acpi.left_out;
    unsigned unstable_count = report->log_unstable_count;
    unsigned complaint_count = report->log_complaint_count;
    struct text detail;
    struct check *check = check_add(report, "ACPI", &detail);

    if (judge_count(report, check, acpi_count, &detail))
        text_add(&detail, "%u warning%s in the kernel log", acpi_count, acpi_count == 1 ? "" : "s");
    check = check_add(report, "stability", &detail);
    if (judge_count(report, check, unstable_count, &detail))
        text_add(&detail, "the kernel called %s clock unstable", unstable_count == 0 ? "no" : "a");
    check = check_add(report, "interrupts", &detail);
    if (judge_count(report, check, complaint_count, &detail))
        text_add(&detail, "%u complaint%s of the kernel's watchdogs and of lost interrupts",
                 complaint_count, complaint_count == 1 ? "" : "s");
}

static void judge_restored(struct report *report)
{
    struct text detail;
    struct check *check;

    if (report->clocksource_restored)
        return;
    check = check_add(report, "clocksource", &detail);
    check->result = CHECK_FAIL;
    text_add(&detail, "the kernel did not switch back to %s", report->clocksource);
}

const char *report_why_no_rtc(const struct report *report)
{
    return report->options.chosen_only ? "probe.scope=chosen" : "no working /dev/rtc0";
}

void report_judge(struct report *report)
{
    const char *no_reference = "no reference device";

    report->check_count = 0;
    if (report->options.seconds != 0) {
        for (unsigned i = 0; i < report->source_count; i++)
            judge_source(report, &report->sources[i]);
        judge_raw(report);
        judge_wall_clock(report, "CLOCK_REALTIME", &report->realtime_minus_host, no_reference);
        judge_wall_clock(report, "RTC", &report->rtc_minus_host,
                         report->rtc_minus_realtime.known ? no_reference
                                                          : report_why_no_rtc(report));
        judge_restored(report);
    }
    judge_log(report);
}
