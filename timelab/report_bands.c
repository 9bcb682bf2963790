/* SPDX-License-Identifier: BSD-2-Clause */
/* See report_bands.h. */
#include "timelab/report_bands.h"

#include <string.h>

/* Whether a fault is over with this line: its time is, or its rate is none again. */
static bool is_end(const struct report_line *line)
{
    const char *ppb = strstr(line->text, "ppb=");
    size_t length = ppb == NULL ? 0 : strspn(ppb + 4, "+-0");

    return line->is_end || (length > 0 && (ppb[4 + length] == '\0' || ppb[4 + length] == ' '));
}

static size_t name_length(const char *words)
{
    return strcspn(words, " ");
}

/* Of those at once each has one of these in its name. */
static bool is_at_once(const char *words)
{
    static const char *const parts[] = {"jump", "step", ".back", ".offset"};

    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *found = strstr(words, parts[i]);

        if (found != NULL && found < words + name_length(words))
            return true;
    }
    return false;
}

static bool has_name_of(const struct report_line *line, const struct report_line *other)
{
    size_t length = name_length(line->text);

    return length == name_length(other->text) && strncmp(line->text, other->text, length) == 0;
}

static double end_of(const struct report *report, unsigned place)
{
    for (unsigned i = place + 1; i < report->line_count; i++)
        if (report->lines[i].kind == TRACE_FAULT &&
            has_name_of(&report->lines[i], &report->lines[place]))
            return report->lines[i].g_sec;
    return report->last_g_sec;
}

json_t *report_bands(const struct report *report)
{
    json_t *bands = json_array();

    for (unsigned i = 0; i < report->line_count; i++) {
        const struct report_line *line = &report->lines[i];

        if (line->kind != TRACE_FAULT || is_end(line))
            continue;
        json_array_append_new(
            bands, json_pack("[f,o,s]", line->g_sec,
                             is_at_once(line->text) ? json_null() : json_real(end_of(report, i)),
                             line->text));
    }
    return bands;
}
