/* SPDX-License-Identifier: BSD-2-Clause */
/* See experiment_options.h. */
#include "vmm/cmd/experiment_options.h"

#include <stdio.h>

const char experiment_options_usage[] =
    "Usage: minivmm experiment [OPTIONS] FILE...\n"
    "Read scenarios: what is done to the time of which guests, and what is expected\n"
    "of them.\n";

const char experiment_options_ending[] =
    "Exit status: 0 all of them are in order; 2 one is not, and a line says why.\n";

static bool apply_check(struct options *options, const char *value)
{
    (void)value;
    options->experiment.check_only = true;
    return true;
}

static const struct option_row rows[] = {
    {
        .name = "check",
        .help = "only see whether the FILEs are in order",
        .apply = apply_check,
    },
};

const struct option_table experiment_option_table = OPTION_TABLE(rows);

enum options_verdict experiment_options_take(int count, char **operands, struct options *options,
                                             char *error, size_t error_size)
{
    options->experiment.paths = operands;
    options->experiment.path_count = (unsigned)count;
    if (count > 0)
        return OPTIONS_RUN;
    snprintf(error, error_size, "the FILE of a scenario is missing; see experiment --help");
    return OPTIONS_BAD;
}
