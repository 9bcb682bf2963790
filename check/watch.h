/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is kept of a guest while it is checked: all that it sends on COM2, up to the size of a
 * report, the last lines of its console, and how far it has come.
 */
#ifndef CHECK_WATCH_H
#define CHECK_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/report.h"

#define WATCH_CONSOLE_BYTES 4096
/* One more than a report may have: the byte that makes it too long is kept as well. */
#define WATCH_REPORT_BYTES (REPORT_READ_MAX_BYTES + 1)

/* How far the guest has come. */
enum watch_stage {
    WATCH_SILENT, /* nothing on either port */
    WATCH_KERNEL, /* a byte on the console */
    WATCH_PROBE,  /* a byte on COM2, but nothing of a report */
    WATCH_REPORT, /* the start of a report, but not its end */
    WATCH_DONE,   /* all of a report, or what can become none */
};

struct watch {
    /* The caller's, of WATCH_REPORT_BYTES. */
    char *report;
    size_t report_bytes;
    /* Guest time of the first byte on COM2; 0: none has come. */
    uint64_t begun_ns;
    /* A ring. */
    char console[WATCH_CONSOLE_BYTES];
    uint64_t console_bytes;
};

/* Nothing seen yet; report has room for WATCH_REPORT_BYTES. */
void watch_init(struct watch *watch, char *report);

void watch_console_byte(struct watch *watch, uint8_t byte);

/* What comes behind a report that is too long is dropped. */
void watch_report_byte(struct watch *watch, uint64_t now_ns, uint8_t byte);

/*
 * How far it has come, if report_read says this of the report.
 */
enum watch_stage watch_stage(const struct watch *watch, enum report_status status);

/* The stage in a word, and in a line that says what is missing. */
const char *watch_stage_word(enum watch_stage stage);
const char *watch_stage_text(enum watch_stage stage);

/*
 * The last lines of the console, at most max_lines, NUL-terminated; bytes other than printable
 * ASCII and newline show as '?', carriage returns are left out. Of a size of WATCH_CONSOLE_BYTES +
 * 1 nothing is cut.
 */
void watch_console_tail(const struct watch *watch, unsigned max_lines, char *text,
                        size_t size_bytes);

#endif
