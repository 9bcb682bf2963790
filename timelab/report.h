/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a picture of a run shows, gathered from the events of its trace:
 *
 *   clocks      the error of each clock (trace_reading.h): those that the guest's kernel was asked
 *               for, kvm-clock's pages by vCPU, the HPET, the PM timer
 *   faults      from when to when
 *   lateness    of interrupts that a timer made, by GSI
 *   clocksource which one the guest's kernel used
 *   messages    of its log, marks, gaps
 *
 * An error is that since the clock's first readings, of which the best of REPORT_FIRST counts, and
 * none after a fault: a kernel takes its date from the RTC's whole seconds, and half a second would
 * hide all else. What it was at first is said besides. A reading that is right to REPORT_BOUND_MAX
 * times what the best one is right to, as an interrupt came in between, is left out and counted.
 *
 * With several boots the time is that of all of them, one behind the other (report_boots.h).
 *
 * Pure, in bounded memory; a report belongs to one thread.
 */
#ifndef TIMELAB_REPORT_H
#define TIMELAB_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "timelab/report_boots.h"
#include "timelab/report_series.h"
#include "timelab/trace_head.h"
#include "timelab/trace_reading.h"

#define REPORT_BOUND_MAX  8
#define REPORT_FIRST      32
#define REPORT_CLOCKS_MAX 24
/* Of the clocks, pages of kvm-clock; of the lines, messages. They leave room for what is rare. */
#define REPORT_PAGES_MAX    16
#define REPORT_LINES_MAX    400
#define REPORT_MESSAGES_MAX 200
#define REPORT_GSIS         25
/* Of a lateness in ns: bin b has those from 2^b on. */
#define REPORT_LATE_BINS 40

struct report_clock {
    enum trace_clock clock;
    unsigned vcpu;
    /* The best bound of a reading; those that were left out. */
    uint64_t best_bound_ns;
    uint64_t uncertain;
    /* The error and the bound of the best of the first readings. */
    int64_t first_error_ns;
    uint64_t first_bound_ns;
    /* Errors as they were read. */
    struct report_series series;
};

struct report_line {
    double g_sec;
    uint8_t kind;
    /* Of a fault: its time is over. */
    bool is_end;
    char text[TRACE_TEXT_MAX_BYTES + 1];
};

/* Some 4 MB. */
struct report {
    struct report_clock clocks[REPORT_CLOCKS_MAX];
    unsigned clock_count;
    unsigned page_count;
    /* vCPUs whose pages found no room. */
    unsigned pages_left_out;
    bool is_left_out[TRACE_NO_VCPU + 1];
    struct report_line lines[REPORT_LINES_MAX];
    unsigned line_count;
    unsigned message_count;
    uint64_t lines_left_out;
    uint64_t late[REPORT_GSIS][REPORT_LATE_BINS];
    double last_g_sec;
    struct trace_readings readings;
    /* A fault has come: what a clock shows from now on is no more what it was at first. */
    bool has_fault;
    struct report_boots boots;
    uint64_t gaps;
    uint64_t records;
};

/* Empty, for a trace with this head and these boots. */
void report_init(struct report *report, const struct trace_head *head,
                 const struct report_boots *boots);

/* An event of the trace, in the order of the file. */
void report_take(struct report *report, const struct trace_event *event);

/*
 * All of it as one object, for report.html and for what writes it (vmm/cmd/report_page.h,
 * report_plot.h). The points are put in the order of time. expectations is an array of
 * {"text", "verdict", "got"}, or NULL. In a title that is no UTF-8 '?' stands for what is no ASCII.
 * NULL: no memory.
 */
json_t *report_to_json(struct report *report, const char *title, json_t *expectations);

#endif
