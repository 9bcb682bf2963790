/* SPDX-License-Identifier: BSD-2-Clause */
/* See duration.h. */
#include "base/duration.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

/* The largest first. */
static const struct {
    const char *name;
    int64_t ns;
} units[] = {
    {"d", INT64_C(86400000000000)},
    {"h", INT64_C(3600000000000)},
    {"m", INT64_C(60000000000)},
    {"s", INT64_C(1000000000)},
    {"ms", INT64_C(1000000)},
    {"us", INT64_C(1000)},
    {"ns", INT64_C(1)},
};

#define UNIT_COUNT (sizeof units / sizeof units[0])

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Of the word at text, which *end is moved behind; 0: it is no unit. */
static int64_t unit_ns(const char *text, const char **end)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    *end = text + length;
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (strlen(units[i].name) == length && strncmp(units[i].name, text, length) == 0)
            return units[i].ns;
    return 0;
}

/* From at least one digit on: the digits, each of which counts size; after a point each counts a
 * tenth of the one before. Returns what is behind them; NULL: it does not fit. */
static const char *add_whole(const char *digits, int64_t size, int64_t *ns)
{
    int64_t count = 0;

    for (; is_digit(*digits); digits++)
        if (__builtin_mul_overflow(count, 10, &count) ||
            __builtin_add_overflow(count, *digits - '0', &count))
            return NULL;
    return __builtin_mul_overflow(count, size, ns) ? NULL : digits;
}

static const char *add_decimals(const char *digits, int64_t size, int64_t *ns)
{
    for (; is_digit(*digits); digits++) {
        if (size % 10 != 0 || __builtin_add_overflow(*ns, size / 10 * (*digits - '0'), ns))
            return NULL;
        size /= 10;
    }
    return digits;
}

bool duration_take(const char **text, int64_t *ns)
{
    bool negative = **text == '-';
    const char *digits = **text == '-' || **text == '+' ? *text + 1 : *text;
    const char *unit = digits + strspn(digits, "0123456789."), *end;
    int64_t size = unit_ns(unit, &end);
    int64_t value = 0;

    if (!is_digit(*digits) || size == 0)
        return false;
    digits = add_whole(digits, size, &value);
    if (digits != NULL && *digits == '.')
        digits = is_digit(digits[1]) ? add_decimals(digits + 1, size, &value) : NULL;
    if (digits != unit)
        return false;
    *ns = negative ? -value : value;
    *text = end;
    return true;
}

bool duration_parse(const char *text, int64_t *ns)
{
    int64_t value;

    if (!duration_take(&text, &value) || *text != '\0')
        return false;
    *ns = value;
    return true;
}

void duration_add(struct text *text, int64_t ns)
{
    size_t i = 0;

    if (ns == 0) {
        text_add(text, "0s");
        return;
    }
    while (ns % units[i].ns != 0)
        i++;
    text_add(text, "%" PRId64 "%s", ns / units[i].ns, units[i].name);
}
