/* SPDX-License-Identifier: BSD-2-Clause */
/* See scenario_time.h. */
#include "timelab/scenario_time.h"

#include <string.h>

#include "base/duration.h"

#define BOOT  "boot"
#define FAULT "fault"
/* A timeline has 64 entries at most. */
#define ENTRY_MAX 64
/* 36500 days, as for a jump: sums of two fit. */
#define LATEST_NS (INT64_C(36500) * 86400 * 1000000000)

/* The number of an entry at *text, which is moved behind it; 0 if there is none. */
static unsigned take_entry(const char **text)
{
    unsigned number = 0;

    if (**text == '0')
        return 0;
    for (; **text >= '0' && **text <= '9'; (*text)++) {
        number = number * 10 + (unsigned)(**text - '0');
        if (number > ENTRY_MAX)
            return 0;
    }
    return number;
}

/* Takes the origin of a time that begins with a word. False: it has none, or a bad one. */
static bool take_origin(const char **text, struct scenario_time *time)
{
    unsigned number;

    if (strncmp(*text, BOOT, strlen(BOOT)) == 0) {
        *text += strlen(BOOT);
        time->origin = ORIGIN_BOOT;
        return true;
    }
    if (strncmp(*text, FAULT, strlen(FAULT)) != 0)
        return false;
    *text += strlen(FAULT);
    number = take_entry(text);
    time->origin = ORIGIN_FAULT;
    time->entry = number - 1;
    return number != 0;
}

bool scenario_time_parse(const char *text, struct scenario_time *time)
{
    struct scenario_time draft = {.origin = ORIGIN_START};
    bool has_origin = *text == BOOT[0] || *text == FAULT[0];
    int64_t after_ns = 0;

    if (has_origin && !take_origin(&text, &draft))
        return false;
    if (!has_origin || *text != '\0') {
        if (has_origin && *text++ != '+')
            return false;
        if (*text < '0' || *text > '9' || !duration_parse(text, &after_ns) || after_ns > LATEST_NS)
            return false;
    }
    draft.after_ns = (uint64_t)after_ns;
    *time = draft;
    return true;
}

void scenario_time_add(const struct scenario_time *time, struct text *text)
{
    if (time->origin == ORIGIN_BOOT)
        text_add(text, BOOT);
    if (time->origin == ORIGIN_FAULT)
        text_add(text, FAULT "%u", time->entry + 1);
    if (time->origin != ORIGIN_START && time->after_ns == 0)
        return;
    if (time->origin != ORIGIN_START)
        text_add(text, "+");
    duration_add(text, (int64_t)time->after_ns);
}
