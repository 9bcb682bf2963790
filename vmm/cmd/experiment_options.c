/* SPDX-License-Identifier: BSD-2-Clause */
/* See experiment_options.h. */
#include "vmm/cmd/experiment_options.h"

#include <stdio.h>
#include <string.h>

#include "timelab/scenario.h"
#include "vmm/cmd/check_options.h"
#include "vmm/cmd/option_value.h"
#include "vmm/cmd/run_options.h"

#define DEFAULT_TIMEOUT_NS UINT64_C(300000000000)
#define REPEAT_MAX         1000

const char experiment_options_usage[] =
    "Usage: minivmm experiment [OPTIONS] FILE...\n"
    "       minivmm experiment --merge [OPTIONS] FILE...\n"
    "Run scenarios: each FILE says what is done to the time of which guests, and what\n"
    "is expected of them.\n";

const char experiment_options_ending[] =
    "Exit status: 0 every expectation held; 2 user or host error, and nothing was run;\n"
    "8 an expectation did not hold, or a run could not be done: its result says why;\n"
    "130 interrupted.\n";

static bool apply_check(struct options *options, const char *value)
{
    (void)value;
    options->experiment.check_only = true;
    return true;
}

static bool apply_kernel(struct options *options, const char *value)
{
    options->experiment.kernel_path = value;
    return *value != '\0' && strlen(value) < PATH_MAX;
}

static bool apply_repeat(struct options *options, const char *value)
{
    uint64_t count;

    if (!option_value_number(&value, REPEAT_MAX, &count) || *value != '\0' || count == 0)
        return false;
    options->experiment.repeat = (unsigned)count;
    return true;
}

static bool apply_seed(struct options *options, const char *value)
{
    options->experiment.has_seed = true;
    return option_value_number(&value, SCENARIO_SEED_MAX, &options->experiment.seed) &&
           *value == '\0';
}

static bool apply_trace(struct options *options, const char *value)
{
    (void)value;
    options->experiment.trace = true;
    return true;
}

static const struct option_row rows[] = {
    {
        .name = "check",
        .help = "only see whether the FILEs are in order",
        .apply = apply_check,
    },
    {
        .name = "kernel",
        .letter = 'k',
        .value = "FILE",
        .help = "for the guests, in place of those that the FILEs name",
        .accepted = "the name of a file",
        .words = option_value_file_words,
        .apply = apply_kernel,
    },
    {
        .name = "repeat",
        .value = "N",
        .help = "run each N times, and say how often all held",
        .accepted = "a number from 1 to 1000",
        .apply = apply_repeat,
    },
    {
        .name = "seed",
        .value = "N",
        .help = "of the choices of all faults; the next N for each repeat",
        .accepted = "a whole number of up to 12 digits",
        .apply = apply_seed,
    },
    {
        .name = "timeout",
        .letter = 't',
        .value = "SECONDS",
        .help = "for each guest (default 300)",
        .accepted = RUN_OPTIONS_TIMEOUT_ACCEPTED,
        .apply = run_options_apply_timeout,
    },
    /* What is done with results is as of check. */
    {
        .name = "format",
        .value = "FORMAT",
        .help = "table (default), tap, junit, json, markdown or github",
        .accepted = CHECK_OPTIONS_FORMAT_ACCEPTED,
        .words = check_options_format_words,
        .apply = check_options_apply_format,
    },
    {
        .name = "shard",
        .value = "I/N",
        .help = "part I of N of the runs",
        .accepted = CHECK_OPTIONS_SHARD_ACCEPTED,
        .apply = check_options_apply_shard,
    },
    {
        .name = "output",
        .value = "DIR",
        .help = "where the report and the console of each run are kept",
        .accepted = CHECK_OPTIONS_OUTPUT_ACCEPTED,
        .words = option_value_file_words,
        .apply = check_options_apply_output,
    },
    {
        .name = "trace",
        .help = "keep there a trace of each run as well, and a page with its\n"
                "pictures and what was expected",
        .apply = apply_trace,
    },
    {
        .name = "cell",
        .value = "N",
        .help = "run N alone, as JSON; --console file:FILE and --report FILE\nkeep what it sends",
        .accepted = "the number of a run, from 1",
        .apply = check_options_apply_cell,
    },
    {
        .name = "console",
        .value = "WHERE",
        .accepted = RUN_OPTIONS_CONSOLE_ACCEPTED,
        .apply = run_options_apply_console,
    },
    {
        .name = "report",
        .value = "FILE",
        .accepted = RUN_OPTIONS_REPORT_ACCEPTED,
        .words = option_value_file_words,
        .apply = run_options_apply_report,
    },
    {
        .name = "merge",
        .help = "FILE... that --format json has written, as one result",
        .apply = check_options_apply_merge,
    },
};

const struct option_table experiment_option_table = OPTION_TABLE(rows);

void experiment_options_set_defaults(struct options *options)
{
    options->host.console = CONSOLE_NONE;
    options->host.timeout_ns = DEFAULT_TIMEOUT_NS;
    options->experiment.repeat = 1;
}

/* What is wrong with the options together; NULL: nothing. */
static const char *find_conflict(const struct options *options)
{
    const struct check_options *check = &options->check;
    const struct experiment_options *experiment = &options->experiment;
    bool is_one = check->cell != 0;

    if (check->merge && (experiment->check_only || is_one || check->shard.count != 0 ||
                         check->output_dir != NULL || experiment->kernel_path != NULL ||
                         experiment->trace || experiment->has_seed || experiment->repeat != 1))
        return "--merge takes nothing but --format and the files";
    if (!is_one && (options->host.console != CONSOLE_NONE || options->host.report_path != NULL))
        return "--console and --report are of use with --cell only: --output DIR keeps those of "
               "all";
    if (options->experiment.trace && check->output_dir == NULL)
        return "--trace is of use with --output only, which says where traces are kept";
    if (options->host.console == CONSOLE_STDIO)
        return "--console 'stdio': experiment writes its result there; accepted is file:PATH or "
               "none";
    return NULL;
}

enum options_verdict experiment_options_take(int count, char **operands, struct options *options,
                                             char *error, size_t error_size)
{
    const char *wrong = find_conflict(options);

    options->experiment.paths = operands;
    options->experiment.path_count = (unsigned)count;
    if (count == 0)
        wrong = "the FILE of a scenario is missing; see experiment --help";
    if (count > EXPERIMENT_FILES_MAX && !options->check.merge)
        wrong = "256 FILEs are accepted at most";
    if (options->check.shard.count == 0)
        options->check.shard.count = 1;
    if (wrong == NULL)
        return OPTIONS_RUN;
    snprintf(error, error_size, "%s", wrong);
    return OPTIONS_BAD;
}
_Static_assert(EXPERIMENT_FILES_MAX == 256, "said above");
