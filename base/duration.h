/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A length of time as people write it: a number and its unit, as 1h, 1.5s or -250us. The units are
 * ns, us, ms, s, m, h and d. There is no length without a unit, and none finer than a nanosecond.
 */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* Whether all of the text is a length of time that fits; *ns is it then, and else unchanged. */
bool duration_parse(const char *text, int64_t *ns);

/* Whether one is at *text; that is moved behind it then, and else unchanged. No letter follows. */
bool duration_take(const char **text, int64_t *ns);

/* Appends it as a whole number of the largest unit that it is a multiple of, which is read back as
 * the same. */
void duration_add(struct text *text, int64_t ns);

#endif
