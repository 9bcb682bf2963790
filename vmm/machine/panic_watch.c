/* SPDX-License-Identifier: BSD-2-Clause */
/* See panic_watch.h. The text is that of panic() in the Linux kernel, unchanged since 2.6. */
#include "vmm/machine/panic_watch.h"

#include <stddef.h>
#include <string.h>

#define PANIC_TEXT "Kernel panic - not syncing: "

static bool is_where_a_message_begins(const struct panic_watch *watch, const char *at)
{
    return at == watch->line || (at - watch->line >= 2 && at[-2] == ']' && at[-1] == ' ');
}

static void keep_reason(struct panic_watch *watch, const char *reason)
{
    size_t i;

    for (i = 0; reason[i] != '\0'; i++)
        watch->reason[i] = reason[i] >= ' ' && reason[i] <= '~' ? reason[i] : '?';
    watch->reason[i] = '\0';
    watch->found = true;
}

static void end_line(struct panic_watch *watch)
{
    const char *at;

    watch->line[watch->line_length] = '\0';
    watch->line_length = 0;
    at = strstr(watch->line, PANIC_TEXT);
    if (!watch->found && at != NULL && is_where_a_message_begins(watch, at))
        keep_reason(watch, at + strlen(PANIC_TEXT));
}

void panic_watch_byte(struct panic_watch *watch, uint8_t byte)
{
    if (byte == '\n' || byte == '\r')
        end_line(watch);
    else if (byte != '\0' && watch->line_length < PANIC_WATCH_LINE_SIZE - 1)
        watch->line[watch->line_length++] = (char)byte;
}

const char *panic_watch_reason(const struct panic_watch *watch)
{
    return watch->found ? watch->reason : NULL;
}
