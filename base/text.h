/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text in a caller's buffer: what does not fit is cut off and remembered, never written past the
 * end. The bytes always end in NUL.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *bytes;
    size_t capacity_bytes;
    size_t length_bytes;
    bool cut;
};

/* An empty text in bytes; capacity_bytes is at least 1. */
void text_init(struct text *text, char *bytes, size_t capacity_bytes);

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A duration with three digits or so and its unit: "41 ns", "1.2 us", "-0.350 s" has a sign. */
void text_add_duration(struct text *text, int64_t duration_ns, bool always_signed);

/* A relative rate: "+3 ppb", "-12.5 ppm", "+2.500 %". */
void text_add_ppb(struct text *text, int64_t ppb);

/* The same of an uncertainty, without a sign. */
void text_add_uncertainty_ppb(struct text *text, uint64_t ppb);

/* A word that a shell reads as the value: the value itself, or in quotes if need be. */
void text_add_shell_word(struct text *text, const char *value);

/* The same, in quotes in any case. */
void text_add_shell_quoted(struct text *text, const char *value);

#endif
