/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads what a probe has sent on COM2: the JSON that guest-images/probe/README.md describes.
 *
 * The guest may send anything. Reading takes bounded memory and time, and gives a report or one of
 * the errors below.
 *
 * `schema`, `clocksource.current` and `clocksource.available` are required. Everything else may be
 * missing or null, which means not known. A value that is there must have the right type and be in
 * its range. Unknown keys are allowed.
 */
#ifndef CHECK_REPORT_H
#define CHECK_REPORT_H

#include <stddef.h>

#include "guest-images/probe/report.h"

/* The limits of a report: a longer or deeper one is refused. */
#define REPORT_READ_MAX_BYTES ((size_t)REPORT_JSON_BYTES)
#define REPORT_READ_MAX_DEPTH 16

enum report_status {
    REPORT_READ,     /* *report is filled */
    REPORT_NOTHING,  /* no byte but blanks */
    REPORT_HALF,     /* it ends before the object does */
    REPORT_TOO_MUCH, /* over REPORT_READ_MAX_BYTES, or bytes behind the object */
    REPORT_LIES, /* not UTF-8, not JSON, of another schema or version, or values that cannot be */
};

/*
 * Reads size_bytes bytes. REPORT_READ: *report holds what the JSON has, and 0 elsewhere. Otherwise
 * error holds one line without a newline, in printable ASCII, that says what is wrong and where.
 */
enum report_status report_read(const char *bytes, size_t size_bytes, struct report *report,
                               char *error, size_t error_size);

#endif
