/* SPDX-License-Identifier: BSD-2-Clause */
/* See lost_ticks_options.h. */
#include "vmm/cmd/lost_ticks_options.h"

#include <string.h>

static const char *const kinds[LOST_TICKS_KINDS] = {
    [LOST_TICKS_DROP] = "drop", [LOST_TICKS_BURST] = "burst", [LOST_TICKS_SLEW] = "slew"};

static const char *const completions[] = {
    "pit=drop", "pit=burst", "pit=slew",   "rtc=drop",  "rtc=burst",
    "rtc=slew", "hpet=drop", "hpet=burst", "hpet=slew", NULL,
};

static bool is_word(const char *text, size_t length, const char *word)
{
    return length == strlen(word) && memcmp(text, word, length) == 0;
}

static uint8_t *device_of(struct options *options, const char *name, size_t length)
{
    if (is_word(name, length, "pit"))
        return &options->config.pit_lost_ticks;
    if (is_word(name, length, "rtc"))
        return &options->config.rtc_lost_ticks;
    if (is_word(name, length, "hpet"))
        return &options->config.hpet_lost_ticks;
    return NULL;
}

/* A word of some length, DEVICE=KIND. */
static bool apply_word(struct options *options, const char *word, size_t length)
{
    const char *equals = memchr(word, '=', length);
    uint8_t *device;

    if (equals == NULL)
        return false;
    device = device_of(options, word, (size_t)(equals - word));
    if (device == NULL)
        return false;
    for (unsigned kind = 0; kind < LOST_TICKS_KINDS; kind++)
        if (is_word(equals + 1, (size_t)(word + length - equals - 1), kinds[kind])) {
            *device = (uint8_t)kind;
            return true;
        }
    return false;
}

static bool apply(struct options *options, const char *value)
{
    for (;;) {
        const char *end = strchrnul(value, ',');

        if (!apply_word(options, value, (size_t)(end - value)))
            return false;
        if (*end == '\0')
            return true;
        value = end + 1;
    }
}

static void print(const struct options *options, struct text *text)
{
    const struct machine_config *config = &options->config, *usual = &machine_config_default;
    const struct {
        const char *name;
        uint8_t kind;
        uint8_t usual;
    } devices[] = {{"pit", config->pit_lost_ticks, usual->pit_lost_ticks},
                   {"rtc", config->rtc_lost_ticks, usual->rtc_lost_ticks},
                   {"hpet", config->hpet_lost_ticks, usual->hpet_lost_ticks}};
    const char *before = "--lost-ticks ";

    for (unsigned i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        if (devices[i].kind == devices[i].usual)
            continue;
        text_add(text, "%s%s=%s", before, devices[i].name, kinds[devices[i].kind]);
        before = ",";
    }
}

static const struct option_row rows[] = {
    {
        .name = "lost-ticks",
        .value = "WORDS",
        .help = "pit=, rtc=, hpet= each burst (default), slew or drop",
        .accepted = "pit=, rtc= and hpet=, each with drop, burst or slew, and commas between them",
        .words = completions,
        .apply = apply,
        .print = print,
        .print_rank = 11,
    },
};

const struct option_table lost_ticks_option_table = OPTION_TABLE(rows);
