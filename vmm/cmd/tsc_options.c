/* SPDX-License-Identifier: BSD-2-Clause */
/* See tsc_options.h. */
#include "vmm/cmd/tsc_options.h"

#include <ctype.h>
#include <string.h>

#define MIN_KHZ 1000
#define MAX_KHZ 10000000
/* Three years; more at 10 GHz would not fit the TSC. */
#define MAX_OFFSET_NS INT64_C(100000000000000000)

/* What one value asks for. */
struct words {
    /* 0: not named. */
    uint32_t khz;
    bool has_offset;
    int64_t offset_ns;
};

/* Whether *text begins with word; *text is moved behind it then. */
static bool skip_word(const char **text, const char *word)
{
    size_t length = strlen(word);

    if (strncmp(*text, word, length) != 0)
        return false;
    *text += length;
    return true;
}

static uint64_t parse_unit_ns(const char **text)
{
    if (skip_word(text, "us"))
        return 1000;
    if (skip_word(text, "ms"))
        return 1000000;
    if (skip_word(text, "s"))
        return 1000000000;
    skip_word(text, "ns");
    return 1;
}

static bool parse_offset(const char **text, struct words *words)
{
    bool negative = **text == '-';
    uint64_t count, unit_ns;

    if (**text == '+' || **text == '-')
        ++*text;
    if (!options_parse_number(text, 0, MAX_OFFSET_NS, &count))
        return false;
    unit_ns = parse_unit_ns(text);
    if (count > MAX_OFFSET_NS / unit_ns)
        return false;
    words->has_offset = true;
    words->offset_ns = negative ? -(int64_t)(count * unit_ns) : (int64_t)(count * unit_ns);
    return true;
}

static bool parse_word(const char **text, struct words *words)
{
    uint64_t khz;

    if (skip_word(text, "offset="))
        return parse_offset(text, words);
    if (!skip_word(text, "khz=") || !options_parse_number(text, MIN_KHZ, MAX_KHZ, &khz))
        return false;
    words->khz = (uint32_t)khz;
    return true;
}

/* The vCPUs from *first to before *end: one if the text begins with its number, or else all. */
static bool parse_vcpus(const char **text, unsigned *first, unsigned *end)
{
    uint64_t vcpu;

    *first = 0;
    *end = OPTIONS_MAX_CPUS;
    if (!isdigit((unsigned char)**text))
        return true;
    if (!options_parse_number(text, 0, OPTIONS_MAX_CPUS - 1, &vcpu) || !skip_word(text, ":"))
        return false;
    *first = (unsigned)vcpu;
    *end = *first + 1;
    return true;
}

bool tsc_options_apply(struct options *options, const char *value)
{
    struct words words = {0};
    unsigned first, end;

    if (!parse_vcpus(&value, &first, &end))
        return false;
    do {
        if (!parse_word(&value, &words))
            return false;
    } while (skip_word(&value, ","));
    if (*value != '\0')
        return false;
    for (unsigned i = first; i < end; i++) {
        if (words.khz != 0)
            options->config.tsc[i].khz = words.khz;
        if (words.has_offset)
            options->config.tsc[i].offset_ns = words.offset_ns;
    }
    options->config.tsc_asked = true;
    if (end - first == 1 && end > options->tsc_cpus_named)
        options->tsc_cpus_named = end;
    return true;
}
