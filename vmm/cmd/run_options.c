/* SPDX-License-Identifier: BSD-2-Clause */
/* See run_options.h. */
#include "vmm/cmd/run_options.h"

#include <ctype.h>
#include <string.h>

#include "vmm/cmd/option_value.h"
#include "vmm/host/unix_socket.h"

#define NS_PER_SECOND   UINT64_C(1000000000)
#define MAX_TIMEOUT_SEC UINT64_C(1000000000)

const char run_options_usage[] =
    "Usage: minivmm [OPTIONS] KERNEL\n"
    "Boot KERNEL (bzImage, ELF vmlinux or Multiboot 1) in a KVM virtual machine.\n"
    "Other commands, each with --help: run-test runs a program in a Linux, check\n"
    "judges a guest's clocks, experiment bends them, doctor says what this host can\n"
    "give; restore and snapshot are for snapshots, ctl is for --control's socket,\n"
    "trace is for --trace's file.\n";

const char run_options_ending[] =
    "Exit status: 0 guest powered off or reset; odd: (v << 1) | 1 for a byte v that\n"
    "it wrote to port 0xf4; 2 user or host error; 4 guest panicked or triple-faulted;\n"
    "6 this KVM cannot run the guest's code; 124 timed out; 130 interrupted.\n";

static const char *const console_words[] = {"stdio", "none", "file:FILE", NULL};
static const char *const serial2_words[] = {"unix:FILE", NULL};
static const char *const exit_port_words[] = {"qemu", "plain", NULL};

bool run_options_apply_console(struct options *options, const char *value)
{
    if (strcmp(value, "stdio") == 0)
        options->host.console = CONSOLE_STDIO;
    else if (strcmp(value, "none") == 0)
        options->host.console = CONSOLE_NONE;
    else if (option_value_skip(&value, "file:"))
        options->host.console = CONSOLE_FILE;
    else
        return false;
    if (options->host.console != CONSOLE_FILE)
        return true;
    options->host.console_path = value;
    return *value != '\0';
}

bool run_options_apply_report(struct options *options, const char *value)
{
    options->host.report_path = value;
    return *value != '\0';
}

static bool apply_control(struct options *options, const char *value)
{
    options->host.control_path = value;
    return *value != '\0' && strlen(value) <= UNIX_SOCKET_MAX_PATH;
}

static bool apply_serial2(struct options *options, const char *value)
{
    if (!option_value_skip(&value, "unix:"))
        return false;
    options->host.serial2_path = value;
    return *value != '\0' && strlen(value) <= UNIX_SOCKET_MAX_PATH;
}

static bool apply_trace(struct options *options, const char *value)
{
    options->host.trace_path = value;
    return *value != '\0';
}

static bool apply_output_limit(struct options *options, const char *value)
{
    uint64_t *bytes = &options->host.output_limit_bytes;

    return option_value_size(value, bytes) && *bytes > 0;
}

/* Up to 9 digits after the decimal point, as nanoseconds; *text is moved behind them. */
static uint64_t parse_fraction_ns(const char **text)
{
    uint64_t ns = 0;

    for (uint64_t unit_ns = NS_PER_SECOND / 10; isdigit((unsigned char)**text); unit_ns /= 10)
        ns += unit_ns * (uint64_t)(*(*text)++ - '0');
    return ns;
}

/* Behind the digits: "e3" or "e-3"; 0 without. False if it is none, or beyond any time. */
static bool parse_exponent(const char **text, int *exponent)
{
    bool negative;
    uint64_t number;

    *exponent = 0;
    if (!option_value_skip(text, "e") && !option_value_skip(text, "E"))
        return true;
    negative = option_value_skip(text, "-");
    if (!negative)
        option_value_skip(text, "+");
    if (!option_value_number(text, 18, &number))
        return false;
    *exponent = negative ? -(int)number : (int)number;
    return true;
}

/* By powers of ten; false beyond the longest time. */
static bool scale_ns(uint64_t *ns, int exponent)
{
    for (; exponent < 0; exponent++)
        *ns /= 10;
    for (; exponent > 0; exponent--) {
        if (*ns > MAX_TIMEOUT_SEC * NS_PER_SECOND / 10)
            return false;
        *ns *= 10;
    }
    return true;
}

bool run_options_parse_seconds(const char *value, uint64_t *ns)
{
    uint64_t seconds;
    int exponent;

    if (!option_value_number(&value, MAX_TIMEOUT_SEC, &seconds))
        return false;
    *ns = seconds * NS_PER_SECOND;
    if (option_value_skip(&value, "."))
        *ns += parse_fraction_ns(&value);
    return parse_exponent(&value, &exponent) && *value == '\0' && scale_ns(ns, exponent);
}

bool run_options_apply_timeout(struct options *options, const char *value)
{
    return run_options_parse_seconds(value, &options->host.timeout_ns) &&
           options->host.timeout_ns > 0;
}

static bool apply_grace(struct options *options, const char *value)
{
    return run_options_parse_seconds(value, &options->host.grace_ns);
}

static bool apply_exit_port(struct options *options, const char *value)
{
    uint8_t place;

    if (!option_value_word(exit_port_words, value, &place))
        return false;
    options->host.exit_port_plain = place == 1;
    return true;
}

static bool apply_exit_on_halt(struct options *options, const char *value)
{
    (void)value;
    options->host.exit_on_halt = true;
    return true;
}

static bool apply_output_wait(struct options *options, const char *value)
{
    return run_options_parse_seconds(value, &options->host.output_wait_ns);
}

bool run_options_apply_verbose(struct options *options, const char *value)
{
    (void)value;
    options->host.verbose = true;
    return true;
}

static const struct option_row rows[] = {
    {
        .name = "console",
        .value = "WHERE",
        .help = "COM1: stdio (default), file:PATH or none",
        .accepted = RUN_OPTIONS_CONSOLE_ACCEPTED,
        .words = console_words,
        .apply = run_options_apply_console,
    },
    {
        .name = "report",
        .value = "FILE",
        .help = "write what the guest sends on COM2 to FILE",
        .accepted = RUN_OPTIONS_REPORT_ACCEPTED,
        .words = option_value_file_words,
        .apply = run_options_apply_report,
    },
    {
        .name = "serial2",
        .value = "unix:PATH",
        .help = "COM2 both ways: a socket for one client at a time",
        .accepted = "unix:PATH with the name of a file, of at most 107 bytes",
        .undoes = "report",
        .words = serial2_words,
        .apply = apply_serial2,
    },
    {
        .name = "control",
        .value = "PATH",
        .help = "a socket to control the run by: see minivmm ctl --help",
        .accepted = "the name of a file, of at most 107 bytes",
        .words = option_value_file_words,
        .apply = apply_control,
    },
    {
        .name = "trace",
        .value = "FILE",
        .help = "write what happens to guest time to FILE",
        .accepted = "the name of a file",
        .words = option_value_file_words,
        .apply = apply_trace,
    },
    {
        .name = "output-limit",
        .value = "SIZE",
        .help = "of each file that is written (default 1G)",
        .accepted = "a number of MiB or one with suffix K, M or G, above 0",
        .apply = apply_output_limit,
    },
    {
        .name = "output-wait",
        .value = "SECONDS",
        .help = "at the end, for a paused reader (default 3600)",
        .accepted = "a number of seconds from 0 to 1000000000, as 90, 0.5 or 1e3",
        .apply = apply_output_wait,
    },
    {
        .name = "timeout",
        .letter = 't',
        .value = "SECONDS",
        .help = "end the run after that time (default: never)",
        .accepted = RUN_OPTIONS_TIMEOUT_ACCEPTED,
        .apply = run_options_apply_timeout,
    },
    {
        .name = "grace",
        .value = "SECONDS",
        .help = "from SIGTERM, the power button, to the end (default 5)",
        .accepted = "a number of seconds from 0 to 1000000000, as 90, 0.5 or 1e3",
        .apply = apply_grace,
    },
    {
        .name = "exit-port",
        .value = "HOW",
        .help = "status for v at port 0xf4: qemu (default), or plain, v",
        .accepted = "qemu or plain",
        .words = exit_port_words,
        .apply = apply_exit_port,
    },
    {
        .name = "exit-on-halt",
        .help = "end when every vCPU has halted with interrupts off",
        .apply = apply_exit_on_halt,
    },
};

const struct option_table run_option_table = OPTION_TABLE(rows);
