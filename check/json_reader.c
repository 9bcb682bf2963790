/* SPDX-License-Identifier: BSD-2-Clause */
/* See json_reader.h. */
#include "check/json_reader.h"

#include <stdio.h>
#include <string.h>

void json_reader_fail(struct json_reader *reader, const char *name, const char *what)
{
    if (!reader->failed)
        snprintf(reader->error, reader->error_size, "the report's %s %s", name, what);
    reader->failed = true;
}

/* The value of a key; NULL if it is missing or null. */
static const json_t *member(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_null(value) ? NULL : value;
}

const json_t *json_reader_object(struct json_reader *reader, const json_t *object, const char *key)
{
    const json_t *value = member(object, key);

    if (value == NULL || json_is_object(value))
        return value;
    json_reader_fail(reader, key, "is not an object");
    return NULL;
}

const json_t *json_reader_array(struct json_reader *reader, const json_t *object, const char *key,
                                size_t max_count)
{
    const json_t *value = member(object, key);

    if (value == NULL)
        return NULL;
    if (json_is_array(value) && json_array_size(value) <= max_count)
        return value;
    json_reader_fail(reader, key, json_is_array(value) ? "has too many elements" : "is no array");
    return NULL;
}

bool json_reader_bool(struct json_reader *reader, const json_t *object, const char *key)
{
    const json_t *value = member(object, key);

    if (value != NULL && !json_is_boolean(value))
        json_reader_fail(reader, key, "is neither true nor false");
    return json_is_true(value);
}

int64_t json_reader_int(struct json_reader *reader, const json_t *object, const char *key)
{
    const json_t *value = member(object, key);

    if (value != NULL && !json_is_integer(value))
        json_reader_fail(reader, key, "is not a whole number");
    return json_integer_value(value);
}

uint64_t json_reader_uint(struct json_reader *reader, const json_t *object, const char *key,
                          int64_t max)
{
    int64_t value = json_reader_int(reader, object, key);

    if (value >= 0 && value <= max)
        return (uint64_t)value;
    json_reader_fail(reader, key, value < 0 ? "is negative" : "is too large");
    return 0;
}

/* Copies a string, one byte for each character. False if it is not a string, or too long. */
static bool copy_string(const json_t *value, char *text, size_t size_bytes)
{
    const char *string = json_string_value(value);
    size_t length = 0;

    if (string == NULL)
        return false;
    for (; *string != '\0'; string++) {
        unsigned char byte = (unsigned char)*string;

        /* In UTF-8 these are all bytes of a character but the first. */
        if ((byte & 0xc0) == 0x80)
            continue;
        if (length == size_bytes - 1)
            return false;
        text[length++] = byte >= ' ' && byte <= '~' ? *string : '?';
    }
    text[length] = '\0';
    return true;
}

void json_reader_string(struct json_reader *reader, const json_t *object, const char *key,
                        char *text, size_t size_bytes)
{
    const json_t *value = member(object, key);

    text[0] = '\0';
    if (value != NULL && !copy_string(value, text, size_bytes)) {
        text[0] = '\0';
        json_reader_fail(reader, key, "is not a string, or too long");
    }
}

void json_reader_names(struct json_reader *reader, const json_t *object, const char *key,
                       struct name_list *names)
{
    const json_t *array = json_reader_array(reader, object, key, NAME_LIST_MAX);

    for (size_t i = 0; i < json_array_size(array); i++) {
        char *name = names->names[names->count];

        if (!copy_string(json_array_get(array, i), name, NAME_BYTES) || name[0] == '\0') {
            json_reader_fail(reader, key, "has an element that is not a name");
            return;
        }
        names->count++;
    }
}

const json_t *json_reader_element(struct json_reader *reader, const json_t *array, size_t i,
                                  const char *name)
{
    const json_t *value = json_array_get(array, i);

    if (json_is_object(value))
        return value;
    json_reader_fail(reader, name, "has an element that is not an object");
    return NULL;
}
