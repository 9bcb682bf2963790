/* SPDX-License-Identifier: BSD-2-Clause */
/* See check.h. */
#include "guest-images/linux-tests/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "guest-images/probe/guest.h"

#define TEXT_BYTES 400
#define LINE_BYTES 512

static int channel_fd = -1;
static unsigned check_count;

static void write_line(const char *start, const char *text)
{
    char bytes[LINE_BYTES];
    struct text line;

    text_init(&line, bytes, sizeof(bytes));
    text_add(&line, "%s%s\n", start, text);
    guest_write_all(STDOUT_FILENO, &line);
    if (channel_fd >= 0)
        guest_write_all(channel_fd, &line);
}

void check_open(void)
{
    guest_open_console();
    channel_fd = guest_open_second_channel();
}

bool check(bool condition, const char *format, ...)
{
    char start[32], text[TEXT_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    snprintf(start, sizeof(start), "%sok %u - ", condition ? "" : "not ", ++check_count);
    write_line(start, text);
    return condition;
}

void check_say(const char *text)
{
    write_line("# ", text);
}

void check_close(void)
{
    char plan[32];

    snprintf(plan, sizeof(plan), "1..%u", check_count);
    write_line("", plan);
    tcdrain(STDOUT_FILENO);
    if (channel_fd >= 0)
        tcdrain(channel_fd);
}
