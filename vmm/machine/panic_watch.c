/* SPDX-License-Identifier: BSD-2-Clause */
/* See panic_watch.h. The texts are those of panic() and kernel_restart() in Linux. */
#include "vmm/machine/panic_watch.h"

#include <stddef.h>
#include <string.h>

#define PANIC_TEXT   "Kernel panic - not syncing: "
#define RESTART_TEXT "reboot: Restarting system"

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

/* The text where a message of the line begins with it, or NULL. */
static const char *message_in(const struct panic_watch *watch, const char *text)
{
    const char *at = strstr(watch->line, text);

    return at != NULL && is_where_a_message_begins(watch, at) ? at : NULL;
}

static void end_line(struct panic_watch *watch)
{
    const char *panic;

    watch->line[watch->line_length] = '\0';
    watch->line_length = 0;
    panic = message_in(watch, PANIC_TEXT);
    if (!watch->found && panic != NULL)
        keep_reason(watch, panic + strlen(PANIC_TEXT));
    if (message_in(watch, RESTART_TEXT) != NULL)
        watch->restarting = true;
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

bool panic_watch_is_restarting(const struct panic_watch *watch)
{
    return watch->restarting;
}
