/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pattern for a line of the guest: an extended regular expression of POSIX, as grep -E has them:
 * . [] () | * + ? ^ $, and a backslash before a sign. Left out are intervals ("{2,5}"), collating
 * elements and equivalence classes ("[[.x.]]", "[[=x=]]"), and a backslash before a letter or a
 * digit.
 *
 * Pattern and line can be a stranger's. However it is written, a pattern and its
 * matches take no memory but what is here. Each byte of a line takes a step for each byte of the
 * pattern, at most: all ways to match are followed side by side, and none twice. That is why it is
 * not the C library's regcomp: the GNU one takes memory that doubles with each + of "(((a+)+)+)+".
 *
 * Source: POSIX.1-2017, XBD 9.3.5 and 9.4.
 */
#ifndef TIMELAB_PATTERN_H
#define TIMELAB_PATTERN_H

#include <stdbool.h>

#include "base/text.h"
#include "timelab/pattern_program.h"

struct pattern {
    bool is_open;
    struct pattern_program program;
};

/* *pattern is all zeros. False: the error, an empty text, says what is wrong in a few words. */
bool pattern_open(struct pattern *pattern, const char *text, struct text *error);
/* Whether a part of the line matches. */
bool pattern_matches(const struct pattern *pattern, const char *line);
/* Harmless if it is not open. */
void pattern_close(struct pattern *pattern);

#endif
