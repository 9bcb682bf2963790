/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads values from a JSON document that somebody else has written, and checks the type and the
 * range of each.
 *
 * The first value that is wrong is described in error, and failed is set. What is read after it
 * does not matter, so a reader needs to look at failed only at the end. A value that is missing or
 * null reads as nothing: NULL, 0, false, an empty text or list.
 */
#ifndef CHECK_JSON_READER_H
#define CHECK_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "guest-images/probe/parse.h"

/* One reader for a document; the caller owns error, which ends in NUL. */
struct json_reader {
    bool failed;
    char *error;
    size_t error_size;
};

/*
 * Says that the value of that name is wrong: "the report's NAME WHAT". Only the first one is kept.
 */
void json_reader_fail(struct json_reader *reader, const char *name, const char *what);

/*
 * The value of a key, which must be of that type; of an array with at most max_count elements, and
 * of a uint from 0 to max. In every call object may be NULL, which has no values.
 */
const json_t *json_reader_object(struct json_reader *reader, const json_t *object, const char *key);
const json_t *json_reader_array(struct json_reader *reader, const json_t *object, const char *key,
                                size_t max_count);
bool json_reader_bool(struct json_reader *reader, const json_t *object, const char *key);
int64_t json_reader_int(struct json_reader *reader, const json_t *object, const char *key);
uint64_t json_reader_uint(struct json_reader *reader, const json_t *object, const char *key,
                          int64_t max);

/*
 * Copies a string of at most size_bytes - 1 characters, with a NUL. A character that is not
 * printable ASCII becomes '?'.
 */
void json_reader_string(struct json_reader *reader, const json_t *object, const char *key,
                        char *text, size_t size_bytes);

/* Reads an array of names: strings that are not empty and shorter than NAME_BYTES. */
void json_reader_names(struct json_reader *reader, const json_t *object, const char *key,
                       struct name_list *names);

/* Element i of an array, which must be an object. name is the key of the array, for the error. */
const json_t *json_reader_element(struct json_reader *reader, const json_t *array, size_t i,
                                  const char *name);

#endif
