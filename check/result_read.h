/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads documents that `minivmm check --format json` has written, so that the results of several
 * runs can be merged. A document may be any bytes.
 */
#ifndef CHECK_RESULT_READ_H
#define CHECK_RESULT_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* The size of the largest document that is read; the caller looks at it before. */
#define RESULT_READ_MAX_BYTES (INT64_C(64) << 20)

/*
 * Appends the results of a document to the array, which may have CELLS_MAX (cells.h) then. 0; or -1
 * if it is not such a document: error says in some words what is wrong, and the array is unchanged.
 */
int result_read(const char *bytes, size_t size_bytes, json_t *results, char *error,
                size_t error_size);

/*
 * Whether the results hold every cell of one matrix exactly once. Results that are of no matrix do
 * not matter. False: error says in some words what is wrong.
 */
bool results_are_whole(const json_t *results, char *error, size_t error_size);

#endif
