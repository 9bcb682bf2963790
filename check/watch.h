/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is kept of a guest while it is checked: what it sends on COM2, up to the size of a report;
 * the last lines of its console; and how far it has come.
 *
 * Bytes come from vCPU threads, under the machine's lock. The rest is read by the main thread after
 * the vCPUs have stopped, or under the lock.
 */
#ifndef CHECK_WATCH_H
#define CHECK_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/report.h"

#define WATCH_CONSOLE_BYTES 4096
/* One byte more than a report may have, so that one that is too long is seen to be. */
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
    /* A buffer of the caller, with WATCH_REPORT_BYTES. */
    char *report;
    size_t report_bytes;
    /* Guest time of the first byte on COM2; 0 if none has come. */
    uint64_t begun_ns;
    /* A ring of the last bytes; console_bytes counts all. */
    char console[WATCH_CONSOLE_BYTES];
    uint64_t console_bytes;
};

/*
 * Begins with nothing seen. report is a buffer of WATCH_REPORT_BYTES, which the caller keeps; NULL:
 * the bytes of COM2 are not kept.
 */
void watch_init(struct watch *watch, char *report);

/* Takes a byte that the guest has written to its console. */
void watch_console_byte(struct watch *watch, uint8_t byte);

/* Takes a byte that the guest has sent on COM2 at now_ns. It is dropped if the buffer is full. */
void watch_report_byte(struct watch *watch, uint64_t now_ns, uint8_t byte);

/* How far the guest has come. status is what report_read says of the bytes so far. */
enum watch_stage watch_stage(const struct watch *watch, enum report_status status);

/* A stage as a word, and as a line that says what is missing. */
const char *watch_stage_word(enum watch_stage stage);
const char *watch_stage_text(enum watch_stage stage);

/*
 * Stores the last lines of the console, at most max_lines, with a NUL. Carriage returns are left
 * out, and other bytes than printable ASCII and newline become '?'. A buffer of WATCH_CONSOLE_BYTES
 * + 1 bytes is always large enough.
 */
void watch_console_tail(const struct watch *watch, unsigned max_lines, char *text,
                        size_t size_bytes);

#endif
