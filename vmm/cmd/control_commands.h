/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands of the control socket: a table, in which a command is one row with its arguments,
 * its function and its help. Where the name is QEMU's, so is the meaning.
 *
 * A new command: its function and its row in control_commands.c, its row in docs/control.md.
 */
#ifndef VMM_CMD_CONTROL_COMMANDS_H
#define VMM_CMD_CONTROL_COMMANDS_H

#include "vmm/host/qmp.h"

struct machine;
struct run_control;

/* What the commands are for: the ctx of their server. */
struct control_target {
    struct machine *machine;
    struct run_control *run;
};

/* The server with the table. target may be NULL if no command is called. */
struct qmp_server control_commands_server(struct control_target *target, const char *version);

#endif
