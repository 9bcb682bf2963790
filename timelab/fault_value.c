/* SPDX-License-Identifier: BSD-2-Clause */
/* See fault_value.h. */
#include "timelab/fault_value.h"

#include <inttypes.h>
#include <string.h>

#include "base/duration.h"

#define PPM_IN_PERCENT 10000

static bool parse_duration(const char *text, int64_t *value)
{
    return duration_parse(text, value);
}

/* A whole number with an optional sign, of up to 18 digits. */
static bool parse_number(const char *text, int64_t *number)
{
    const char *digits = *text == '-' || *text == '+' ? text + 1 : text;
    size_t length = strspn(digits, "0123456789");

    *number = 0;
    if (length == 0 || length > 18 || digits[length] != '\0')
        return false;
    while (*digits != '\0')
        *number = *number * 10 + (*digits++ - '0');
    if (*text == '-')
        *number = -*number;
    return true;
}

/* A percentage of up to three digits, and four behind a point. */
static bool parse_share(const char *text, int64_t *ppm)
{
    size_t length = strspn(text, "0123456789");
    int64_t size = PPM_IN_PERCENT;

    *ppm = 0;
    if (length == 0 || length > 3)
        return false;
    while (length-- > 0)
        *ppm = *ppm * 10 + (*text++ - '0') * size;
    if (*text == '.' && text[1] == '%')
        return false;
    if (*text == '.')
        for (text++; *text >= '0' && *text <= '9' && size > 1; text++) {
            size /= 10;
            *ppm += (*text - '0') * size;
        }
    return strcmp(text, "%") == 0;
}

static void add_share(struct text *text, int64_t ppm)
{
    int64_t decimals = ppm % PPM_IN_PERCENT;
    int digits = 4;

    text_add(text, "%" PRId64, ppm / PPM_IN_PERCENT);
    for (; decimals != 0 && decimals % 10 == 0; digits--)
        decimals /= 10;
    if (decimals != 0)
        text_add(text, ".%0*" PRId64, digits, decimals);
    text_add(text, "%%");
}

static void add_number(struct text *text, int64_t value)
{
    text_add(text, "%" PRId64, value);
}

/* What is the same for all values of a unit. */
static const struct unit {
    const char *name;
    const char *usage;
    const char *is;
    const char *hint;
    bool (*parse)(const char *text, int64_t *value);
    void (*add)(struct text *text, int64_t value);
    /* In JSON. */
    bool is_text;
} units[] = {
    [FAULT_DURATION] = {"ns", "TIME", "a time", ", with its unit, as 1.5s or 1h", parse_duration,
                        duration_add, true},
    [FAULT_PPB] = {"ppb", "PPB", "parts per billion", "", parse_number, add_number, false},
    [FAULT_COUNT] = {"count", "N", "a whole number", "", parse_number, add_number, false},
    [FAULT_HZ] = {"hz", "HZ", "whole Hz", "", parse_number, add_number, false},
    [FAULT_SHARE] = {"ppm", "SHARE", "a share", ", with its %, as 50% or 0.1%", parse_share,
                     add_share, true},
    [FAULT_WORD] = {"word", "", "one of", "", NULL, NULL, true},
    [FAULT_VCPU] = {"vcpu", "VCPU", "a vCPU", "", parse_number, add_number, false},
};

static const struct unit *unit_of(const struct fault_argument *argument)
{
    return &units[argument->unit];
}

static bool takes_all_vcpus(const struct fault_argument *argument)
{
    return argument->unit == FAULT_VCPU && argument->min == FAULT_ALL_VCPUS;
}

bool fault_value_may_be(const struct fault_argument *argument, int64_t value)
{
    return value >= argument->min && value <= argument->max;
}

/* The number of all vCPUs is not for anybody to write. */
static bool take(const struct fault_argument *argument, int64_t read, int64_t *value)
{
    if (!fault_value_may_be(argument, read) || (argument->unit == FAULT_VCPU && read < 0))
        return false;
    *value = read;
    return true;
}

static bool find_word(const struct fault_argument *argument, const char *text, int64_t *value)
{
    for (int64_t i = 0; i <= argument->max; i++)
        if (strcmp(argument->words[i], text) == 0) {
            *value = i;
            return true;
        }
    return false;
}

static bool is_all_vcpus(const struct fault_argument *argument, const char *text)
{
    return takes_all_vcpus(argument) && strcmp(text, "all") == 0;
}

bool fault_value_from_text(const struct fault_argument *argument, const char *text, int64_t *value)
{
    int64_t read;

    if (argument->unit == FAULT_WORD)
        return find_word(argument, text, value);
    if (is_all_vcpus(argument, text)) {
        *value = FAULT_ALL_VCPUS;
        return true;
    }
    return unit_of(argument)->parse(text, &read) && take(argument, read, value);
}

bool fault_value_from_json(const struct fault_argument *argument, const json_t *json,
                           int64_t *value)
{
    const char *text = json_string_value(json);

    if (text != NULL)
        return (unit_of(argument)->is_text || is_all_vcpus(argument, text)) &&
               fault_value_from_text(argument, text, value);
    return !unit_of(argument)->is_text && json_is_integer(json) &&
           take(argument, json_integer_value(json), value);
}

static bool is_word(const struct fault_argument *argument, int64_t value)
{
    return argument->unit == FAULT_WORD && value >= 0 && value <= argument->max;
}

void fault_value_add(const struct fault_argument *argument, int64_t value, struct text *text)
{
    if (is_word(argument, value))
        text_add(text, "%s", argument->words[value]);
    else if (takes_all_vcpus(argument) && value == FAULT_ALL_VCPUS)
        text_add(text, "all");
    else if (unit_of(argument)->add != NULL)
        unit_of(argument)->add(text, value);
}

json_t *fault_value_to_json(const struct fault_argument *argument, int64_t value)
{
    char bytes[32];
    struct text text;

    if (!unit_of(argument)->is_text && !(takes_all_vcpus(argument) && value == FAULT_ALL_VCPUS))
        return json_integer(value);
    text_init(&text, bytes, sizeof bytes);
    fault_value_add(argument, value, &text);
    return json_string(bytes);
}

const char *fault_value_unit(const struct fault_argument *argument)
{
    return unit_of(argument)->name;
}

static void add_words(const struct fault_argument *argument, const char *between, struct text *text)
{
    for (int64_t i = 0; i <= argument->max; i++)
        text_add(text, "%s%s", i > 0 ? between : "", argument->words[i]);
}

void fault_value_add_usage(const struct fault_argument *argument, struct text *text)
{
    text_add(text, "%s", unit_of(argument)->usage);
    if (argument->unit == FAULT_WORD)
        add_words(argument, "|", text);
}

void fault_value_add_range(const struct fault_argument *argument, struct text *text)
{
    text_add(text, "%s ", unit_of(argument)->is);
    if (argument->unit == FAULT_WORD) {
        add_words(argument, ", ", text);
        return;
    }
    text_add(text, "from ");
    fault_value_add(argument, takes_all_vcpus(argument) ? 0 : argument->min, text);
    text_add(text, " to ");
    fault_value_add(argument, argument->max, text);
    text_add(text, "%s", takes_all_vcpus(argument) ? ", or all" : "");
}

void fault_value_add_hint(const struct fault_argument *argument, struct text *text)
{
    text_add(text, "%s", unit_of(argument)->hint);
}
