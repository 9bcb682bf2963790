/* SPDX-License-Identifier: BSD-2-Clause */
/* See json.h. */
#include "guest-images/probe/json.h"

#include <inttypes.h>

void json_init(struct json *json, struct text *out)
{
    *json = (struct json){.out = out, .container_empty = true};
}

static void begin_value(struct json *json, const char *key)
{
    if (json->depth != 0 && !json->container_empty)
        text_add(json->out, ",");
    if (json->depth == 1)
        text_add(json->out, "\n");
    json->container_empty = false;
    if (key != NULL)
        text_add(json->out, "\"%s\":", key);
}

static void open_container(struct json *json, const char *key, const char *bracket)
{
    begin_value(json, key);
    text_add(json->out, "%s", bracket);
    json->depth++;
    json->container_empty = true;
}

static void close_container(struct json *json, const char *bracket)
{
    json->depth--;
    text_add(json->out, json->depth == 0 ? "\n%s\n" : "%s", bracket);
    json->container_empty = false;
}

void json_open_object(struct json *json, const char *key)
{
    open_container(json, key, "{");
}

void json_close_object(struct json *json)
{
    close_container(json, "}");
}

void json_open_array(struct json *json, const char *key)
{
    open_container(json, key, "[");
}

void json_close_array(struct json *json)
{
    close_container(json, "]");
}

void json_add_string(struct json *json, const char *key, const char *value)
{
    begin_value(json, key);
    text_add(json->out, "\"");
    for (; *value != '\0'; value++) {
        unsigned char byte = (unsigned char)*value;

        if (byte == '"' || byte == '\\')
            text_add(json->out, "\\%c", byte);
        else if (byte < 0x20 || byte > 0x7e)
            text_add(json->out, "\\u%04x", byte);
        else
            text_add(json->out, "%c", byte);
    }
    text_add(json->out, "\"");
}

void json_add_int(struct json *json, const char *key, int64_t value)
{
    begin_value(json, key);
    text_add(json->out, "%" PRId64, value);
}

void json_add_uint(struct json *json, const char *key, uint64_t value)
{
    begin_value(json, key);
    text_add(json->out, "%" PRIu64, value);
}

void json_add_bool(struct json *json, const char *key, bool value)
{
    begin_value(json, key);
    text_add(json->out, value ? "true" : "false");
}

void json_add_null(struct json *json, const char *key)
{
    begin_value(json, key);
    text_add(json->out, "null");
}
