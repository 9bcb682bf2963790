/* SPDX-License-Identifier: BSD-2-Clause */
/* See parse.h. */
#include "guest-images/probe/parse.h"

#include <ctype.h>
#include <string.h>

#define BLANKS " \t\n"

/* Facility and level share the first number of a kmsg record; the low three bits are the level. */
#define KMSG_LEVEL_MASK 7

static const char *const clock_flags[] = {
    "tsc",          "rdtscp",     "constant_tsc",       "nonstop_tsc", "tsc_known_freq",
    "tsc_reliable", "tsc_adjust", "tsc_deadline_timer", "tsc_scale",   "tsc_scaling",
    "arat",         "hypervisor",
};

static const char *const clock_words[] = {
    "tsc",         "kvm-clock", "kvmclock", "kvm_clock", "hpet",     "clocksource", "clockevent",
    "sched_clock", "pm-timer",  "acpi_pm",  "rtc",       "rtc_cmos", "pit",         "i8254",
    "timekeeping", "unstable",  "jiffies",  "timer",     "ptp",      "vmclock",     "calibrating",
};

static const char *const highlights[] = {
    "kvm-clock: using msrs",     "tsc: detected",        "tsc: refined", "tsc: unable",
    "tsc: fast tsc calibration", "tsc: pit calibration", "tsc: using",   "hpet0: at",
    "switched to clocksource",   "setting system clock", "unstable",     "rtc_cmos: probe",
};

/*
 * Why a kernel calls the TSC unstable without having measured it: it was told to, or the CPU is not
 * Intel's, not the only one, and does not claim a constant TSC (6.1's unsynchronized_tsc).
 */
static const char *const reasons_not_measured[] = {
    "due to boot parameter",
    "due to tscs unsynchronized",
};

/* What a kernel says that does not get its interrupts. */
static const char *const complaints[] = {
    "watchdog",      "detected stalls", "self-detected stall", "lost some interrupts",
    "mp-bios bug: ", "apic frequency",
};

/* A watchdog that could not compare its clocks, for the host was late. */
#define WATCHDOG_ABSTAINS "skipping watchdog check"

/* "hpet: Lost 3 RTC interrupts", at 64 Hz: a second's worth is more than a late host. */
#define LOST_COUNT_PHRASE "hpet: lost "
#define LOST_COUNT_LIMIT  64

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void name_list_add(struct name_list *list, const char *word, size_t length)
{
    if (list->count == NAME_LIST_MAX || length >= NAME_BYTES)
        return;
    memcpy(list->names[list->count], word, length);
    list->names[list->count][length] = '\0';
    list->count++;
}

struct name_list name_list_parse(const char *words)
{
    struct name_list list = {0};
    const char *at = words + strspn(words, BLANKS);

    while (*at != '\0') {
        size_t length = strcspn(at, BLANKS);

        name_list_add(&list, at, length);
        at += length;
        at += strspn(at, BLANKS);
    }
    return list;
}

bool name_list_has(const struct name_list *list, const char *name)
{
    for (unsigned i = 0; i < list->count; i++) {
        if (strcmp(list->names[i], name) == 0)
            return true;
    }
    return false;
}

static bool is_clock_flag(const char *word, size_t length)
{
    for (size_t i = 0; i < LENGTH(clock_flags); i++) {
        if (strlen(clock_flags[i]) == length && memcmp(clock_flags[i], word, length) == 0)
            return true;
    }
    return false;
}

/* The value of the line that starts with key, up to its end; NULL if there is none. */
static const char *cpuinfo_value(const char *cpuinfo, const char *key)
{
    for (const char *line = cpuinfo; line != NULL; line = strchr(line, '\n')) {
        if (*line == '\n')
            line++;
        if (strncmp(line, key, strlen(key)) == 0) {
            const char *value = line + strcspn(line, ":\n");

            return *value == ':' ? value + 1 : NULL;
        }
    }
    return NULL;
}

struct name_list cpuinfo_clock_flags(const char *cpuinfo)
{
    struct name_list list = {0};
    const char *at = cpuinfo_value(cpuinfo, "flags");

    while (at != NULL && *at != '\0' && *at != '\n') {
        size_t length = strcspn(at, BLANKS);

        if (is_clock_flag(at, length))
            name_list_add(&list, at, length);
        at += length;
        at += strspn(at, " \t");
    }
    return list;
}

/* The decimal number at *at, which is left behind it; false if there is none or it is too big. */
static bool parse_u64(const char **at, const char *end, uint64_t *number)
{
    const char *start = *at;
    uint64_t value = 0;

    for (; *at < end && **at >= '0' && **at <= '9'; (*at)++) {
        unsigned digit = (unsigned)(**at - '0');

        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *number = value;
    return *at != start;
}

static bool skip_comma(const char **at, const char *end)
{
    if (*at == end || **at != ',')
        return false;
    (*at)++;
    return true;
}

static void copy_first_line(char *to, size_t size_bytes, const char *from, const char *end)
{
    static const char escaped_newline[] = {'\\', 'x', '0', 'a'};
    const char *newline = memmem(from, (size_t)(end - from), escaped_newline, 4);
    size_t length = 0;

    if (newline != NULL)
        end = newline;
    while (from < end && *from != '\n' && *from != '\0' && length + 1 < size_bytes)
        to[length++] = *from++;
    to[length] = '\0';
}

bool log_line_parse(const char *record, size_t length_bytes, struct log_line *line)
{
    const char *at = record, *end = record + length_bytes;
    uint64_t priority, sequence;
    const char *text;

    *line = (struct log_line){0};
    if (!parse_u64(&at, end, &priority) || !skip_comma(&at, end) ||
        !parse_u64(&at, end, &sequence) || !skip_comma(&at, end) ||
        !parse_u64(&at, end, &line->time_us))
        return false;
    text = memchr(at, ';', (size_t)(end - at));
    if (text == NULL)
        return false;
    line->level = priority & KMSG_LEVEL_MASK;
    copy_first_line(line->text, sizeof(line->text), text + 1, end);
    return true;
}

static bool same_letters(const char *text, const char *word, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (tolower((unsigned char)text[i]) != word[i])
            return false;
    }
    return true;
}

/* Does word (in lower case) occur in text, not in the middle of a longer word? */
static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);

    for (size_t i = 0; text[i] != '\0'; i++) {
        if (i != 0 && isalnum((unsigned char)text[i - 1]))
            continue;
        if (same_letters(text + i, word, length) && !isalpha((unsigned char)text[i + length]))
            return true;
    }
    return false;
}

/* Where phrase (in lower case) occurs in text; NULL if it does not. */
static const char *find_phrase(const char *text, const char *phrase)
{
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (same_letters(text + i, phrase, strlen(phrase)))
            return text + i;
    }
    return NULL;
}

static bool has_phrase(const char *text, const char *phrase)
{
    return find_phrase(text, phrase) != NULL;
}

/* Drivers that mention ACPI in a warning of their own do not speak of the tables. */
static bool is_from_acpi(const char *text)
{
    return same_letters(text, "acpi", 4) ||
           (has_phrase(text, "acpi") && has_phrase(text, "firmware bug"));
}

enum log_class log_line_classify(const struct log_line *line)
{
    bool is_warning = line->level <= LOG_LEVEL_WARN;

    if (is_warning && is_from_acpi(line->text))
        return LOG_ACPI_PROBLEM;
    /* The words of a command line are not the kernel's, and the report has them elsewhere. */
    if (has_phrase(line->text, "command line:"))
        return LOG_OTHER;
    for (size_t i = 0; i < LENGTH(clock_words); i++) {
        if (has_word(line->text, clock_words[i]))
            return LOG_CLOCK;
    }
    return is_warning ? LOG_WARNING : LOG_OTHER;
}

static uint64_t lost_interrupts(const char *text)
{
    const char *at = find_phrase(text, LOST_COUNT_PHRASE);
    uint64_t count;

    if (at == NULL)
        return 0;
    at += strlen(LOST_COUNT_PHRASE);
    return parse_u64(&at, at + strlen(at), &count) ? count : 0;
}

bool log_line_complains(const struct log_line *line)
{
    if (line->level > LOG_LEVEL_WARN || has_phrase(line->text, WATCHDOG_ABSTAINS))
        return false;
    for (size_t i = 0; i < LENGTH(complaints); i++) {
        if (has_phrase(line->text, complaints[i]))
            return true;
    }
    return lost_interrupts(line->text) >= LOST_COUNT_LIMIT;
}

bool log_line_is_highlight(const struct log_line *line)
{
    for (size_t i = 0; i < LENGTH(highlights); i++) {
        if (has_phrase(line->text, highlights[i]))
            return true;
    }
    return log_line_complains(line);
}

/* Not what the user asked for on the command line ("Marking TSC unstable due to boot parameter").
 */
bool log_line_says_unstable(const struct log_line *line)
{
    for (size_t i = 0; i < LENGTH(reasons_not_measured); i++) {
        if (has_phrase(line->text, reasons_not_measured[i]))
            return false;
    }
    return has_phrase(line->text, "marking tsc unstable") ||
           has_phrase(line->text, "marking clocksource");
}
