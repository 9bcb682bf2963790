/* SPDX-License-Identifier: BSD-2-Clause */
/* See skip_options.h. */
#include "vmm/cmd/skip_options.h"

#include <string.h>

#include "base/duration.h"
#include "base/time_math.h"
#include "vmm/cmd/option_value.h"

#define MIN_SPEED  2
#define MAX_SPEED  1000000000
#define PART_BYTES 32

static const char *const skip_words[] = {"on", "off", "max-speed=", "until=", NULL};

static bool read_speed(const char *text, struct skip_idle_choice *choice)
{
    uint64_t speed;

    if (!option_value_number(&text, MAX_SPEED, &speed) || *text != '\0' || speed < MIN_SPEED)
        return false;
    choice->max_speed = (uint32_t)speed;
    return true;
}

static bool read_until(const char *text, struct skip_idle_choice *choice)
{
    int64_t ns;

    if (!duration_parse(text, &ns) || ns <= 0)
        return false;
    choice->until_ns = (uint64_t)ns;
    return true;
}

static bool read_part(const char *part, struct skip_idle_choice *choice)
{
    if (option_value_skip(&part, "max-speed="))
        return read_speed(part, choice);
    if (option_value_skip(&part, "until="))
        return read_until(part, choice);
    choice->on = strcmp(part, "on") == 0;
    return choice->on || strcmp(part, "off") == 0;
}

static bool apply_skip_idle(struct options *options, const char *value)
{
    struct skip_idle_choice choice = {.asked = true, .on = true, .until_ns = TIME_NEVER_NS};
    char part[PART_BYTES];
    size_t length;

    if (value == NULL)
        value = "on";
    do {
        length = strcspn(value, ",");
        if (length >= sizeof part)
            return false;
        memcpy(part, value, length);
        part[length] = '\0';
        if (!read_part(part, &choice))
            return false;
        value += length;
    } while (*value++ == ',');
    options->host.skip_idle = choice;
    return true;
}

static const struct option_row rows[] = {
    {
        .name = "skip-idle",
        .value = "[HOW]",
        .value_is_optional = true,
        .help = "skip idle time: on, off, max-speed=N, until=TIME",
        .accepted = "on, off, max-speed=N from 2 on, until=TIME as 10h, or some with commas",
        .words = skip_words,
        .apply = apply_skip_idle,
    },
};

const struct option_table skip_option_table = OPTION_TABLE(rows);
