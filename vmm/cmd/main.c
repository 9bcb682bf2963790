/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * minivmm: boots one guest and ends with its status, or with what `minivmm check` makes of it; or
 * looks at the host. See README.md; exit_status.h has the statuses.
 *
 * This is the only file that ends the process.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/cmd/check.h"
#include "vmm/cmd/clones.h"
#include "vmm/cmd/ctl.h"
#include "vmm/cmd/doctor.h"
#include "vmm/cmd/experiment.h"
#include "vmm/cmd/fault_options.h"
#include "vmm/cmd/options_help.h"
#include "vmm/cmd/options_parse.h"
#include "vmm/cmd/run.h"
#include "vmm/cmd/run_test.h"
#include "vmm/cmd/snapshot_tool.h"
#include "vmm/cmd/trace_tool.h"
#include "vmm/cmd/version.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/host/log_writer.h"
#include "vmm/host/sandbox.h"
#include "vmm/host/standard_fds.h"
#include "vmm/machine/machine.h"

/* For a reader of stderr that pauses. */
#define LOG_CLOSE_WAIT_MS  1000
#define NS_PER_MS          UINT64_C(1000000)
#define VERSION_LINE_BYTES 128

/* How long the last messages wait for it; a run may give it longer. */
static int log_close_wait_ms = LOG_CLOSE_WAIT_MS;

static struct machine machine;

static void report_end(int status)
{
    if (machine.end_text[0] == '\0')
        return;
    if (status == EXIT_STATUS_INTERRUPTED || status == EXIT_STATUS_OK)
        log_note("%s", machine.end_text);
    else
        log_error("%s", machine.end_text);
}

/* Where messages stand behind the guest's output they have the same reader, who may pause as long.
 */
static int message_wait_ms(const struct options *options)
{
    uint64_t wait_ms = options->host.output_wait_ns / NS_PER_MS;

    if (!machine.console.shares_stderr || options->host.timeout_ns > 0 || machine.readers_dismissed)
        return LOG_CLOSE_WAIT_MS;
    return wait_ms < INT_MAX ? (int)wait_ms : INT_MAX;
}

static int run(const struct options *options, const struct clock_bracket *start)
{
    int status = run_status(&machine, run_guest(&machine, options, start, NULL));

    report_end(status);
    log_close_wait_ms = message_wait_ms(options);
    return status;
}

/* What the user asked for, so that it cannot be written is an error. */
static int print(const char *text)
{
    if (fputs(text, stdout) != EOF && fflush(stdout) == 0)
        return EXIT_STATUS_OK;
    log_error("stdout: %s", strerror(errno));
    return EXIT_STATUS_HOST_ERROR;
}

static int print_help(enum options_command command)
{
    char bytes[OPTIONS_HELP_BYTES];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    options_help_add(command, &text);
    return print(bytes);
}

static int print_version(void)
{
    char bytes[VERSION_LINE_BYTES];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    text_add(&text, "minivmm %s\n", minivmm_version);
    return print(bytes);
}

static int print_faults(void)
{
    char bytes[FAULT_OPTIONS_LIST_BYTES];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    fault_options_add_list(&text);
    return print(bytes);
}

/* As of fork: a clone comes back from clones_start as well. */
static int run_clones(struct options *options, const struct clock_bracket *start)
{
    static struct clones clones;

    return clones_start(&clones, options) ? run(options, start) : clones_wait(&clones);
}

static int run_command(int argc, char **argv, const struct clock_bracket *start)
{
    struct options options;
    char error[OPTIONS_ERROR_SIZE];

    switch (options_parse(argc, argv, &options, error, sizeof error)) {
    case OPTIONS_RUN:
        break;
    case OPTIONS_HELP:
        return print_help(options.command);
    case OPTIONS_VERSION:
        return print_version();
    case OPTIONS_FAULTS:
        return print_faults();
    case OPTIONS_BAD:
        log_error("%s", error);
        return EXIT_STATUS_HOST_ERROR;
    }
    log_set_verbose(options.host.verbose);
    options.host.version = minivmm_version;
    if (options.command == COMMAND_CHECK)
        return check_run(&machine, &options, start, argv);
    if (options.command == COMMAND_RUN_TEST)
        return run_test(&machine, &options, start);
    if (options.command == COMMAND_SNAPSHOT)
        return snapshot_tool_run(&options);
    if (options.command == COMMAND_DOCTOR)
        return doctor_run(&options, start);
    if (options.command == COMMAND_CTL)
        return ctl_run(&options);
    if (options.command == COMMAND_TRACE)
        return trace_tool_run(&options);
    if (options.command == COMMAND_EXPERIMENT)
        return experiment_run(&machine, &options, start, argv);
    if (options.restore.clone_count > 0)
        return run_clones(&options, start);
    return run(&options, start);
}

/* In a signal's handler. */
static void end_at_once(void)
{
    _exit(EXIT_STATUS_HOST_ERROR);
}

int main(int argc, char **argv)
{
    struct clock_bracket start = host_clock_bracket(CLOCK_MONOTONIC_RAW);
    int status;

    standard_fds_open();
    log_writer_open();
    sandbox_on_violation(end_at_once);
    status = run_command(argc, argv, &start);
    log_writer_close(log_close_wait_ms);
    return status;
}
