/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An option is one row: all that the program knows of it. The parser here, --help (options_help.h),
 * the description of a machine (options_machine.h) and the shell's completion walk the same rows.
 *
 * Pure, but for the variables of getopt: one thread at a time.
 */
#ifndef VMM_CMD_OPTION_ROWS_H
#define VMM_CMD_OPTION_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "vmm/cmd/options.h"

struct option_row {
    const char *name;
    /* 0: there is no short form. */
    char letter;
    /* What --help calls the value; NULL: the option takes none. */
    const char *value;
    /*
     * For --help; a line may end in the middle by '\n'. NULL with a letter: --help names it on its
     * last line only. NULL without a letter: the help of another row names it.
     */
    const char *help;
    /* Completes "accepted is ..."; NULL for an option without a value. */
    const char *accepted;
    /*
     * What is wrong with a value that apply refuses: takes the place of "accepted is ...". It may
     * have no better answer, NULL. NULL: it never has.
     */
    const char *(*fault)(const char *value);
    /* The option that says the opposite: only one of them is accepted. NULL: there is none. */
    const char *undoes;
    /*
     * For the shell's completion: what the value may be, or begin with if it ends in '=' or ':'.
     * FILE at the end of a word stands for the name of a file. Ends in NULL; NULL: nothing is
     * known of the value.
     */
    const char *const *words;
    /*
     * The option may stand without its value; what follows it is that only if it begins with one of
     * `words`. apply is given NULL without it.
     */
    bool value_is_optional;
    /* Takes the value over; false if it is not accepted. NULL where `ends` is set. */
    bool (*apply)(struct options *options, const char *value);
    /*
     * Adds the option with its value, as it is given on the command line of a shell; nothing if the
     * machine has the default. NULL if the option is no part of the machine, or another row's.
     */
    void (*print)(const struct options *options, struct text *text);
    /*
     * The place of what print adds: 1 is first; 0 is behind all others. Results of old and new
     * checks are compared by that text, so the places do not change. A new option has 0.
     */
    unsigned print_rank;
    /* A guest that is restored can be told it as well: see option_commands_is_of_boot. */
    bool is_of_restore_too;
    /* Parsing ends here with that verdict; OPTIONS_RUN: it goes on. */
    enum options_verdict ends;
};

struct option_table {
    const struct option_row *rows;
    unsigned count;
};

#define OPTION_TABLE(rows)                                                                         \
    {                                                                                              \
        (rows), sizeof(rows) / sizeof((rows)[0])                                                   \
    }

#define OPTION_ROWS_MAX 64

/* The rows of a command, each name once. */
struct option_list {
    const struct option_row *rows[OPTION_ROWS_MAX];
    unsigned count;
};

/* Adds the rows whose names are not in the list yet. */
void option_list_add(struct option_list *list, const struct option_table *table);

/*
 * Takes over all options of argv, whose words behind argv[0] may be in any order; optind is then
 * the first that is none. After each option the machine so far is validated, so that a value beyond
 * a limit is found with the option that gave it. given is empty before, and has them then.
 * OPTIONS_BAD leaves one line in error.
 */
enum options_verdict option_list_apply(const struct option_list *list, int argc, char **argv,
                                       struct options *options, struct option_list *given,
                                       char *error, size_t error_size);

#endif
