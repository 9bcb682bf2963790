/* SPDX-License-Identifier: BSD-2-Clause */
/* See sleep_options.h. */
#include "vmm/cmd/sleep_options.h"

#include "vmm/cmd/option_value.h"

static const char *const words[] = {
    [S3_OFF] = "off", [S3_TSC_KEPT] = "tsc=keep", [S3_TSC_RESET] = "tsc=reset", NULL};

static bool apply(struct options *options, const char *value)
{
    return option_value_word(words, value, &options->config.s3);
}

static void print(const struct options *options, struct text *text)
{
    if (options->config.s3 != machine_config_default.s3)
        text_add(text, "--s3 %s", words[options->config.s3]);
}

static const struct option_row rows[] = {
    {
        .name = "s3",
        .value = "WHAT",
        .help = "suspend to RAM: tsc=keep (default), tsc=reset, or off",
        .accepted = "tsc=keep, tsc=reset or off",
        .words = words,
        .apply = apply,
        .print = print,
    },
};

const struct option_table sleep_option_table = OPTION_TABLE(rows);
