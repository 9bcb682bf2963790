/* SPDX-License-Identifier: BSD-2-Clause */
/* See options_parse.h. */
#include "vmm/cmd/options_parse.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "vmm/cmd/check_options.h"
#include "vmm/cmd/chip_options.h"
#include "vmm/cmd/ctl_options.h"
#include "vmm/cmd/experiment_options.h"
#include "vmm/cmd/kernel_options.h"
#include "vmm/cmd/option_commands.h"
#include "vmm/cmd/restore_options.h"
#include "vmm/cmd/run_options.h"
#include "vmm/cmd/run_test_options.h"
#include "vmm/cmd/sandbox_options.h"
#include "vmm/cmd/snapshot_options.h"
#include "vmm/cmd/trace_options.h"

static enum options_command find_command(int argc, char **argv)
{
    for (unsigned i = COMMAND_RUN + 1; argc > 1 && i < COMMANDS; i++)
        if (strcmp(argv[1], option_commands[i].name) == 0)
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
    if (options->command == COMMAND_RUN_TEST)
        return run_test_options_take(count, operands, options, error, error_size) ? OPTIONS_RUN
                                                                                  : OPTIONS_BAD;
    if (options->command == COMMAND_SNAPSHOT)
        return snapshot_options_take(count, operands, options, error, error_size);
    if (options->command == COMMAND_CTL)
        return ctl_options_take_operands(options, operands, (unsigned)count, error, error_size)
                   ? OPTIONS_RUN
                   : OPTIONS_BAD;
    if (options->command == COMMAND_RESTORE)
        return restore_options_take(count, operands, options, error, error_size);
    if (options->command == COMMAND_TRACE)
        return trace_options_take(count, operands, options, error, error_size);
    if (options->command == COMMAND_EXPERIMENT)
        return experiment_options_take(count, operands, options, error, error_size);
    if (options->restore.path != NULL && count > 0) {
        snprintf(error, error_size, "--from FILE has a kernel, and '%s' is given", operands[0]);
        return OPTIONS_BAD;
    }
    if (options->restore.path != NULL) {
        options->host.kernel_path = options->restore.path;
        return OPTIONS_RUN;
    }
    options->check.operands = operands;
    options->check.operand_count = (unsigned)count;
    if (count > 0 && (options->check.matrix || options->check.merge))
        return OPTIONS_RUN;
    if (count == 1 && operands[0][0] != '\0') {
        options->host.kernel_path = operands[0];
        return OPTIONS_RUN;
    }
    if (options->check.merge)
        snprintf(error, error_size, "--merge: the names of the FILEs to merge are missing");
    else if (count > 1)
        snprintf(error, error_size, "one KERNEL is accepted, and '%s' comes after '%s'",
                 operands[1], operands[0]);
    else
        snprintf(error, error_size, "the name of a KERNEL is missing; see --help");
    return OPTIONS_BAD;
}

/* An option of a boot, where a check restores its guest. */
static bool has_option_of_boot(const struct options *options, const struct option_list *given,
                               char *error, size_t error_size)
{
    if (options->command != COMMAND_CHECK || options->restore.path == NULL)
        return false;
    for (unsigned i = 0; i < given->count; i++)
        if (option_commands_is_of_boot(given->rows[i])) {
            snprintf(error, error_size, "--%s: kernel and machine are those of --from FILE",
                     given->rows[i]->name);
            return true;
        }
    return false;
}

/* What is wrong with options that are right each by itself. */
static bool options_contradict(const struct options *options, char *error, size_t error_size)
{
    if (options->host.reboot_again && options->command != COMMAND_RUN) {
        snprintf(error, error_size, "--reboot again: %s is of one boot",
                 option_commands[options->command].name);
        return true;
    }
    if (options->host.tai_offset.source != TAI_OFFSET_UNSAID &&
        options->config.vmclock != VMCLOCK_TAI) {
        snprintf(error, error_size,
                 "--tai-offset is shown to the guest by --vmclock tai only; leave it out");
        return true;
    }
    if (options->config.ptp_kvm == PTP_KVM_HOST && options->config.rtc_base == RTC_BASE_FIXED) {
        snprintf(error, error_size,
                 "--ptp-kvm host tells the guest the host's date, which --rtc base= with a date "
                 "hides; leave one of them out");
        return true;
    }
    if (options->time_rate_count > 1) {
        snprintf(error, error_size, "--time-rate is given twice; a run has one");
        return true;
    }
    if (!dilation_is_one(options->config.time_rate) && options->host.skip_idle.max_speed != 0) {
        snprintf(error, error_size,
                 "--time-rate and --skip-idle max-speed= both say how fast guest time runs; leave "
                 "out one of them");
        return true;
    }
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
        .host.linux_words = KERNEL_OPTIONS_CMDLINE,
        .host.console = CONSOLE_STDIO,
        .host.grace_ns = RUN_OPTIONS_DEFAULT_GRACE_NS,
        .host.output_wait_ns = RUN_OPTIONS_DEFAULT_OUTPUT_WAIT_NS,
        .host.sandbox = SANDBOX_OPTIONS_DEFAULT,
        .host.output_limit_bytes = RUN_OPTIONS_DEFAULT_OUTPUT_LIMIT_BYTES,
        .command = command,
    };
    if (command == COMMAND_CHECK)
        check_options_set_defaults(options);
    if (command == COMMAND_EXPERIMENT)
        experiment_options_set_defaults(options);
    if (command == COMMAND_RUN_TEST)
        run_test_options_set_defaults(options);
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
    chip_options_finish(options);
    machine_config_forget_absent(&options->config);
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
    struct option_list list, given = {.count = 0};

    set_defaults(options, command);
    argc -= skipped;
    argv += skipped;
    option_commands_list(command, &list);
    verdict = option_list_apply(&list, argc, argv, options, &given, error, error_size);
    if (verdict == OPTIONS_RUN && has_option_of_boot(options, &given, error, error_size))
        return OPTIONS_BAD;
    if (verdict != OPTIONS_RUN)
        return verdict;
    return finish(argc - optind, argv + optind, options, error, error_size);
}
