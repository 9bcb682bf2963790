/* SPDX-License-Identifier: BSD-2-Clause */
/* The formats, one function each, and what several of them need. See format.h. */
#ifndef CHECK_FORMAT_PARTS_H
#define CHECK_FORMAT_PARTS_H

#include <jansson.h>

#include "base/text.h"

void format_table(const json_t *results, struct text *out);
void format_tap(const json_t *results, struct text *out);
void format_junit(const json_t *results, struct text *out);

/* "KERNEL OPTIONS", which names a result. */
void format_name(const json_t *result, struct text *out);

/* "ok", "failed" or "n/a" of a verdict. */
const char *format_verdict_word(const json_t *verdict);

/* Verdicts of the result with this word. */
unsigned format_count(const json_t *result, const char *word);

#endif
