/* SPDX-License-Identifier: BSD-2-Clause */
/* See option_rows.h. */
#include "vmm/cmd/option_rows.h"

#include <assert.h>
#include <getopt.h>
#include <stdio.h>

/* Above all letters: the long form of row i has the value FIRST_LONG_VALUE + i. */
#define FIRST_LONG_VALUE 256

/* All rows of a command, and what getopt_long is told of them. */
struct command_rows {
    const struct option_row *rows[OPTION_ROWS_MAX];
    unsigned count;
    struct option long_options[OPTION_ROWS_MAX + 1];
    char letters[2 * OPTION_ROWS_MAX + 2];
};

static void add_row(struct command_rows *all, const struct option_row *row, char **letter)
{
    int has_value = row->accepted != NULL ? required_argument : no_argument;

    assert(all->count < OPTION_ROWS_MAX);
    all->rows[all->count] = row;
    all->long_options[all->count] =
        (struct option){row->name, has_value, NULL, FIRST_LONG_VALUE + (int)all->count};
    all->count++;
    if (row->letter == 0)
        return;
    *(*letter)++ = row->letter;
    if (has_value == required_argument)
        *(*letter)++ = ':';
}

/* The colon in front makes getopt tell a missing value from an option that there is not. */
static void join_tables(struct command_rows *all, const struct option_table *tables,
                        unsigned table_count)
{
    char *letter = all->letters;

    *letter++ = ':';
    for (unsigned i = 0; i < table_count; i++)
        for (unsigned j = 0; j < tables[i].count; j++)
            add_row(all, &tables[i].rows[j], &letter);
}

/* The row that a value of getopt_long stands for; NULL if none. */
static const struct option_row *row_of(const struct command_rows *all, int value)
{
    if (value >= FIRST_LONG_VALUE)
        return all->rows[value - FIRST_LONG_VALUE];
    for (unsigned i = 0; i < all->count; i++)
        if (all->rows[i]->letter == value && value != 0)
            return all->rows[i];
    return NULL;
}

/* What getopt_long answered '?' or ':' to. */
static void describe_misuse(const struct command_rows *all, int answer, char **argv, char *error,
                            size_t error_size)
{
    const struct option_row *row = row_of(all, optopt);

    if (row == NULL && optopt != 0)
        snprintf(error, error_size, "-%c: no such option; see --help", optopt);
    else if (row == NULL)
        snprintf(error, error_size,
                 "%s: no such option, or not the only one that begins so; "
                 "see --help",
                 argv[optind - 1]);
    else if (answer == ':')
        snprintf(error, error_size, "--%s: its value is missing; accepted is %s", row->name,
                 row->accepted);
    else
        snprintf(error, error_size, "--%s takes no value", row->name);
}

enum options_verdict option_rows_apply(const struct option_table *tables, unsigned table_count,
                                       int argc, char **argv, struct options *options, char *error,
                                       size_t error_size)
{
    struct command_rows all = {0};
    int answer;

    join_tables(&all, tables, table_count);
    /* glibc: start afresh, whatever was parsed before. */
    optind = 0;
    opterr = 0;
    while ((answer = getopt_long(argc, argv, all.letters, all.long_options, NULL)) != -1) {
        const struct option_row *row = row_of(&all, answer);

        if (row == NULL) {
            describe_misuse(&all, answer, argv, error, error_size);
            return OPTIONS_BAD;
        }
        if (row->letter == 'h')
            return OPTIONS_HELP;
        if (row->letter == 'V')
            return OPTIONS_VERSION;
        if (!row->apply(options, optarg) || !options_make_machine(options)) {
            snprintf(error, error_size, "--%s '%s': accepted is %s", row->name, optarg,
                     row->accepted);
            return OPTIONS_BAD;
        }
    }
    return OPTIONS_RUN;
}
