/* SPDX-License-Identifier: BSD-2-Clause */
/* See tsc_options.h. */
#include "vmm/cmd/tsc_options.h"

#include <ctype.h>
#include <string.h>

/* What one value asks for. */
struct words {
    bool has_khz;
    bool has_offset;
    struct tsc_request request;
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
    if (!options_parse_number(text, INT64_MAX, &count))
        return false;
    unit_ns = parse_unit_ns(text);
    if (count > INT64_MAX / unit_ns)
        return false;
    words->has_offset = true;
    words->request.offset_ns = negative ? -(int64_t)(count * unit_ns) : (int64_t)(count * unit_ns);
    return true;
}

static bool parse_word(const char **text, struct words *words)
{
    uint64_t khz;

    if (skip_word(text, "offset="))
        return parse_offset(text, words);
    if (!skip_word(text, "khz=") || !options_parse_number(text, UINT32_MAX, &khz) || khz == 0)
        return false;
    words->has_khz = true;
    words->request.khz = (uint32_t)khz;
    return true;
}

/* The vCPUs from *first to before *end: one if the text begins with its number, or else all. */
static bool parse_vcpus(const char **text, unsigned *first, unsigned *end)
{
    uint64_t vcpu;

    *first = 0;
    *end = MACHINE_MAX_CPUS;
    if (!isdigit((unsigned char)**text))
        return true;
    if (!options_parse_number(text, MACHINE_MAX_CPUS - 1, &vcpu) || !skip_word(text, ":"))
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
    if (*value != '\0' || !machine_config_accepts_tsc(&words.request))
        return false;
    for (unsigned i = first; i < end; i++) {
        if (words.has_khz)
            options->config.tsc[i].khz = words.request.khz;
        if (words.has_offset)
            options->config.tsc[i].offset_ns = words.request.offset_ns;
    }
    options->config.tsc_asked = true;
    if (end - first == 1 && end > options->tsc_cpus_named)
        options->tsc_cpus_named = end;
    return true;
}
