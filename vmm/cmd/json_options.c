/* SPDX-License-Identifier: BSD-2-Clause */
/* See json_options.h. */
#include "vmm/cmd/json_options.h"

#include "vmm/cmd/option_value.h"

static const char *const format_words[] = {"table", "json", NULL};

static bool apply_format(struct options *options, const char *value)
{
    uint8_t place;

    if (!option_value_word(format_words, value, &place))
        return false;
    options->json = place == 1;
    return true;
}

static const struct option_row rows[] = {
    {
        .name = "format",
        .value = "FORMAT",
        .help = "table (default) or json, on stdout",
        .accepted = "table or json",
        .words = format_words,
        .apply = apply_format,
    },
};

const struct option_table json_option_table = OPTION_TABLE(rows);
