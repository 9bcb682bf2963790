/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trace in other formats: `minivmm trace FILE --to FORMAT`. Each event is written as it comes, so
 * a file needs no memory for its size. docs/trace.md says what each format is for.
 *
 * A new format: its file trace_NAME.c, its declaration below, its row in trace_export.c, its line
 * in docs/trace.md.
 */
#ifndef TIMELAB_TRACE_EXPORT_H
#define TIMELAB_TRACE_EXPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "timelab/trace_head.h"
#include "timelab/trace_reading.h"

/* Where the bytes go; errors are its owner's. */
struct trace_sink {
    void (*write)(void *ctx, const void *bytes, size_t size_bytes);
    void *ctx;
};

/* Of the readings of one clock, for formats that need it beforehand. */
struct trace_span {
    uint64_t count;
    uint64_t first_g_ns;
    uint64_t last_g_ns;
};

struct trace_export {
    struct trace_sink sink;
    const struct trace_head *head;
    struct trace_time time;
    struct trace_readings readings;
    /* Of formats that are about one clock. */
    enum trace_clock clock;
    struct trace_span span;
    /* Of the format: events or lines that were written, and what it likes. */
    uint64_t written;
    int64_t last_error_ns;
    int64_t last_read_ns;
    uint64_t last_g_ns;
    int64_t last_ppt;
    uint64_t sum_of_squares;
    uint64_t squares;
    uint64_t last_snapshot_g_ns;
    uint64_t last_shown_ns[TRACE_CLOCKS];
    bool has_track[TRACE_CLOCKS];
};

struct trace_format {
    const char *name;
    /* It is about the readings of export->clock alone, and needs their span. */
    bool is_of_one_clock;
    void (*begin)(struct trace_export *export);
    void (*event)(struct trace_export *export, const struct trace_event *event);
    void (*end)(struct trace_export *export);
};

extern const struct trace_format trace_csv, trace_json, trace_chrome, trace_perfetto, trace_phase,
    trace_loopstats;

/* NULL behind the last one. */
extern const struct trace_format *const trace_formats[];

/* Before begin; sink and head are kept. */
void trace_export_init(struct trace_export *export, const struct trace_head *head,
                       struct trace_sink sink);

/* What each format has to be given every event through. */
void trace_export_event(struct trace_export *export, const struct trace_format *format,
                        const struct trace_event *event);

/* For the formats: a line or a part of one, of less than 1024 bytes. */
void trace_export_print(struct trace_export *export, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A text without control characters, of any length, as a string of JSON. */
void trace_export_print_string(struct trace_export *export, const char *text);

/* A reading of the one clock that the format is about. */
bool trace_export_is_of_clock(struct trace_export *export, const struct trace_event *event,
                              struct trace_reading *reading);

#endif
