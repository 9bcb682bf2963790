/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Readers for what the kernel prints: sysfs lists, /proc/cpuinfo, /dev/kmsg records. All of them
 * take any bytes and keep only what fits.
 */
#ifndef GUEST_IMAGES_PROBE_PARSE_H
#define GUEST_IMAGES_PROBE_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_BYTES     32
#define NAME_LIST_MAX  16
#define LOG_TEXT_BYTES 128
#define LOG_LEVEL_WARN 4

struct name_list {
    char names[NAME_LIST_MAX][NAME_BYTES];
    unsigned count;
};

/* The words of a text, in their order; words that are too many or too long are left out. */
struct name_list name_list_parse(const char *words);

bool name_list_has(const struct name_list *list, const char *name);

/* Those flags of the first CPU in /proc/cpuinfo that say something about its clocks. */
struct name_list cpuinfo_clock_flags(const char *cpuinfo);

struct log_line {
    uint64_t time_us;
    unsigned level;
    /* Logged after the probe had started, which switches clocks on purpose. */
    bool during_probe;
    char text[LOG_TEXT_BYTES];
};

enum log_class {
    LOG_OTHER,
    LOG_CLOCK,        /* about clocks, whatever its level */
    LOG_ACPI_PROBLEM, /* a warning or worse from ACPI */
    LOG_WARNING,      /* any other warning or worse */
};

/*
 * One record of /dev/kmsg, "level,sequence,time_us,flags;text\n"; false if it is not one. Of a text
 * with several lines (the kernel writes a newline inside as "\x0a") the first is kept.
 */
bool log_line_parse(const char *record, size_t length_bytes, struct log_line *line);

enum log_class log_line_classify(const struct log_line *line);

/* A clock line that a reader of the table wants to see. */
bool log_line_is_highlight(const struct log_line *line);

/* The kernel has measured a clock and given up on it. */
bool log_line_says_unstable(const struct log_line *line);

/*
 * The kernel, in a warning or worse, misses interrupts or a watchdog of its own has found
 * something. Not where it speaks of a host that was late for less than a second.
 */
bool log_line_complains(const struct log_line *line);

#endif
