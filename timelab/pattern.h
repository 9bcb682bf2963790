/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pattern for a line of the guest: an extended regular expression of POSIX, without intervals
 * ("{2,5}") and back-references ("\1"). These two are left out because of them a short pattern can
 * take memory and time without a bound; without them it cannot, whoever wrote it.
 */
#ifndef TIMELAB_PATTERN_H
#define TIMELAB_PATTERN_H

#include <regex.h>
#include <stdbool.h>

#include "base/text.h"

#define PATTERN_MAX_BYTES 128

struct pattern {
    bool is_open;
    regex_t regex;
};

/* *pattern is all zeros. False: the error, an empty text, says what is wrong in a few words. */
bool pattern_open(struct pattern *pattern, const char *text, struct text *error);
bool pattern_matches(const struct pattern *pattern, const char *line);
/* Harmless if it is not open. */
void pattern_close(struct pattern *pattern);

#endif
