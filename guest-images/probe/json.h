/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON writer: one document into a text, with a line for each member of the outermost object and no
 * other blanks, for every byte is an exit or two. Keys are literals of ours; values are escaped,
 * and bytes outside printable ASCII are written as \u00XX, so that any guest text gives valid JSON.
 * The document is valid as long as the text is not cut.
 */
#ifndef GUEST_IMAGES_PROBE_JSON_H
#define GUEST_IMAGES_PROBE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct json {
    struct text *out;
    unsigned depth;
    bool container_empty;
};

void json_init(struct json *json, struct text *out);

/* In every call: key is NULL for the document itself and for the elements of an array. */
void json_open_object(struct json *json, const char *key);
void json_close_object(struct json *json);
void json_open_array(struct json *json, const char *key);
void json_close_array(struct json *json);

void json_add_string(struct json *json, const char *key, const char *value);
void json_add_int(struct json *json, const char *key, int64_t value);
void json_add_uint(struct json *json, const char *key, uint64_t value);
void json_add_bool(struct json *json, const char *key, bool value);
void json_add_null(struct json *json, const char *key);

#endif
