/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Results that a run of `minivmm check --format json` has written before.
 */
#ifndef CHECK_RESULT_READ_H
#define CHECK_RESULT_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* A document may have at most. */
#define RESULT_READ_MAX_BYTES (INT64_C(64) << 20)

/*
 * Appends the results of a document to the array. 0; -1: it is not such a document, error holds
 * what is wrong in some words, and the array is unchanged.
 */
int result_read(const char *bytes, size_t size_bytes, json_t *results, char *error,
                size_t error_size);

/*
 * Whether the results that were read have every cell of a matrix once, if they have any. False:
 * error holds what is wrong in some words.
 */
bool results_are_whole(const json_t *results, char *error, size_t error_size);

#endif
