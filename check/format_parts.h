/* SPDX-License-Identifier: BSD-2-Clause */
/* The formats, one function each, and what several of them need. For check/format*.c. */
#ifndef CHECK_FORMAT_PARTS_H
#define CHECK_FORMAT_PARTS_H

#include <jansson.h>

#include "base/text.h"

/* Append the array of results in a format, as format_write does. */
void format_table(const json_t *results, struct text *out);
void format_tap(const json_t *results, struct text *out);
void format_junit(const json_t *results, struct text *out);
void format_markdown(const json_t *results, struct text *out);
void format_github(const json_t *results, struct text *out);

/* Appends the name of a result: "KERNEL OPTIONS". */
void format_name(const json_t *result, struct text *out);

/*
 * Appends the name by which programs know a check again, on any host: the kernel's file without its
 * folder, and the machine. A result of an older version has its options in the machine's place.
 */
void format_stable_name(const json_t *result, struct text *out);

/* The word of a verdict: "ok", "failed" or "n/a". */
const char *format_verdict_word(const json_t *verdict);

/* How many verdicts of the result have this word. */
unsigned format_count(const json_t *result, const char *word);

#endif
