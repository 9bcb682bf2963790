/* SPDX-License-Identifier: BSD-2-Clause */
/* See pattern.h. */
#include "timelab/pattern.h"

#include <string.h>

#define REASON_BYTES 64

/* A brace, or a backslash with a digit behind it. In brackets they mean themselves and are refused
 * all the same. */
static bool has_refused(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '{')
            return true;
        if (*text != '\\')
            continue;
        if (text[1] >= '0' && text[1] <= '9')
            return true;
        if (text[1] != '\0')
            text++;
    }
    return false;
}

bool pattern_open(struct pattern *pattern, const char *text, struct text *error)
{
    char reason[REASON_BYTES];
    int result;

    if (*text == '\0' || strlen(text) >= PATTERN_MAX_BYTES) {
        text_add(error, "a pattern has 1 to %d bytes", PATTERN_MAX_BYTES - 1);
        return false;
    }
    if (has_refused(text)) {
        text_add(error, "a pattern has no { and no back-reference; \\{ is a brace");
        return false;
    }
    result = regcomp(&pattern->regex, text, REG_EXTENDED | REG_NOSUB);
    if (result == 0) {
        pattern->is_open = true;
        return true;
    }
    regerror(result, &pattern->regex, reason, sizeof reason);
    text_add(error, "%s", reason);
    return false;
}

bool pattern_matches(const struct pattern *pattern, const char *line)
{
    return regexec(&pattern->regex, line, 0, NULL, 0) == 0;
}

void pattern_close(struct pattern *pattern)
{
    if (pattern->is_open)
        regfree(&pattern->regex);
    pattern->is_open = false;
}
