/* SPDX-License-Identifier: BSD-2-Clause */
/* See log.h. */
#include "vmm/host/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "vmm/host/log_writer.h"

#define LINE_SIZE  1024
#define NAME_BYTES 32

static bool log_verbose;
static char log_name[NAME_BYTES];
/* Those that were met. */
static struct log_tally *_Atomic tallies;

void log_set_verbose(bool verbose)
{
    log_verbose = verbose;
}

void log_set_name(const char *name)
{
    snprintf(log_name, sizeof log_name, "%s", name);
}

/* Bytes from 0x80 up stay: they are the UTF-8 of a file name. */
static void hide_control_characters(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

static void log_line(const char *prefix, const char *format, va_list args)
{
    char line[LINE_SIZE];
    size_t length;
    int saved_errno = errno;

    snprintf(line, LINE_SIZE, "minivmm: %s%s", log_name, prefix);
    length = strlen(line);
    vsnprintf(line + length, LINE_SIZE - length, format, args);
    hide_control_characters(line);
    log_writer_put(line);
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
