/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clock report: everything the probe found out, as numbers. It is filled by the measuring
 * files, judged by report_judge, and written twice: as a table for people and as JSON for programs.
 */
#ifndef GUEST_IMAGES_PROBE_REPORT_H
#define GUEST_IMAGES_PROBE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "guest-images/probe/drift.h"
#include "guest-images/probe/options.h"
#include "guest-images/probe/parse.h"
#include "guest-images/probe/read_by.h"

#define REPORT_SCHEMA "minivmm-clock-report-1"
/* Buffers in which the table and the JSON of any report fit: a unit test makes the largest. */
#define REPORT_TABLE_BYTES (16 * 1024)
#define REPORT_JSON_BYTES  (512 * 1024)

#define REPORT_MAX_SOURCES   8
#define REPORT_MAX_EVENTS    257
#define REPORT_MAX_LOG_LINES 48
/* Of ACPI problems and of other warnings, which come in floods. */
#define REPORT_MAX_PROBLEM_LINES 12
#define REPORT_MAX_CHECKS        16

struct clockevent {
    char name[NAME_BYTES];
    char device[NAME_BYTES];
};

struct source_result {
    char name[NAME_BYTES];
    /* The one the kernel had chosen. */
    bool is_initial;
    /* False if the kernel would not switch to it: then nothing was measured. */
    bool measured;
    enum read_by read_by;
    uint64_t read_min_ns;
    uint64_t read_median_ns;
    /* Reads on all CPUs together, and those whose newest value before them was another CPU's. */
    uint64_t reads;
    uint64_t cross_cpu_reads;
    uint64_t backwards;
    uint64_t backwards_max_ns;
    struct drift drift;
};

/* A difference of two clocks at one instant: certain to be within value +- uncertainty. */
struct offset {
    bool known;
    int64_t value_ns;
    uint64_t uncertainty_ns;
};

struct log_part {
    struct log_line lines[REPORT_MAX_LOG_LINES];
    unsigned count;
    unsigned left_out;
};

enum check_result { CHECK_OK, CHECK_FAIL, CHECK_NOT_APPLICABLE };

struct check {
    char name[NAME_BYTES];
    enum check_result result;
    char detail[120];
};

/* What the kernel's NTP discipline does to CLOCK_REALTIME and CLOCK_MONOTONIC; see adjtimex(2). */
struct ntp_state {
    bool known;
    bool synchronized;
    int64_t frequency_ppb;
    int64_t tick_us;
    int64_t offset_ns;
};

struct report {
    struct probe_options options;

    char kernel_release[80];
    char kernel_version[80];
    char command_line[2048];
    unsigned cpus_online;
    char hypervisor[13];
    uint32_t kvm_features;
    struct name_list cpu_flags;
    uint64_t tsc_hz;
    struct ntp_state ntp;

    char clocksource[NAME_BYTES];
    struct name_list clocksources;
    bool clocksource_restored;
    struct clockevent events[REPORT_MAX_EVENTS];
    unsigned event_count;

    bool reference_present;
    unsigned bracket_count;
    uint64_t bracket_width_ns;

    struct source_result sources[REPORT_MAX_SOURCES];
    unsigned source_count;

    /* CLOCK_MONOTONIC_RAW on the initial clocksource, and over the run with all its switches. */
    struct drift raw_drift;
    struct drift run_drift;

    struct offset realtime_minus_host;
    char rtc_name[NAME_BYTES];
    struct offset rtc_minus_realtime;
    struct offset rtc_minus_host;

    struct log_part log_clock;
    struct log_part log_acpi;
    struct log_part log_warnings;
    unsigned log_unstable_count;
    unsigned log_complaint_count;
    /* The kernel's log was read to its end. */
    bool log_read;
    /* How often the kernel had overwritten lines before they were read. */
    unsigned log_gaps;

    struct check checks[REPORT_MAX_CHECKS];
    unsigned check_count;
    bool has_second_channel;
    uint64_t run_ns;
};

/* Files a line under its class; lines beyond the room are counted. */
void report_add_log_line(struct report *report, const struct log_line *line);

/* Fills in the checks from the measurements. */
void report_judge(struct report *report);

/* Why rtc_minus_realtime is not known, if it is not. */
const char *report_why_no_rtc(const struct report *report);

/* "+2 ppb +- 907 ppb", or "n/a". */
void report_add_drift(struct text *text, const struct drift *drift);

/* Checks with this result. */
unsigned report_count_checks(const struct report *report, enum check_result result);

/* The line that the probe prints first, without an end of line. */
void report_add_first_line(struct text *text, const struct report *report);

/* The report for people, below the first line. */
void report_add_table(struct text *text, const struct report *report);

/* The report for programs: one JSON object; README.md has its keys. */
void report_add_json(struct text *text, const struct report *report);

#endif
