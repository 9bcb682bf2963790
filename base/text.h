/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text in a caller's buffer. What does not fit is cut off, and `cut` says so; nothing is written
 * past the end. The bytes always end in NUL.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *bytes;
    /* The size of the buffer, with the NUL. */
    size_t capacity_bytes;
    /* Of the text so far, without the NUL. */
    size_t length_bytes;
    bool cut;
};

/*
 * Makes an empty text in the buffer `bytes`, which the caller keeps; capacity_bytes is at least 1.
 */
void text_init(struct text *text, char *bytes, size_t capacity_bytes);

/* Appends what printf would print. After a cut nothing more is appended. */
void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same of a list of arguments. */
void text_add_list(struct text *text, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/*
 * Appends a duration with about three digits and its unit: "41 ns", "1.2 us", "-0.350 s". With
 * always_signed one that is not negative has a "+".
 */
void text_add_duration(struct text *text, int64_t duration_ns, bool always_signed);

/* Appends a relative rate, always with its sign: "+3 ppb", "-12.5 ppm", "+2.500 %". */
void text_add_ppb(struct text *text, int64_t ppb);

/* Appends the uncertainty of a rate, in the same units, without a sign. */
void text_add_uncertainty_ppb(struct text *text, uint64_t ppb);

/* A word that a shell reads as the value: the value itself, or in quotes if need be. */
void text_add_shell_word(struct text *text, const char *value);

/* The same, in quotes in any case. */
void text_add_shell_quoted(struct text *text, const char *value);

#endif
