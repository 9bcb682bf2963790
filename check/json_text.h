/* SPDX-License-Identifier: BSD-2-Clause */
/* A JSON document as text. */
#ifndef CHECK_JSON_TEXT_H
#define CHECK_JSON_TEXT_H

#include <jansson.h>

#include "base/text.h"

/*
 * Appends the document, indented, with a newline at its end, and drops the caller's reference. Of
 * NULL, which is a document that memory did not suffice for, only the newline is written.
 */
void json_text_write(json_t *document, struct text *out);

#endif
