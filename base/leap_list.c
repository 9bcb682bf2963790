/* SPDX-License-Identifier: BSD-2-Clause */
/* See leap_list.h. */
#include "base/leap_list.h"

#define SEC_FROM_1900_TO_1970 UINT64_C(2208988800)
/* The year 9999. */
#define MAX_SEC    UINT64_C(255611289600)
#define MAX_OFFSET 1000

static void skip_blanks(const char **at)
{
    while (**at == ' ' || **at == '\t')
        ++*at;
}

static bool ends_word(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

/* Behind blanks; false if there is no such word up to max. */
static bool take_number(const char **at, uint64_t max, uint64_t *number)
{
    skip_blanks(at);
    if (**at < '0' || **at > '9')
        return false;
    for (*number = 0; **at >= '0' && **at <= '9'; ++*at) {
        *number = 10 * *number + (uint64_t)(**at - '0');
        if (*number > max)
            return false;
    }
    return ends_word(**at);
}

/* Nothing but a comment follows in the line. */
static bool line_ends(const char *at)
{
    skip_blanks(&at);
    return *at == '#' || *at == '\r' || *at == '\n' || *at == '\0';
}

static bool take_date(const char **at, uint64_t *sec)
{
    if (!take_number(at, MAX_SEC, sec) || *sec < SEC_FROM_1900_TO_1970)
        return false;
    *sec -= SEC_FROM_1900_TO_1970;
    return true;
}

static bool take_entry(struct leap_list *list, const char *at)
{
    uint64_t since_sec, offset;

    if (list->count == LEAP_LIST_MAX || !take_date(&at, &since_sec) ||
        !take_number(&at, MAX_OFFSET, &offset) || !line_ends(at))
        return false;
    if (list->count > 0 && since_sec <= list->entries[list->count - 1].since_sec)
        return false;
    list->entries[list->count++] = (struct leap_list_entry){since_sec, (int16_t)offset};
    return true;
}

static bool take_line(struct leap_list *list, const char *at)
{
    if (at[0] == '#' && at[1] == '@') {
        at += 2;
        return take_date(&at, &list->expires_sec) && line_ends(at);
    }
    return line_ends(at) || take_entry(list, at);
}

bool leap_list_parse(struct leap_list *list, const char *text)
{
    bool begins_line = true;

    *list = (struct leap_list){0};
    for (; *text != '\0'; text++) {
        if (begins_line && !take_line(list, text))
            return false;
        begins_line = *text == '\n';
    }
    return list->count > 0 && list->expires_sec > 0;
}

bool leap_list_offset(const struct leap_list *list, uint64_t utc_sec, int16_t *tai_offset_sec)
{
    bool found = false;

    for (unsigned i = 0; i < list->count && list->entries[i].since_sec <= utc_sec; i++) {
        *tai_offset_sec = list->entries[i].tai_offset_sec;
        found = true;
    }
    return found;
}
