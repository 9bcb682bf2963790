/* SPDX-License-Identifier: BSD-2-Clause */
/* A JSON document as text. */
#ifndef CHECK_JSON_TEXT_H
#define CHECK_JSON_TEXT_H

#include <jansson.h>

#include "base/text.h"

/* How documents are written: what is not ASCII is escaped, so that no terminal obeys it. */
#define JSON_TEXT_FLAGS (JSON_INDENT(1) | JSON_ENSURE_ASCII)

/*
 * Appends the document, indented, with a newline at its end, and drops the caller's reference. Of
 * NULL, which is a document that memory did not suffice for, only the newline is written.
 */
void json_text_write(json_t *document, struct text *out);

#endif
