/* SPDX-License-Identifier: BSD-2-Clause */
/* See chip_options.h. */
#include "vmm/cmd/chip_options.h"

#include <inttypes.h>

#include "vmm/cmd/option_value.h"

static const char *const hpet_words[] = {"timers=", NULL};
static const char *const pmtimer_words[] = {"24", "32", NULL};

struct chip_choice chip_options_chosen(const struct machine_config *config)
{
    return (struct chip_choice){config->hpet_timers != 0, config->pmtimer_bits != 0};
}

void chip_options_choose(struct machine_config *config, struct chip_choice choice)
{
    if (!choice.hpet)
        config->hpet_timers = 0;
    else if (config->hpet_timers == 0)
        config->hpet_timers = machine_config_default.hpet_timers;
    if (!choice.pmtimer)
        config->pmtimer_bits = 0;
    else if (config->pmtimer_bits == 0)
        config->pmtimer_bits = machine_config_default.pmtimer_bits;
}

static bool apply_hpet(struct options *options, const char *value)
{
    uint64_t count;

    if (!option_value_skip(&value, "timers=") || !option_value_number(&value, UINT32_MAX, &count) ||
        *value != '\0')
        return false;
    options->config.hpet_timers = (uint32_t)count;
    /* 0 would be no HPET. */
    return count != 0;
}

static bool apply_no_hpet(struct options *options, const char *value)
{
    (void)value;
    options->config.hpet_timers = 0;
    return true;
}

static void print_hpet(const struct options *options, struct text *text)
{
    if (options->config.hpet_timers == 0)
        text_add(text, "--no-hpet");
    else if (options->config.hpet_timers != machine_config_default.hpet_timers)
        text_add(text, "--hpet timers=%" PRIu32, options->config.hpet_timers);
}

static bool apply_pmtimer(struct options *options, const char *value)
{
    uint8_t place;

    if (!option_value_word(pmtimer_words, value, &place))
        return false;
    options->config.pmtimer_bits = place == 0 ? 24 : 32;
    return true;
}

static bool apply_no_pmtimer(struct options *options, const char *value)
{
    (void)value;
    options->config.pmtimer_bits = 0;
    return true;
}

static void print_pmtimer(const struct options *options, struct text *text)
{
    if (options->config.pmtimer_bits == 0)
        text_add(text, "--no-pmtimer");
    else if (options->config.pmtimer_bits != machine_config_default.pmtimer_bits)
        text_add(text, "--pmtimer %" PRIu32, options->config.pmtimer_bits);
}

static bool apply_reference(struct options *options, const char *value)
{
    (void)value;
    options->reference = REFERENCE_WANTED;
    return true;
}

static bool apply_no_reference(struct options *options, const char *value)
{
    (void)value;
    options->reference = REFERENCE_UNWANTED;
    return true;
}

static bool has_probe(const struct options *options)
{
    return options->command == COMMAND_CHECK ||
           (options->command == COMMAND_RUN && options->host.initrd_count == 0);
}

static void print_reference(const struct options *options, struct text *text)
{
    if (options->config.reference != has_probe(options))
        text_add(text, options->config.reference ? "--reference" : "--no-reference");
}

void chip_options_finish(struct options *options)
{
    options->config.reference = options->reference == REFERENCE_UNSAID
                                    ? has_probe(options)
                                    : options->reference == REFERENCE_WANTED;
}

static const struct option_row rows[] = {
    {
        .name = "hpet",
        .value = "timers=N",
        .help = "HPET with 3 (default) to 32 timers; --no-hpet: none",
        .accepted = "timers=N with N from 3 to 32",
        .words = hpet_words,
        .apply = apply_hpet,
        .print = print_hpet,
        .print_rank = 6,
    },
    {.name = "no-hpet", .apply = apply_no_hpet, .undoes = "hpet"},
    {
        .name = "pmtimer",
        .value = "BITS",
        .help = "ACPI PM timer of 24 (default) or 32; --no-pmtimer: none",
        .accepted = "24 or 32",
        .words = pmtimer_words,
        .apply = apply_pmtimer,
        .print = print_pmtimer,
        .print_rank = 7,
    },
    {.name = "no-pmtimer", .apply = apply_no_pmtimer, .undoes = "pmtimer"},
    {
        .name = "reference",
        .help = "port 5c0h tells the host's clocks; --no-reference: not",
        .apply = apply_reference,
        .print = print_reference,
    },
    {.name = "no-reference", .apply = apply_no_reference},
};

const struct option_table chip_option_table = OPTION_TABLE(rows);
