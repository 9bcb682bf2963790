/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recorded reports of the clock probe: tests/unit/reports/NAME.json, as guests have sent them on
 * COM2.
 */
#ifndef TESTS_UNIT_REPORT_FILE_H
#define TESTS_UNIT_REPORT_FILE_H

#include "check/report.h"

/* The bytes of a recorded report, NUL behind them; the caller frees them. */
char *report_file_load(const char *name);

/* The report that is recorded, which is good, in static memory; the caller may change it. */
struct report *report_file_read(const char *name);

#endif
