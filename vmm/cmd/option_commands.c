/* SPDX-License-Identifier: BSD-2-Clause */
/* See option_commands.h. */
#include "vmm/cmd/option_commands.h"

#include "vmm/cmd/check_options.h"
#include "vmm/cmd/chip_options.h"
#include "vmm/cmd/clock_options.h"
#include "vmm/cmd/ctl_options.h"
#include "vmm/cmd/disk_options.h"
#include "vmm/cmd/doctor_options.h"
#include "vmm/cmd/experiment_options.h"
#include "vmm/cmd/fault_options.h"
#include "vmm/cmd/json_options.h"
#include "vmm/cmd/kernel_options.h"
#include "vmm/cmd/lost_ticks_options.h"
#include "vmm/cmd/restore_options.h"
#include "vmm/cmd/rtc_options.h"
#include "vmm/cmd/run_options.h"
#include "vmm/cmd/run_test_options.h"
#include "vmm/cmd/sandbox_options.h"
#include "vmm/cmd/size_options.h"
#include "vmm/cmd/skip_options.h"
#include "vmm/cmd/sleep_options.h"
#include "vmm/cmd/snapshot_at_options.h"
#include "vmm/cmd/snapshot_options.h"
#include "vmm/cmd/trace_options.h"
#include "vmm/cmd/tsc_options.h"
#include "vmm/cmd/vcpu_options.h"
#include "vmm/cmd/virtio_options.h"
#include "vmm/cmd/vmclock_options.h"

/* In the order of --help. */
static const struct option_table *const machine_tables[] = {
    &kernel_option_table,      &size_option_table,    &run_option_table,
    &snapshot_at_option_table, &clock_option_table,   &vmclock_option_table,
    &rtc_option_table,         &chip_option_table,    &sleep_option_table,
    &lost_ticks_option_table,  &tsc_option_table,     &vcpu_option_table,
    &fault_option_table,       &skip_option_table,    &virtio_option_table,
    &disk_option_table,        &sandbox_option_table,
};

/* Of a guest that does not boot. */
static const struct option_table *const run_tables[] = {
    &run_option_table,  &snapshot_at_option_table, &fault_option_table,
    &skip_option_table, &disk_option_table,        &sandbox_option_table};

/* Of every command; the last line of --help names them. */
static const struct option_row common_rows[] = {
    {.name = "verbose", .letter = 'v', .apply = run_options_apply_verbose},
    {.name = "help", .letter = 'h', .ends = OPTIONS_HELP},
    {.name = "version", .letter = 'V', .ends = OPTIONS_VERSION},
};

static const struct option_table common_table = OPTION_TABLE(common_rows);

const struct option_command option_commands[COMMANDS] = {
    [COMMAND_RUN] =
        {
            .name = "",
            .usage = run_options_usage,
            .ending = run_options_ending,
            .has_machine = true,
        },
    [COMMAND_CHECK] =
        {
            .name = "check",
            .usage = check_options_usage,
            .ending = check_options_ending,
            .own = &check_option_table,
            .has_machine = true,
            .helps_own_only = true,
        },
    [COMMAND_DOCTOR] =
        {
            .name = "doctor",
            .usage = doctor_options_usage,
            .ending = doctor_options_ending,
            .own = &json_option_table,
        },
    [COMMAND_RUN_TEST] =
        {
            .name = "run-test",
            .usage = run_test_options_usage,
            .ending = run_test_options_ending,
            .own = &run_test_option_table,
            .has_machine = true,
            .helps_own_only = true,
        },
    [COMMAND_SNAPSHOT] =
        {
            .name = "snapshot",
            .usage = snapshot_options_usage,
            .ending = snapshot_options_ending,
            .own = &json_option_table,
        },
    [COMMAND_CTL] =
        {
            .name = "ctl",
            .usage = ctl_options_usage,
            .ending = ctl_options_ending,
            .own = &ctl_option_table,
        },
    [COMMAND_RESTORE] =
        {
            .name = "restore",
            .usage = restore_options_usage,
            .ending = restore_options_ending,
            .own = &restore_option_table,
            .has_run = true,
        },
    [COMMAND_EXPERIMENT] =
        {
            .name = "experiment",
            .usage = experiment_options_usage,
            .ending = experiment_options_ending,
            .own = &experiment_option_table,
        },
    [COMMAND_TRACE] =
        {
            .name = "trace",
            .usage = trace_options_usage,
            .ending = trace_options_ending,
            .own = &trace_option_table,
        },
};

static void add_tables(struct option_list *list, const struct option_table *const *tables,
                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        option_list_add(list, tables[i]);
}

void option_commands_list(enum options_command command, struct option_list *list)
{
    const struct option_command *of = &option_commands[command];

    list->count = 0;
    if (of->own != NULL)
        option_list_add(list, of->own);
    if (of->has_machine)
        add_tables(list, machine_tables, sizeof machine_tables / sizeof machine_tables[0]);
    if (of->has_run)
        add_tables(list, run_tables, sizeof run_tables / sizeof run_tables[0]);
    option_list_add(list, &common_table);
}

static bool has_row(const struct option_table *table, const struct option_row *row)
{
    return row >= table->rows && row < table->rows + table->count;
}

bool option_commands_is_of_boot(const struct option_row *row)
{
    bool is_of_machine = false, is_of_run = false;

    for (size_t i = 0; i < sizeof machine_tables / sizeof machine_tables[0]; i++)
        is_of_machine |= has_row(machine_tables[i], row);
    for (size_t i = 0; i < sizeof run_tables / sizeof run_tables[0]; i++)
        is_of_run |= has_row(run_tables[i], row);
    return is_of_machine && !is_of_run && !row->is_of_restore_too;
}
