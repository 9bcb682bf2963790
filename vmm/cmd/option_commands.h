/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of the program, and which options each of them has. */
#ifndef VMM_CMD_OPTION_COMMANDS_H
#define VMM_CMD_OPTION_COMMANDS_H

#include "vmm/cmd/option_rows.h"

struct option_command {
    /* The first argument; "" for the command without a name, which boots a guest. */
    const char *name;
    /* What --help prints before and after the options. */
    const char *usage;
    const char *ending;
    /* The options of this command alone; NULL: it has none. */
    const struct option_table *own;
    /* It has the options of the machine too; where one of its own has the same name, that counts.
     */
    bool has_machine;
    /* It has the options of a run that do not describe the machine. */
    bool has_run;
    /* --help lists its own options only. */
    bool helps_own_only;
};

/* By enum options_command. */
extern const struct option_command option_commands[COMMANDS];

/* All options of the command: its own, those of the machine, those of every command. */
void option_commands_list(enum options_command command, struct option_list *list);

/* Whether the option is one of the machine or of its boot: a guest that is restored has its own. */
bool option_commands_is_of_boot(const struct option_row *row);

#endif
