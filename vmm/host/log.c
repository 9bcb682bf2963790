/* SPDX-License-Identifier: BSD-2-Clause */
/* See log.h. */
#include "vmm/host/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vmm/host/terminal.h"

#define LINE_SIZE 1024

static bool log_verbose;
/* Those that were met. */
static struct log_tally *_Atomic tallies;

void log_set_verbose(bool verbose)
{
    log_verbose = verbose;
}

/* Bytes from 0x80 up stay: they are the UTF-8 of a file name. */
static void hide_control_characters(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

static const char *line_end(void)
{
    return terminal_is_raw() && isatty(STDERR_FILENO) ? "\r\n" : "\n";
}

/* One write, so that lines of several threads and of the guest do not mix. */
static void log_line(const char *prefix, const char *format, va_list args)
{
    char line[LINE_SIZE + sizeof "\r\n"];
    size_t length;
    int saved_errno = errno;

    snprintf(line, LINE_SIZE, "minivmm: %s", prefix);
    length = strlen(line);
    vsnprintf(line + length, LINE_SIZE - length, format, args);
    hide_control_characters(line);
    strcat(line, line_end());
    if (write(STDERR_FILENO, line, strlen(line)) < 0) {
        /* There is nowhere left to say that stderr is gone. */
    }
    errno = saved_errno;
}

void log_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_line("", format, args);
    va_end(args);
}

void log_note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_line("", format, args);
    va_end(args);
}

void log_info(const char *format, ...)
{
    va_list args;

    if (!log_verbose)
        return;
    va_start(args, format);
    log_line("", format, args);
    va_end(args);
}

void log_guest(struct log_tally *tally, const char *format, ...)
{
    char prefix[LINE_SIZE / 4];
    va_list args;

    if (atomic_fetch_add(&tally->count, 1) > 0 || !log_verbose)
        return;
    tally->next = atomic_load(&tallies);
    while (!atomic_compare_exchange_weak(&tallies, &tally->next, tally))
        ;
    snprintf(prefix, sizeof prefix, "guest: %s: ", tally->what);
    va_start(args, format);
    log_line(prefix, format, args);
    va_end(args);
}

void log_guest_counts(void)
{
    for (struct log_tally *tally = atomic_load(&tallies); tally != NULL; tally = tally->next)
        if (tally->count > 1)
            log_info("guest: %s: %" PRIu64 " times", tally->what, tally->count);
}
