/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values out of a JSON document that somebody else has written, each with its type and range
 * checked. The first value that is wrong is described; what is read after it does not matter. A
 * missing or null value reads as nothing: NULL, 0, false, an empty text or list.
 */
#ifndef CHECK_JSON_READER_H
#define CHECK_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "guest-images/probe/parse.h"

struct json_reader {
    bool failed;
    char *error;
    size_t error_size;
};

/* The value of that name is wrong, as what says: "the report's NAME WHAT". */
void json_reader_fail(struct json_reader *reader, const char *name, const char *what);

/* In every call: object may be NULL, and then there is no such value. */
const json_t *json_reader_object(struct json_reader *reader, const json_t *object, const char *key);
const json_t *json_reader_array(struct json_reader *reader, const json_t *object, const char *key,
                                size_t max_count);
bool json_reader_bool(struct json_reader *reader, const json_t *object, const char *key);
int64_t json_reader_int(struct json_reader *reader, const json_t *object, const char *key);
uint64_t json_reader_uint(struct json_reader *reader, const json_t *object, const char *key,
                          int64_t max);

/* Of at most size_bytes - 1 characters; one that is not printable ASCII reads as '?'. */
void json_reader_string(struct json_reader *reader, const json_t *object, const char *key,
                        char *text, size_t size_bytes);

/* An array of strings that are names: not empty, shorter than NAME_BYTES. */
void json_reader_names(struct json_reader *reader, const json_t *object, const char *key,
                       struct name_list *names);

/* Element i of an array, which must be an object; name is the array's. */
const json_t *json_reader_element(struct json_reader *reader, const json_t *array, size_t i,
                                  const char *name);

#endif
