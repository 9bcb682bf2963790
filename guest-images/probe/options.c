/* SPDX-License-Identifier: BSD-2-Clause */
/* See options.h. */
#include "guest-images/probe/options.h"

#include <string.h>

#define PREFIX         "probe."
#define MAX_SECONDS    3600
#define MAX_WITHIN_PPB 1000000000
#define MAX_READS      1000000000
#define MAX_SAMPLE_HZ  1000
#define MAX_RATE_TERM  1000000
#define BLANKS         " \t\n"
#define MAX_SHOWN      60

struct word {
    const char *start;
    size_t length;
};

static const char *const action_names[] = {
    [ACTION_POWEROFF] = "poweroff", [ACTION_REBOOT] = "reboot", [ACTION_PANIC] = "panic",
    [ACTION_DEBUG_EXIT] = "exit",   [ACTION_HANG] = "hang",
};

static bool word_is(struct word word, const char *text)
{
    return strlen(text) == word.length && memcmp(word.start, text, word.length) == 0;
}

static bool parse_number(struct word word, uint64_t max, uint64_t *number)
{
    uint64_t value = 0;

    if (word.length == 0)
        return false;
    for (size_t i = 0; i < word.length; i++) {
        unsigned digit = (unsigned)word.start[i] - '0';

        if (digit > 9)
            return false;
        value = value * 10 + digit;
        if (value > max)
            return false;
    }
    *number = value;
    return true;
}

static bool parse_action(struct word word, enum probe_action *action)
{
    for (size_t i = 0; i < sizeof(action_names) / sizeof(action_names[0]); i++) {
        if (word_is(word, action_names[i])) {
            *action = (enum probe_action)i;
            return true;
        }
    }
    return false;
}

/* N/M, neither of them 0. */
static bool parse_rate(struct word word, uint64_t *num, uint64_t *den)
{
    const char *slash = memchr(word.start, '/', word.length);
    uint64_t above, below;

    if (slash == NULL ||
        !parse_number((struct word){word.start, (size_t)(slash - word.start)}, MAX_RATE_TERM,
                      &above) ||
        !parse_number((struct word){slash + 1, word.length - (size_t)(slash + 1 - word.start)},
                      MAX_RATE_TERM, &below) ||
        above == 0 || below == 0)
        return false;
    *num = above;
    *den = below;
    return true;
}

static bool parse_option(struct probe_options *options, struct word key, struct word value)
{
    uint64_t number;

    if (word_is(key, "seconds"))
        return parse_number(value, MAX_SECONDS, &options->seconds);
    if (word_is(key, "action"))
        return parse_action(value, &options->action);
    if (word_is(key, "value") && parse_number(value, UINT8_MAX, &number)) {
        options->exit_value = (uint8_t)number;
        return true;
    }
    if (word_is(key, "wall") && (word_is(value, "host") || word_is(value, "any"))) {
        options->wall_is_host = word_is(value, "host");
        return true;
    }
    if (word_is(key, "scope") &&
        (word_is(value, "all") || word_is(value, "chosen") || word_is(value, "none"))) {
        options->chosen_only = word_is(value, "chosen");
        options->measures_nothing = word_is(value, "none");
        return true;
    }
    if (word_is(key, "table") && (word_is(value, "console") || word_is(value, "none"))) {
        options->table_wanted = word_is(value, "console");
        return true;
    }
    if (word_is(key, "orders") && (word_is(value, "wait") || word_is(value, "none"))) {
        options->orders_wanted = word_is(value, "wait");
        return true;
    }
    if (word_is(key, "reference") && (word_is(value, "host") || word_is(value, "none"))) {
        options->reference_wanted = word_is(value, "host");
        return true;
    }
    if (word_is(key, "reads"))
        return parse_number(value, MAX_READS, &options->reads);
    if (word_is(key, "sleep"))
        return parse_number(value, MAX_SECONDS, &options->sleep_seconds);
    if (word_is(key, "within"))
        return parse_number(value, MAX_WITHIN_PPB, &options->within_ppb);
    if (word_is(key, "sample"))
        return parse_number(value, MAX_SAMPLE_HZ, &options->sample_hz);
    if (word_is(key, "rate"))
        return parse_rate(value, &options->rate_num, &options->rate_den);
    return false;
}

static bool parse_word(struct probe_options *options, struct word word)
{
    const char *start = word.start + strlen(PREFIX);
    const char *end = word.start + word.length;
    const char *equals = memchr(start, '=', (size_t)(end - start));

    return equals != NULL && parse_option(options, (struct word){start, (size_t)(equals - start)},
                                          (struct word){equals + 1, (size_t)(end - equals - 1)});
}

struct probe_options probe_options_parse(const char *command_line, struct text *problems)
{
    struct probe_options options = {.seconds = 2,
                                    .action = ACTION_POWEROFF,
                                    .wall_is_host = true,
                                    .table_wanted = true,
                                    .reference_wanted = true,
                                    .rate_num = 1,
                                    .rate_den = 1};
    const char *at = command_line + strspn(command_line, BLANKS);

    while (*at != '\0') {
        struct word word = {at, strcspn(at, BLANKS)};

        if (strncmp(at, PREFIX, strlen(PREFIX)) == 0 && !parse_word(&options, word))
            text_add(problems,
                     "option %.*s is not understood and is ignored; known are probe.seconds=0..%d, "
                     "probe.action=poweroff|reboot|panic|exit|hang, probe.value=0..255, "
                     "probe.wall=host|any, probe.scope=all|chosen|none, probe.within=0..%d, "
                     "probe.sleep=0..%d, probe.reads=0..%d, probe.table=console|none, "
                     "probe.orders=wait|none, probe.reference=host|none, probe.sample=0..%d, "
                     "probe.rate=N/M with 1..%d\n",
                     word.length > MAX_SHOWN ? MAX_SHOWN : (int)word.length, at, MAX_SECONDS,
                     MAX_WITHIN_PPB, MAX_SECONDS, MAX_READS, MAX_SAMPLE_HZ, MAX_RATE_TERM);
        at += word.length;
        at += strspn(at, BLANKS);
    }
    return options;
}
