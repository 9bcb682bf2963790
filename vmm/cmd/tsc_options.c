/* SPDX-License-Identifier: BSD-2-Clause */
/* See tsc_options.h. */
#include "vmm/cmd/tsc_options.h"

#include <ctype.h>
#include <inttypes.h>

#include "base/duration.h"
#include "vmm/cmd/option_value.h"

static const char *const completions[] = {"khz=", "offset=", NULL};

/* What one value asks for. */
struct words {
    bool has_khz;
    bool has_offset;
    struct tsc_request request;
};

/* Without a unit it is nanoseconds. */
static bool parse_offset(const char **text, struct words *words)
{
    bool negative = **text == '-';
    uint64_t count;

    words->has_offset = true;
    if (duration_take(text, &words->request.offset_ns))
        return true;
    if (**text == '+' || **text == '-')
        ++*text;
    if (!option_value_number(text, INT64_MAX, &count))
        return false;
    words->request.offset_ns = negative ? -(int64_t)count : (int64_t)count;
    return true;
}

static bool parse_word(const char **text, struct words *words)
{
    uint64_t khz;

    if (option_value_skip(text, "offset="))
        return parse_offset(text, words);
    if (!option_value_skip(text, "khz=") || !option_value_number(text, UINT32_MAX, &khz) ||
        khz == 0)
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
    if (!option_value_number(text, MACHINE_MAX_CPUS - 1, &vcpu) || !option_value_skip(text, ":"))
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
    } while (option_value_skip(&value, ","));
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

bool tsc_options_apply_best_effort(struct options *options, const char *value)
{
    (void)value;
    options->host.tsc_best_effort = true;
    return true;
}

/* What all vCPUs ask for alike; 0 where they differ. */
static struct tsc_request common_request(const struct machine_config *config)
{
    struct tsc_request common = config->tsc[0];

    for (unsigned i = 1; i < config->cpu_count; i++) {
        if (config->tsc[i].khz != common.khz)
            common.khz = 0;
        if (config->tsc[i].offset_ns != common.offset_ns)
            common.offset_ns = 0;
    }
    return common;
}

/* The words of the request, if it has any, with a comma between them. */
static void add_words(const struct tsc_request *request, struct text *text)
{
    if (request->khz != 0)
        text_add(text, "khz=%" PRIu32, request->khz);
    if (request->khz != 0 && request->offset_ns != 0)
        text_add(text, ",");
    if (request->offset_ns != 0)
        text_add(text, "offset=%+" PRId64 "ns", request->offset_ns);
}

static bool asks(const struct tsc_request *request)
{
    return request->khz != 0 || request->offset_ns != 0;
}

/* Once what all vCPUs have in common, then what each has of its own. */
static void print_tsc(const struct options *options, struct text *text)
{
    const struct tsc_request common = common_request(&options->config);
    const char *gap = "";

    if (asks(&common)) {
        text_add(text, "--tsc ");
        add_words(&common, text);
        gap = " ";
    }
    for (unsigned i = 0; i < options->config.cpu_count; i++) {
        struct tsc_request own = options->config.tsc[i];

        own.khz = common.khz == 0 ? own.khz : 0;
        own.offset_ns = common.offset_ns == 0 ? own.offset_ns : 0;
        if (!asks(&own))
            continue;
        text_add(text, "%s--tsc %u:", gap, i);
        add_words(&own, text);
        gap = " ";
    }
}

static void print_best_effort(const struct options *options, struct text *text)
{
    if (options->host.tsc_best_effort)
        text_add(text, "--tsc-best-effort");
}

static const struct option_row rows[] = {
    {
        .name = "tsc",
        .value = "[VCPU:]WORDS",
        .help = "khz=N,offset=[+-]N[ns..d], for all vCPUs or one",
        .accepted = "khz=N with N from 1000 to 10000000, and offset=N with a sign and ns, us, ms "
                    "or s if wanted; a comma between them, and VCPU: before them if they are for "
                    "one vCPU",
        .words = completions,
        .apply = tsc_options_apply,
        .print = print_tsc,
        .print_rank = 8,
    },
    {
        .name = "tsc-best-effort",
        .help = "go on if this KVM cannot do all of that",
        .apply = tsc_options_apply_best_effort,
        .print = print_best_effort,
        .print_rank = 9,
        .is_of_restore_too = true,
    },
};

const struct option_table tsc_option_table = OPTION_TABLE(rows);
