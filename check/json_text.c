/* SPDX-License-Identifier: BSD-2-Clause */
/* See json_text.h. */
#include "check/json_text.h"

static int add_bytes(const char *bytes, size_t size_bytes, void *ctx)
{
    text_add(ctx, "%.*s", (int)size_bytes, bytes);
    return 0;
}

void json_text_write(json_t *document, struct text *out)
{
    json_dump_callback(document, add_bytes, out, JSON_TEXT_FLAGS);
    text_add(out, "\n");
    json_decref(document);
}
