/* SPDX-License-Identifier: BSD-2-Clause */
/* See panic_watch.h. The texts are those of panic(), kernel_restart() and kernel_power_off() in
 * Linux. The time stamp is "[%5lu.%06lu]", of which any number of digits will do.
 */
#include "vmm/machine/panic_watch.h"

#include <stddef.h>
#include <string.h>

#define PANIC_TEXT   "Kernel panic - not syncing: "
#define RESTART_TEXT "reboot: Restarting system"
#define POWER_OFF    "reboot: Power down"
#define DIGITS       "0123456789"

/* Whether the text from `from` to `end` is seconds with a fraction, padded with spaces. */
static bool is_time(const char *from, const char *end)
{
    const char *fraction;

    from += strspn(from, " ");
    fraction = from + strspn(from, DIGITS) + 1;
    return fraction > from + 1 && fraction[-1] == '.' && fraction < end &&
           fraction + strspn(fraction, DIGITS) == end;
}

/* Whether the text from `from` to `end` is a thread's or CPU's number: who called printk. */
static bool is_caller(const char *from, const char *end)
{
    from += strspn(from, " ");
    return (*from == 'T' || *from == 'C') && from + 1 + strspn(from + 1, DIGITS) == end;
}

/* The '[' of the brackets that end before `end` of the line, or NULL if there are none. */
static const char *brackets_before(const char *line, const char *end)
{
    if (end == line || end[-1] != ']')
        return NULL;
    do
        end--;
    while (end != line && *end != '[');
    return *end == '[' ? end : NULL;
}

/* Whether what comes before `at` in the line ends with a time stamp and a space. */
static bool has_time_stamp(const char *line, const char *at)
{
    const char *end = at - 1;
    const char *open = at > line && *end == ' ' ? brackets_before(line, end) : NULL;

    if (open != NULL && is_caller(open + 1, end - 1)) {
        end = open;
        open = brackets_before(line, end);
    }
    return open != NULL && is_time(open + 1, end - 1);
}

static bool is_kernels(const struct panic_watch *watch, const char *at)
{
    return at != NULL && has_time_stamp(watch->line, at);
}

static void keep_reason(struct panic_watch *watch, const char *reason, bool is_kernels_own)
{
    size_t i;

    if (watch->has_reason && (watch->reason_is_kernels || !is_kernels_own))
        return;
    for (i = 0; reason[i] != '\0'; i++)
        watch->reason[i] = reason[i] >= ' ' && reason[i] <= '~' ? reason[i] : '?';
    watch->reason[i] = '\0';
    watch->has_reason = true;
    watch->reason_is_kernels = is_kernels_own;
}

static void end_line(struct panic_watch *watch)
{
    const char *panic;

    watch->line[watch->line_length] = '\0';
    watch->line_length = 0;
    panic = strstr(watch->line, PANIC_TEXT);
    if (is_kernels(watch, panic))
        watch->end = PANIC_WATCH_PANIC;
    else if (is_kernels(watch, strstr(watch->line, RESTART_TEXT)))
        watch->end = PANIC_WATCH_RESTART;
    else if (is_kernels(watch, strstr(watch->line, POWER_OFF)))
        watch->end = PANIC_WATCH_OFF;
    if (panic == watch->line || is_kernels(watch, panic))
        keep_reason(watch, panic + strlen(PANIC_TEXT), is_kernels(watch, panic));
}

bool panic_watch_byte(struct panic_watch *watch, uint8_t byte)
{
    if (byte == '\n' || byte == '\r')
        end_line(watch);
    else if (byte != '\0' && watch->line_length < PANIC_WATCH_LINE_SIZE - 1)
        watch->line[watch->line_length++] = (char)byte;
    if (watch->panic_is_told || watch->end != PANIC_WATCH_PANIC)
        return false;
    watch->panic_is_told = true;
    return true;
}

bool panic_watch_has_panicked(const struct panic_watch *watch)
{
    return watch->end == PANIC_WATCH_PANIC;
}

const char *panic_watch_reason(const struct panic_watch *watch)
{
    return watch->has_reason ? watch->reason : NULL;
}

bool panic_watch_is_in_doubt(const struct panic_watch *watch)
{
    return watch->has_reason && !watch->reason_is_kernels;
}

bool panic_watch_is_restarting(const struct panic_watch *watch)
{
    return watch->end == PANIC_WATCH_RESTART;
}
