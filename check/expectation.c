/* SPDX-License-Identifier: BSD-2-Clause */
/* See expectation.h. One table row for each kind: adding one is a row and a function. */
#include "check/expectation.h"

#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "check/profiles.h"

#define LENGTH(array)    (sizeof(array) / sizeof((array)[0]))
#define MAX_WHOLE_DIGITS 9
#define MAX_DECIMALS     9

struct unit {
    const char *name;
    uint64_t size;
};

static const struct unit rate_units[] = {{"ppb", 1}, {"ppm", 1000}, {NULL, 0}};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static uint64_t unit_size(const struct unit *units, const char *name)
{
    while (units->name != NULL && strcmp(units->name, name) != 0)
        units++;
    return units->size;
}

/* Reads N or N.N and a unit. The value is a multiple of the unit of size 1, rounded down. */
static bool parse_quantity(const char *text, const struct unit *units, uint64_t *value)
{
    uint64_t whole = 0, decimals = 0, decimal_scale = 1, size;
    unsigned digits = 0;

    for (; is_digit(*text); text++, digits++)
        whole = digits < MAX_WHOLE_DIGITS ? whole * 10 + (uint64_t)(*text - '0') : whole;
    if (digits == 0 || digits > MAX_WHOLE_DIGITS)
        return false;
    if (*text == '.') {
        text++;
        for (digits = 0; is_digit(*text) && digits < MAX_DECIMALS; text++, digits++) {
            decimals = decimals * 10 + (uint64_t)(*text - '0');
            decimal_scale *= 10;
        }
    }
    size = unit_size(units, text);
    *value = whole * size + decimals * size / decimal_scale;
    return size != 0 && digits != 0;
}

static bool is_name_char(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-' || c == '.';
}

/* Names with commas between them, as many as max_count. */
static bool parse_names(struct name_list *names, const char *text, unsigned max_count)
{
    while (names->count < max_count) {
        size_t length = 0;

        while (is_name_char(text[length]))
            length++;
        if (length == 0 || length >= NAME_BYTES)
            return false;
        memcpy(names->names[names->count], text, length);
        names->names[names->count++][length] = '\0';
        if (text[length] == '\0')
            return true;
        if (text[length] != ',')
            return false;
        text += length + 1;
    }
    return false;
}

static bool parse_name(struct expectation *expectation, const char *value)
{
    return parse_names(&expectation->names, value, 1);
}

static bool parse_name_list(struct expectation *expectation, const char *value)
{
    return parse_names(&expectation->names, value, NAME_LIST_MAX);
}

static bool parse_rate(struct expectation *expectation, const char *value)
{
    return parse_quantity(value, rate_units, &expectation->limit);
}

static bool parse_time(struct expectation *expectation, const char *value)
{
    int64_t ns;

    if (!is_digit(*value) || !duration_parse(value, &ns))
        return false;
    expectation->limit = (uint64_t)ns;
    return true;
}

/* A number of CPUs: whole, without a unit. */
static bool parse_count(struct expectation *expectation, const char *value)
{
    static const struct unit one[] = {{"", 1}, {NULL, 0}};

    return strchr(value, '.') == NULL && parse_quantity(value, one, &expectation->limit) &&
           expectation->limit > 0;
}

static bool parse_nothing(struct expectation *expectation, const char *value)
{
    (void)expectation;
    return *value == '\0';
}

/* The probe cuts log lines at LOG_TEXT_BYTES, so a longer text would never be found. */
static bool parse_word(struct expectation *expectation, const char *value)
{
    expectation->word_offset = (unsigned)(value - expectation->text);
    return *value != '\0' && strlen(value) < LOG_TEXT_BYTES;
}

struct row {
    const char *start;
    const char *accepted;
    enum expectation_kind kind;
    bool (*parse)(struct expectation *expectation, const char *value);
};

#define TIME_UNITS "T a length of time, as 10ms or 1.5s"

static const struct row rows[] = {
    {"clocksource=", "clocksource=NAME with one name of letters, digits, - and _",
     EXPECT_CLOCKSOURCE, parse_name},
    {"available=", "available=NAME,NAME,... with up to 16 names of letters, digits, - and _",
     EXPECT_AVAILABLE, parse_name_list},
    {"clockevent=", "clockevent=NAME with one name of letters, digits, - and _", EXPECT_CLOCKEVENT,
     parse_name},
    {"broadcast=", "broadcast=NAME with one name of letters, digits, - and _, or none",
     EXPECT_BROADCAST, parse_name},
    {"cpus=", "cpus=N with N from 1 to 999999999", EXPECT_CPUS, parse_count},
    {"drift<=", "drift<=N with N a number of ppb or ppm", EXPECT_DRIFT, parse_rate},
    {"monotonic", "monotonic, with nothing behind it", EXPECT_MONOTONIC, parse_nothing},
    {"realtime<=", "realtime<=T with " TIME_UNITS, EXPECT_REALTIME, parse_time},
    {"dmesg!=", "dmesg!=TEXT with 1 to 127 bytes", EXPECT_DMESG, parse_word},
    {"stable", "stable, with nothing behind it", EXPECT_STABLE, parse_nothing},
    {"checks", "checks, with nothing behind it", EXPECT_CHECKS, parse_nothing},
    {"boot<=", "boot<=T with " TIME_UNITS, EXPECT_BOOT, parse_time},
};

#define PROFILE_START "profile="
#define KNOWN                                                                                      \
    "clocksource=NAME, available=NAME,..., clockevent=NAME, broadcast=NAME, cpus=N, drift<=N, "    \
    "monotonic, realtime<=T, dmesg!=TEXT, stable, checks, boot<=T and profile=NAME"

static const struct row *row_for(const char *text)
{
    for (unsigned i = 0; i < LENGTH(rows); i++)
        if (strncmp(text, rows[i].start, strlen(rows[i].start)) == 0)
            return &rows[i];
    return NULL;
}

static bool add_one(struct expectation_list *list, const char *text, const char *profile,
                    char *error, size_t error_size)
{
    struct expectation *expectation = &list->items[list->count];
    const struct row *row = row_for(text);

    if (row == NULL) {
        snprintf(error, error_size, "--expect '%s': no such expectation; known are " KNOWN, text);
        return false;
    }
    if (list->count == EXPECTATIONS_MAX) {
        snprintf(error, error_size, "--expect '%s': accepted are %d expectations at most", text,
                 EXPECTATIONS_MAX);
        return false;
    }
    *expectation = (struct expectation){.kind = row->kind, .profile = profile};
    snprintf(expectation->text, sizeof expectation->text, "%s", text);
    if (strlen(text) >= sizeof expectation->text ||
        !row->parse(expectation, expectation->text + strlen(row->start))) {
        snprintf(error, error_size, "--expect '%s': accepted is %s", text, row->accepted);
        return false;
    }
    list->count++;
    return true;
}

static bool add_profile(struct expectation_list *list, const char *text, char *error,
                        size_t error_size)
{
    const struct profile *profile = profile_find(text + strlen(PROFILE_START));
    unsigned count = list->count;

    if (profile == NULL) {
        snprintf(error, error_size, "--expect '%s': accepted is profile=NAME with NAME " PROFILES,
                 text);
        return false;
    }
    for (unsigned i = 0; profile->texts[i] != NULL; i++)
        if (!add_one(list, profile->texts[i], profile->name, error, error_size)) {
            list->count = count;
            return false;
        }
    return true;
}

bool expectation_add(struct expectation_list *list, const char *text, char *error,
                     size_t error_size)
{
    if (strncmp(text, PROFILE_START, strlen(PROFILE_START)) == 0)
        return add_profile(list, text, error, error_size);
    return add_one(list, text, NULL, error, error_size);
}

/* The line without the blanks around it; false if it is too long to be an expectation. */
static bool copy_line(char line[EXPECTATION_TEXT_BYTES], const char *text, size_t length)
{
    static const char blanks[] = " \t\r";

    while (length > 0 && strchr(blanks, *text) != NULL) {
        text++;
        length--;
    }
    while (length > 0 && strchr(blanks, text[length - 1]) != NULL)
        length--;
    if (length >= EXPECTATION_TEXT_BYTES)
        return false;
    memcpy(line, text, length);
    line[length] = '\0';
    return true;
}

bool expectation_add_lines(struct expectation_list *list, const char *text, char *error,
                           size_t error_size)
{
    char line[EXPECTATION_TEXT_BYTES], reason[EXPECTATION_ERROR_BYTES];

    for (unsigned number = 1; *text != '\0'; number++) {
        size_t length = strcspn(text, "\n");
        bool fits = copy_line(line, text, length);

        snprintf(reason, sizeof reason, "it is longer than an expectation can be");
        if (!fits || (*line != '\0' && *line != '#' &&
                      !expectation_add(list, line, reason, sizeof reason))) {
            snprintf(error, error_size, "line %u: %s", number, reason);
            return false;
        }
        text += length + (text[length] == '\n' ? 1 : 0);
    }
    return true;
}

uint64_t expectation_list_drift_ppb(const struct expectation_list *list)
{
    uint64_t least = 0;

    for (unsigned i = 0; i < list->count; i++) {
        const struct expectation *item = &list->items[i];

        if (item->kind == EXPECT_DRIFT && (least == 0 || item->limit < least))
            least = item->limit;
    }
    return least;
}
