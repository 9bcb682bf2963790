/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The results of checks as a text, for people and for programs that run tests. A format writes an
 * array of results, each of which result_to_json has made.
 */
#ifndef CHECK_FORMAT_H
#define CHECK_FORMAT_H

#include <stdbool.h>

#include <jansson.h>

#include "base/text.h"

/* Enough room for one result in any format, and for what a format writes around all of them. */
#define FORMAT_RESULT_BYTES ((size_t)640 * 1024)
#define FORMAT_FRAME_BYTES  4096

enum format {
    FORMAT_TABLE,    /* for people */
    FORMAT_TAP,      /* TAP version 13: a test for each guest, and one for each expectation */
    FORMAT_JUNIT,    /* XML as check/junit.xsd has it: a test suite for each guest */
    FORMAT_JSON,     /* as check/check.schema.json has it */
    FORMAT_MARKDOWN, /* a table of all checks, and what failed: for a summary on a web page */
    FORMAT_GITHUB,   /* an annotation of GitHub Actions for each failure */
};

/* Stores the format of that name: table, tap, junit, json, markdown or github. False if there is
 * none. */
bool format_find(const char *name, enum format *format);

/* Appends the array of results to the text. out->cut says if the text was too small. */
void format_write(enum format format, const json_t *results, struct text *out);

#endif
