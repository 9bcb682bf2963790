/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See options.h. One table row for each option: adding one is a row, a function, a line of help.
 */
#include "vmm/cmd/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/cmd/clock_options.h"
#include "vmm/cmd/doctor_options.h"
#include "vmm/cmd/lost_ticks_options.h"
#include "vmm/cmd/option_rows.h"
#include "vmm/cmd/rtc_options.h"
#include "vmm/cmd/tsc_options.h"

#define NS_PER_SECOND     UINT64_C(1000000000)
#define MAX_TIMEOUT_SEC   UINT64_C(1000000000)
#define ARRAY_LENGTH(row) (sizeof(row) / sizeof((row)[0]))

static bool apply_path(const char **path, const char *value)
{
    *path = value;
    return *value != '\0';
}

static bool apply_initrd(struct options *options, const char *value)
{
    return apply_path(&options->host.initrd_path, value);
}

static bool apply_report(struct options *options, const char *value)
{
    return apply_path(&options->host.report_path, value);
}

static bool apply_append(struct options *options, const char *value)
{
    options->host.append = value;
    return true;
}

static bool apply_cmdline(struct options *options, const char *value)
{
    options->host.cmdline = value;
    return true;
}

bool options_parse_number(const char **text, uint64_t max, uint64_t *number)
{
    char *end;

    /* strtoull would take a sign or spaces. */
    if (!isdigit((unsigned char)**text))
        return false;
    errno = 0;
    *number = strtoull(*text, &end, 10);
    *text = end;
    return errno == 0 && *number <= max;
}

static bool apply_cpus(struct options *options, const char *value)
{
    uint64_t count;

    if (!options_parse_number(&value, UINT32_MAX, &count) || *value != '\0')
        return false;
    options->config.cpu_count = (uint32_t)count;
    return true;
}

/* The power of two that a suffix of sizes stands for; 0 if it is none. */
static unsigned size_suffix_shift(char suffix)
{
    switch (suffix) {
    case 'K':
    case 'k':
        return 10;
    case 'M':
    case 'm':
        return 20;
    case 'G':
    case 'g':
        return 30;
    default:
        return 0;
    }
}

static bool apply_memory(struct options *options, const char *value)
{
    uint64_t count;
    unsigned shift;

    if (!options_parse_number(&value, UINT64_MAX, &count))
        return false;
    shift = size_suffix_shift(*value);
    if (shift == 0 || value[1] != '\0' || count > UINT64_MAX >> shift)
        return false;
    options->config.memory_bytes = count << shift;
    return true;
}

static bool apply_console(struct options *options, const char *value)
{
    static const char file[] = "file:";

    if (strcmp(value, "stdio") == 0)
        options->host.console = CONSOLE_STDIO;
    else if (strcmp(value, "none") == 0)
        options->host.console = CONSOLE_NONE;
    else if (strncmp(value, file, strlen(file)) == 0)
        options->host.console = CONSOLE_FILE;
    else
        return false;
    return options->host.console != CONSOLE_FILE ||
           apply_path(&options->host.console_path, value + strlen(file));
}

/* Up to 9 digits after the decimal point, as nanoseconds; *text is moved behind them. */
static uint64_t parse_fraction_ns(const char **text)
{
    uint64_t ns = 0;

    for (uint64_t unit_ns = NS_PER_SECOND / 10; isdigit((unsigned char)**text); unit_ns /= 10)
        ns += unit_ns * (uint64_t)(*(*text)++ - '0');
    return ns;
}

static bool apply_timeout(struct options *options, const char *value)
{
    uint64_t seconds;

    if (!options_parse_number(&value, MAX_TIMEOUT_SEC, &seconds))
        return false;
    options->host.timeout_ns = seconds * NS_PER_SECOND;
    if (*value == '.') {
        value++;
        options->host.timeout_ns += parse_fraction_ns(&value);
    }
    return *value == '\0' && options->host.timeout_ns > 0;
}

static bool apply_on_resume(struct options *options, const char *value)
{
    if (strcmp(value, "freeze") != 0 && strcmp(value, "advance") != 0)
        return false;
    options->config.on_resume = value[0] == 'f' ? ON_RESUME_FREEZE : ON_RESUME_ADVANCE;
    return true;
}

static bool apply_steal(struct options *options, const char *value)
{
    uint64_t percent = 0;

    options->config.steal = strcmp(value, "kvm") == 0 ? STEAL_KVM : STEAL_PERCENT;
    if (options->config.steal == STEAL_PERCENT &&
        !options_parse_number(&value, UINT32_MAX, &percent))
        return false;
    options->config.steal_percent = (uint32_t)percent;
    return strcmp(value, options->config.steal == STEAL_PERCENT ? "%" : "kvm") == 0;
}

static bool apply_hpet(struct options *options, const char *value)
{
    static const char timers[] = "timers=";
    uint64_t count;

    if (strncmp(value, timers, strlen(timers)) != 0)
        return false;
    value += strlen(timers);
    if (!options_parse_number(&value, UINT32_MAX, &count) || *value != '\0')
        return false;
    options->config.hpet_timers = (uint32_t)count;
    /* No timers would be no HPET. */
    return count != 0;
}

static bool apply_no_hpet(struct options *options, const char *value)
{
    (void)value;
    options->config.hpet_timers = 0;
    return true;
}

static bool apply_pmtimer(struct options *options, const char *value)
{
    if (strcmp(value, "24") != 0 && strcmp(value, "32") != 0)
        return false;
    options->config.pmtimer_bits = value[0] == '2' ? 24 : 32;
    return true;
}

static bool apply_no_pmtimer(struct options *options, const char *value)
{
    (void)value;
    options->config.pmtimer_bits = 0;
    return true;
}

static bool apply_invtsc(struct options *options, const char *value)
{
    (void)value;
    options->config.invtsc = true;
    return true;
}

static bool apply_halt_in_guest(struct options *options, const char *value)
{
    (void)value;
    options->config.halt_in_guest = true;
    return true;
}

static bool apply_tsc_best_effort(struct options *options, const char *value)
{
    (void)value;
    options->host.tsc_best_effort = true;
    return true;
}

static bool apply_verbose(struct options *options, const char *value)
{
    (void)value;
    options->host.verbose = true;
    return true;
}

/* Of `minivmm` and of `minivmm check`. */
static const struct option_row machine_rows[] = {
    {"initrd", 'i', "the name of a file", apply_initrd},
    {"append", 'a', "words for the kernel command line", apply_append},
    {"cmdline", 0, "words for the kernel command line", apply_cmdline},
    {"cpus", 'c', "a number from 1 to 255", apply_cpus},
    {"memory", 'm', "a number with suffix K, M or G, from 2M to 1024G in steps of 4K",
     apply_memory},
    {"console", 0, "stdio, file:PATH or none", apply_console},
    {"report", 0, "the name of a file", apply_report},
    {"timeout", 't', "a number of seconds above 0 and up to 1000000000, decimals allowed",
     apply_timeout},
    {"kvmclock", 0, CLOCK_OPTIONS_KVMCLOCK_ACCEPTED, clock_options_apply_kvmclock},
    {"kvmclock-follow", 0, CLOCK_OPTIONS_FOLLOW_ACCEPTED, clock_options_apply_follow},
    {"rtc", 0, RTC_OPTIONS_ACCEPTED, rtc_options_apply},
    {"hpet", 0, "timers=N with N from 3 to 32", apply_hpet},
    {"no-hpet", 0, NULL, apply_no_hpet},
    {"pmtimer", 0, "24 or 32", apply_pmtimer},
    {"no-pmtimer", 0, NULL, apply_no_pmtimer},
    {"lost-ticks", 0, LOST_TICKS_OPTIONS_ACCEPTED, lost_ticks_options_apply},
    {"tsc", 0, TSC_OPTIONS_ACCEPTED, tsc_options_apply},
    {"tsc-best-effort", 0, NULL, apply_tsc_best_effort},
    {"steal", 0, "kvm, or 0% to 99%", apply_steal},
    {"on-resume", 0, "freeze or advance", apply_on_resume},
    {"invtsc", 0, NULL, apply_invtsc},
    {"halt-in-guest", 0, NULL, apply_halt_in_guest},
};

static const struct option_row common_rows[] = {
    {"verbose", 'v', NULL, apply_verbose},
    /* These end the parsing: option_rows_apply knows them by their letters. */
    {"help", 'h', NULL, NULL},
    {"version", 'V', NULL, NULL},
};

/* Of `minivmm check` alone. */
static const struct option_row check_rows[] = {
    {"expect", 0, CHECK_EXPECT_ACCEPTED, check_options_apply_expect},
    {"format", 0, CHECK_FORMAT_ACCEPTED, check_options_apply_format},
    {"matrix", 0, NULL, check_options_apply_matrix},
    {"merge", 0, NULL, check_options_apply_merge},
    {"shard", 0, CHECK_SHARD_ACCEPTED, check_options_apply_shard},
    {"cell", 0, CHECK_CELL_ACCEPTED, check_options_apply_cell},
};

static const struct option_row doctor_rows[] = {
    {"format", 0, DOCTOR_FORMAT_ACCEPTED, doctor_options_apply_format},
};

#define TABLE(rows)                                                                                \
    {                                                                                              \
        rows, ARRAY_LENGTH(rows)                                                                   \
    }

/* A command is the first argument; without a name it is to boot a guest. */
static const struct {
    const char *name;
    struct option_table tables[3];
    unsigned table_count;
} commands[] = {
    [COMMAND_RUN] = {"", {TABLE(common_rows), TABLE(machine_rows)}, 2},
    [COMMAND_CHECK] = {"check", {TABLE(common_rows), TABLE(machine_rows), TABLE(check_rows)}, 3},
    [COMMAND_DOCTOR] = {"doctor", {TABLE(common_rows), TABLE(doctor_rows)}, 2},
};

static enum options_command find_command(int argc, char **argv)
{
    for (unsigned i = COMMAND_RUN + 1; argc > 1 && i < ARRAY_LENGTH(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return i;
    return COMMAND_RUN;
}

/* The arguments that are not options: KERNEL alone, or for the doctor none. */
static enum options_verdict take_operands(int count, char **operands, struct options *options,
                                          char *error, size_t error_size)
{
    if (options->command == COMMAND_DOCTOR && count > 0)
        snprintf(error, error_size, "doctor boots no KERNEL of yours, and '%s' is given",
                 operands[0]);
    if (options->command == COMMAND_DOCTOR)
        return count > 0 ? OPTIONS_BAD : OPTIONS_RUN;
    options->check.operands = operands;
    options->check.operand_count = (unsigned)count;
    if (count > 0 && (options->check.matrix || options->check.merge))
        return OPTIONS_RUN;
    if (count == 1 && operands[0][0] != '\0') {
        options->host.kernel_path = operands[0];
        return OPTIONS_RUN;
    }
    if (count > 1)
        snprintf(error, error_size, "one KERNEL is accepted, and '%s' comes after '%s'",
                 operands[1], operands[0]);
    else
        snprintf(error, error_size, "the name of a KERNEL is missing; see --help");
    return OPTIONS_BAD;
}

/* What is wrong with options that are right each by itself. */
static bool options_contradict(const struct options *options, char *error, size_t error_size)
{
    if (options->tsc_cpus_named <= options->config.cpu_count)
        return false;
    snprintf(error, error_size, "--tsc %u:...: vCPUs are 0 to %u; --cpus makes more",
             options->tsc_cpus_named - 1, options->config.cpu_count - 1);
    return true;
}

static void set_defaults(struct options *options, enum options_command command)
{
    *options = (struct options){
        .config = machine_config_default,
        .host.cmdline = OPTIONS_DEFAULT_CMDLINE,
        .host.console = CONSOLE_STDIO,
        .command = command,
    };
    if (command == COMMAND_CHECK) {
        options->host.console = CONSOLE_NONE;
        options->host.timeout_ns = CHECK_DEFAULT_TIMEOUT_SEC * NS_PER_SECOND;
    }
}

/* What was said of the TSC of all vCPUs is of those that there are. */
static void forget_absent_vcpus(struct machine_config *config)
{
    for (unsigned i = config->cpu_count; i < MACHINE_MAX_CPUS; i++)
        config->tsc[i] = (struct tsc_request){0};
}

bool options_make_machine(const struct options *options)
{
    struct machine_config config = options->config;
    char error[1];

    forget_absent_vcpus(&config);
    return machine_config_validate(&config, error, sizeof error);
}

/* After all options: the operands, and what can only be said of the options together. */
static enum options_verdict finish(int count, char **operands, struct options *options, char *error,
                                   size_t error_size)
{
    enum options_verdict verdict;

    if (options_contradict(options, error, error_size))
        return OPTIONS_BAD;
    verdict = take_operands(count, operands, options, error, error_size);
    if (verdict == OPTIONS_RUN && options->command == COMMAND_CHECK &&
        !check_options_finish(options, error, error_size))
        return OPTIONS_BAD;
    forget_absent_vcpus(&options->config);
    if (verdict == OPTIONS_RUN && !machine_config_validate(&options->config, error, error_size))
        return OPTIONS_BAD;
    return verdict;
}

enum options_verdict options_parse(int argc, char **argv, struct options *options, char *error,
                                   size_t error_size)
{
    enum options_command command = find_command(argc, argv);
    int skipped = command != COMMAND_RUN;
    enum options_verdict verdict;

    set_defaults(options, command);
    argc -= skipped;
    argv += skipped;
    verdict = option_rows_apply(commands[command].tables, commands[command].table_count, argc, argv,
                                options, error, error_size);
    if (verdict != OPTIONS_RUN)
        return verdict;
    return finish(argc - optind, argv + optind, options, error, error_size);
}
