/* SPDX-License-Identifier: BSD-2-Clause */
/* See doctor_options.h. */
#include "vmm/cmd/doctor_options.h"

#include "vmm/cmd/option_value.h"

const char doctor_options_usage[] =
    "Usage: minivmm doctor [OPTIONS]\n"
    "Say what this host can give a guest, and what to do about what it cannot.\n";

const char doctor_options_ending[] =
    "Exit status: 0 Linux can be booted here; 18 it cannot, and a line says why;\n"
    "2 user or host error.\n";

static const char *const format_words[] = {"table", "json", NULL};

static bool apply_format(struct options *options, const char *value)
{
    uint8_t place;

    if (!option_value_word(format_words, value, &place))
        return false;
    options->doctor_json = place == 1;
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

const struct option_table doctor_option_table = OPTION_TABLE(rows);
