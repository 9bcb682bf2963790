/* SPDX-License-Identifier: BSD-2-Clause */
/* See report_bands.h. */
#include "timelab/report_bands.h"

#include <string.h>

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = strchr(words, ' '); at != NULL; at = strchr(at + 1, ' '))
        if (strncmp(at + 1, word, length) == 0 && (at[1 + length] == '\0' || at[1 + length] == ' '))
            return true;
    return false;
}

/* Whether a fault is over with this line: its time is, or there is nothing of it from now on. */
static bool is_end(const struct report_line *line)
{
    static const char *const nothing[] = {"ppb=0", "by=0s", "p=0%", "to=off"};

    for (unsigned i = 0; i < sizeof nothing / sizeof nothing[0]; i++)
        if (has_word(line->text, nothing[i]))
            return true;
    return line->is_end;
}

static size_t name_length(const char *words)
{
    return strcspn(words, " ");
}

/* Of those at once each has one of these in its name. A leap second is told of before it comes. */
static bool is_at_once(const char *words)
{
    static const char *const parts[] = {"jump",    "step",    ".back", ".offset",
                                        "battery", ".marker", "leap"};

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
