/* SPDX-License-Identifier: BSD-2-Clause */
/* See ctl_options.h. */
#include "vmm/cmd/ctl_options.h"

#include <stdio.h>
#include <string.h>

#include "vmm/cmd/control_commands.h"

const char ctl_options_usage[] =
    "Usage: minivmm ctl [OPTIONS] PATH COMMAND [NAME=VALUE]...\n"
    "Send a command to the run that was started with --control PATH, and print what\n"
    "it returns as JSON. query-commands lists the commands; docs/control.md says what\n"
    "each does.\n";

const char ctl_options_ending[] =
    "Exit status: 0 the command has done what it says; 2 it has not, and a line says\n"
    "why.\n";

static bool apply_events(struct options *options, const char *value)
{
    (void)value;
    options->ctl.events = true;
    return true;
}

static const struct option_row rows[] = {
    {
        .name = "events",
        .help = "then print events, a line of JSON each, until the run ends;\nno COMMAND is needed",
        .apply = apply_events,
    },
};

const struct option_table ctl_option_table = OPTION_TABLE(rows);

/* The first word behind an open command is a value without its name. */
static bool needs_name(const char *command, unsigned place)
{
    const struct qmp_server known = control_commands_server(NULL, "");
    const struct qmp_command *row = qmp_find(&known, command);

    return place > 0 || row == NULL || !row->is_open;
}

bool ctl_options_take_operands(struct options *options, char **operands, unsigned count,
                               char *error, size_t error_size)
{
    struct ctl_options *ctl = &options->ctl;

    if (count == 0) {
        snprintf(error, error_size, "the PATH of a control socket is missing; see ctl --help");
        return false;
    }
    ctl->path = operands[0];
    ctl->command = count > 1 ? operands[1] : NULL;
    ctl->arguments = operands + 2;
    ctl->argument_count = count > 2 ? count - 2 : 0;
    if (ctl->command == NULL && !ctl->events)
        snprintf(error, error_size,
                 "a COMMAND is missing after %s, such as query-commands; --events needs none",
                 ctl->path);
    for (unsigned i = 0; i < ctl->argument_count; i++)
        if (strchr(ctl->arguments[i], '=') == NULL && needs_name(ctl->command, i)) {
            snprintf(error, error_size, "'%s' is to be NAME=VALUE, an argument of %s",
                     ctl->arguments[i], ctl->command);
            return false;
        }
    return ctl->command != NULL || ctl->events;
}
