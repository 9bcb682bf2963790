/* SPDX-License-Identifier: BSD-2-Clause */
/* See text.h. */
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/measured.h"

struct unit {
    /* The unit is used for magnitudes below this. */
    uint64_t below;
    uint64_t size;
    unsigned decimals;
    const char *name;
};

static const struct unit duration_units[] = {
    {1000, 1, 0, "ns"},
    {100000, 1000, 1, "us"},
    {1000000, 1000, 0, "us"},
    {100000000, 1000000, 1, "ms"},
    {1000000000, 1000000, 0, "ms"},
    {UINT64_MAX, 1000000000, 3, "s"},
};

static const struct unit ppb_units[] = {
    {10000, 1, 0, "ppb"},
    {1000000, 1000, 1, "ppm"},
    {10000000, 1000, 0, "ppm"},
    {UINT64_MAX, 10000000, 3, "%"},
};

void text_init(struct text *text, char *bytes, size_t capacity_bytes)
{
    *text = (struct text){.bytes = bytes, .capacity_bytes = capacity_bytes};
    bytes[0] = '\0';
}

void text_add_list(struct text *text, const char *format, va_list args)
{
    size_t room_bytes = text->capacity_bytes - text->length_bytes;
    int wanted = vsnprintf(text->bytes + text->length_bytes, room_bytes, format, args);

    if (wanted < 0 || (size_t)wanted >= room_bytes) {
        text->cut = true;
        text->length_bytes = text->capacity_bytes - 1;
        return;
    }
    text->length_bytes += (size_t)wanted;
}

void text_add(struct text *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_add_list(text, format, args);
    va_end(args);
}

static const struct unit *unit_for(const struct unit *units, uint64_t magnitude)
{
    while (units->below != UINT64_MAX && magnitude >= units->below)
        units++;
    return units;
}

static void add_in_unit(struct text *text, const char *sign, uint64_t magnitude,
                        const struct unit *unit)
{
    static const uint64_t pow10[] = {1, 10, 100, 1000};
    uint64_t step = unit->size / pow10[unit->decimals];
    uint64_t steps = magnitude / step + (magnitude % step >= (step + 1) / 2 && step > 1 ? 1 : 0);
    uint64_t whole = steps / pow10[unit->decimals];
    uint64_t fraction = steps % pow10[unit->decimals];

    text_add(text, "%s%" PRIu64, sign, whole);
    if (unit->decimals != 0)
        text_add(text, ".%0*" PRIu64, (int)unit->decimals, fraction);
    text_add(text, " %s", unit->name);
}

void text_add_duration(struct text *text, int64_t duration_ns, bool always_signed)
{
    uint64_t magnitude = measured_magnitude(duration_ns);

    add_in_unit(text, duration_ns < 0 ? "-" : (always_signed ? "+" : ""), magnitude,
                unit_for(duration_units, magnitude));
}

void text_add_ppb(struct text *text, int64_t ppb)
{
    uint64_t magnitude = measured_magnitude(ppb);

    add_in_unit(text, ppb < 0 ? "-" : "+", magnitude, unit_for(ppb_units, magnitude));
}

void text_add_uncertainty_ppb(struct text *text, uint64_t ppb)
{
    add_in_unit(text, "", ppb, unit_for(ppb_units, ppb));
}

/* A shell takes the characters between two quotes as they are, so a quote is put outside of them.
 */
void text_add_shell_quoted(struct text *text, const char *value)
{
    text_add(text, "'");
    for (;;) {
        size_t length = strcspn(value, "'");

        text_add(text, "%.*s", (int)length, value);
        if (value[length] == '\0')
            break;
        text_add(text, "'\\''");
        value += length + 1;
    }
    text_add(text, "'");
}

void text_add_shell_word(struct text *text, const char *value)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+=:,./@%";

    if (*value != '\0' && value[strspn(value, plain)] == '\0')
        text_add(text, "%s", value);
    else
        text_add_shell_quoted(text, value);
}
