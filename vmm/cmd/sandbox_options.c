/* SPDX-License-Identifier: BSD-2-Clause */
/* See sandbox_options.h. */
#include "vmm/cmd/sandbox_options.h"

#include "vmm/cmd/option_value.h"

static const char *const words[] = {"off", "strict", NULL};

static bool apply(struct options *options, const char *value)
{
    uint8_t place;

    if (!option_value_word(words, value, &place))
        return false;
    options->host.sandbox = place == 1;
    return true;
}

static bool apply_core(struct options *options, const char *value)
{
    (void)value;
    options->host.core = true;
    return true;
}

static const struct option_row rows[] = {
    {
        .name = "sandbox",
        .value = "HOW",
        .help = "what minivmm may do itself: strict (default), or off",
        .accepted = "strict or off",
        .words = words,
        .apply = apply,
    },
    {
        .name = "core",
        .help = "the guest's memory is in a core file of minivmm, too",
        .apply = apply_core,
    },
};

const struct option_table sandbox_option_table = OPTION_TABLE(rows);
