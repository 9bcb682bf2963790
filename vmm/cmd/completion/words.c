/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program of the build: prints what bash is told of the options, from their rows. minivmm.bash is
 * what uses it; the two together are the completion.
 *
 *   _minivmm_options COMMAND        sets options to all options of the command
 *   _minivmm_words COMMAND OPTION   sets words as in option_rows.h; status 1: OPTION takes no value
 *
 * The command without a name is "run" here.
 */
#include <stdio.h>

#include "vmm/cmd/option_commands.h"

static const char *name_of(enum options_command command)
{
    return command == COMMAND_RUN ? "run" : option_commands[command].name;
}

static void print_options(enum options_command command)
{
    struct option_list list;

    option_commands_list(command, &list);
    printf("    %s) options='", name_of(command));
    for (unsigned i = 0; i < list.count; i++)
        printf("%s--%s", i > 0 ? " " : "", list.rows[i]->name);
    printf("' ;;\n");
}

static void print_words(enum options_command command)
{
    struct option_list list;

    option_commands_list(command, &list);
    for (unsigned i = 0; i < list.count; i++) {
        const struct option_row *row = list.rows[i];

        if (row->value == NULL)
            continue;
        printf("    '%s --%s'", name_of(command), row->name);
        if (row->letter != 0)
            printf(" | '%s -%c'", name_of(command), row->letter);
        printf(") words='");
        for (const char *const *word = row->words; word != NULL && *word != NULL; word++)
            printf("%s%s", word != row->words ? " " : "", *word);
        printf("' ;;\n");
    }
}

int main(void)
{
    printf("_minivmm_commands='");
    for (enum options_command command = COMMAND_RUN + 1; command < COMMANDS; command++)
        printf("%s%s", command > COMMAND_RUN + 1 ? " " : "", option_commands[command].name);
    printf("'\n\n_minivmm_options() {\n    case $1 in\n");
    for (enum options_command command = 0; command < COMMANDS; command++)
        print_options(command);
    printf("    esac\n}\n\n_minivmm_words() {\n    case \"$1 $2\" in\n");
    for (enum options_command command = 0; command < COMMANDS; command++)
        print_words(command);
    printf("    *) return 1 ;;\n    esac\n}\n");
    return ferror(stdout) || fflush(stdout) != 0;
}
