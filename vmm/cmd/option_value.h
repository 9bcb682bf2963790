/* SPDX-License-Identifier: BSD-2-Clause */
/* For the parsers of options: the parts of a value. Pure. */
#ifndef VMM_CMD_OPTION_VALUE_H
#define VMM_CMD_OPTION_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* The words of a row (option_rows.h) whose value is the name of a file. */
extern const char *const option_value_file_words[];

/* Whether a decimal number up to max is at *text, without a sign; *text is moved behind it. */
bool option_value_number(const char **text, uint64_t max, uint64_t *number);

/* Whether value is a number of MiB, or one with the suffix K, M or G; *bytes is the size then. */
bool option_value_size(const char *value, uint64_t *bytes);

/* Whether *text begins with word; *text is moved behind it then. */
bool option_value_skip(const char **text, const char *word);

/*
 * Whether value is one of the words, whose last is NULL, and at which place, from 0. What is at
 * *place does not change if it is none.
 */
bool option_value_word(const char *const *words, const char *value, uint8_t *place);

#endif
