/* SPDX-License-Identifier: BSD-2-Clause */
/* See run_test_options.h. */
#include "vmm/cmd/run_test_options.h"

#include <stdio.h>
#include <string.h>

#include "vmm/cmd/kernel_options.h"
#include "vmm/cmd/option_value.h"
#include "vmm/cmd/run_options.h"

/* So that the kernel's messages are there to be seen. */
#define VERBOSE_WORDS "loglevel=7"

const char run_test_options_usage[] =
    "Usage: minivmm run-test [OPTIONS] KERNEL -- PROGRAM [ARG...]\n"
    "Boot KERNEL, a Linux, run PROGRAM of this host in it, and end with its status.\n"
    "Its libraries or its interpreter come along, and paths are as they are here.\n";

const char run_test_options_ending[] =
    "and the options of the machine, as minivmm --help lists them.\n"
    "\n"
    "Exit status: PROGRAM's own, 128 + N if signal N ended it, 127 if it is not\n"
    "there and 126 if it cannot be run; 255 the guest panicked, or ended before\n"
    "PROGRAM did; 2 user or host error; 6 this KVM cannot run the guest's code;\n"
    "124 timed out; 130 interrupted.\n";

static const char *const console_words[] = {"none", "stderr", "file:FILE", NULL};

static bool add_text(const char **list, unsigned *count, const char *value)
{
    if (*count == RUN_TEST_LIST_MAX || *value == '\0')
        return false;
    list[(*count)++] = value;
    return true;
}

static bool apply_copy(struct options *options, const char *value)
{
    return *value != ':' && add_text(options->test.copies, &options->test.copy_count, value);
}

static bool apply_env(struct options *options, const char *value)
{
    return *value != '=' && add_text(options->test.variables, &options->test.variable_count, value);
}

static bool apply_output(struct options *options, const char *value)
{
    options->test.output_path = value;
    return *value != '\0';
}

static bool apply_console(struct options *options, const char *value)
{
    if (strcmp(value, "stderr") == 0)
        options->host.console = CONSOLE_STDERR;
    else
        return strcmp(value, "stdio") != 0 && run_options_apply_console(options, value);
    return true;
}

/* It has the place of an option of the machine that is of no use here. */
static bool refuse(struct options *options, const char *value)
{
    (void)options;
    (void)value;
    return false;
}

static const struct option_row rows[] = {
    {
        .name = "copy",
        .value = "FILE[:DEST]",
        .help = "take a file or folder along, as DEST (default: its path\n"
                "here); programs bring their libraries; up to 64 times",
        .accepted = "FILE or FILE:DEST with an absolute DEST, 64 times at most",
        .words = option_value_file_words,
        .apply = apply_copy,
    },
    {
        .name = "env",
        .value = "NAME[=VALUE]",
        .help = "a variable of PROGRAM (default VALUE: that of here);\n"
                "PATH, TERM and LD_LIBRARY_PATH are those of here",
        .accepted = "NAME or NAME=VALUE, 64 times at most",
        .apply = apply_env,
    },
    {
        .name = "output",
        .value = "DIR",
        .help = "bring back what PROGRAM leaves in /out; DIR is new or\n"
                "empty, and holds --output-limit at most",
        .accepted = "the name of a folder",
        .words = option_value_file_words,
        .apply = apply_output,
    },
    {
        .name = "console",
        .value = "WHERE",
        .help = "kernel messages: none (default; the last ones are shown\n"
                "if it panics), stderr (with --verbose) or file:PATH",
        .accepted = "stderr, file:PATH or none",
        .words = console_words,
        .apply = apply_console,
    },
    {
        .name = "initrd",
        .letter = 'i',
        .value = "FILE",
        .help = "an initramfs that all of this is added to",
        .accepted = "the name of a file",
        .words = option_value_file_words,
        .apply = kernel_options_apply_initrd,
    },
    {
        .name = "report",
        .value = "FILE",
        .accepted = "no value: COM2 brings PROGRAM's output; see --output",
        .apply = refuse,
    },
    {
        .name = "serial2",
        .value = "unix:PATH",
        .accepted = "no value: COM2 brings PROGRAM's output",
        .apply = refuse,
    },
};

const struct option_table run_test_option_table = OPTION_TABLE(rows);

void run_test_options_set_defaults(struct options *options)
{
    options->host.console = CONSOLE_NONE;
    /* PROGRAM hears nothing of a power button. */
    options->host.grace_ns = 0;
}

bool run_test_options_take(int count, char **operands, struct options *options, char *error,
                           size_t error_size)
{
    /* getopt has moved KERNEL behind "--". */
    if (count < 2 || operands[0][0] == '\0' || strcmp(operands[-1], "--") != 0) {
        snprintf(error, error_size,
                 "run-test needs KERNEL -- PROGRAM [ARG...]; see minivmm run-test --help");
        return false;
    }
    options->host.kernel_path = operands[0];
    options->test.program = operands + 1;
    if (!options->host.verbose)
        return true;
    if (options->host.console == CONSOLE_NONE)
        options->host.console = CONSOLE_STDERR;
    snprintf(options->host.check_words, sizeof options->host.check_words, VERBOSE_WORDS);
    return true;
}
