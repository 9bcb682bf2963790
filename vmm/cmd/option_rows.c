/* SPDX-License-Identifier: BSD-2-Clause */
/* See option_rows.h. */
#include "vmm/cmd/option_rows.h"

#include <assert.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* Above all letters: getopt_long returns FIRST_LONG_VALUE + i for the long form of row i. */
#define FIRST_LONG_VALUE 256

/* What getopt_long is told of the rows. */
struct getopt_tables {
    struct option long_options[OPTION_ROWS_MAX + 1];
    char letters[2 * OPTION_ROWS_MAX + 2];
};

static bool has_name(const struct option_list *list, const char *name)
{
    for (unsigned i = 0; i < list->count; i++)
        if (strcmp(list->rows[i]->name, name) == 0)
            return true;
    return false;
}

void option_list_add(struct option_list *list, const struct option_table *table)
{
    for (unsigned i = 0; i < table->count; i++) {
        if (has_name(list, table->rows[i].name))
            continue;
        assert(list->count < OPTION_ROWS_MAX);
        list->rows[list->count++] = &table->rows[i];
    }
}

/* The colon in front lets getopt tell a missing value from an option that does not exist. */
static void fill_getopt_tables(const struct option_list *list, struct getopt_tables *tables)
{
    char *letter = tables->letters;

    *letter++ = ':';
    for (unsigned i = 0; i < list->count; i++) {
        const struct option_row *row = list->rows[i];
        int has_value = row->value_is_optional ? optional_argument
                        : row->value != NULL   ? required_argument
                                               : no_argument;

        tables->long_options[i] =
            (struct option){row->name, has_value, NULL, FIRST_LONG_VALUE + (int)i};
        if (row->letter == 0)
            continue;
        *letter++ = row->letter;
        if (has_value == required_argument)
            *letter++ = ':';
    }
}

/* The row for what getopt_long returned or left in optopt; NULL if there is none. */
static const struct option_row *row_of(const struct option_list *list, int value)
{
    if (value >= FIRST_LONG_VALUE)
        return list->rows[value - FIRST_LONG_VALUE];
    for (unsigned i = 0; i < list->count; i++)
        if (list->rows[i]->letter == value && value != 0)
            return list->rows[i];
    return NULL;
}

/* What getopt_long answered '?' or ':' to. */
static void describe_misuse(const struct option_list *list, int answer, char **argv, char *error,
                            size_t error_size)
{
    const struct option_row *row = row_of(list, optopt);

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

/* Whether the options so far make a machine, if no others follow. */
static bool is_machine(const struct options *options)
{
    struct machine_config config = options->config;
    char error[1];

    machine_config_forget_absent(&config);
    return machine_config_validate_fields(&config, error, sizeof error);
}

static void describe_refusal(const struct option_row *row, const char *value, char *error,
                             size_t error_size)
{
    const char *fault = row->fault != NULL ? row->fault(value) : NULL;

    snprintf(error, error_size, "--%s '%s': %s%s", row->name, value,
             fault != NULL ? "" : "accepted is ", fault != NULL ? fault : row->accepted);
}

static bool is_opposite(const struct option_row *one, const struct option_row *other)
{
    return one->undoes != NULL && strcmp(one->undoes, other->name) == 0;
}

/* Whether the row and one that was given say the opposite of each other. */
static bool is_undone(const struct option_list *given, const struct option_row *row, char *error,
                      size_t error_size)
{
    for (unsigned i = 0; i < given->count; i++)
        if (is_opposite(row, given->rows[i]) || is_opposite(given->rows[i], row)) {
            snprintf(error, error_size, "--%s undoes --%s; leave one of them out", row->name,
                     given->rows[i]->name);
            return true;
        }
    return false;
}

/* The value of an option that may stand without: behind '=', or the next word of argv. */
static const char *take_value(const struct option_row *row, int argc, char **argv)
{
    if (optarg != NULL || !row->value_is_optional || optind >= argc)
        return optarg;
    for (const char *const *word = row->words; *word != NULL; word++)
        if (strncmp(argv[optind], *word, strlen(*word)) == 0)
            return argv[optind++];
    return NULL;
}

enum options_verdict option_list_apply(const struct option_list *list, int argc, char **argv,
                                       struct options *options, struct option_list *given,
                                       char *error, size_t error_size)
{
    struct getopt_tables tables = {0};
    int answer;

    fill_getopt_tables(list, &tables);
    /* glibc: start afresh, whatever was parsed before. */
    optind = 0;
    opterr = 0;
    while ((answer = getopt_long(argc, argv, tables.letters, tables.long_options, NULL)) != -1) {
        const struct option_row *row = row_of(list, answer);
        const char *value;

        if (row == NULL) {
            describe_misuse(list, answer, argv, error, error_size);
            return OPTIONS_BAD;
        }
        if (row->ends != OPTIONS_RUN)
            return row->ends;
        value = take_value(row, argc, argv);
        if (!row->apply(options, value) || !is_machine(options)) {
            describe_refusal(row, value, error, error_size);
            return OPTIONS_BAD;
        }
        if (is_undone(given, row, error, error_size))
            return OPTIONS_BAD;
        option_list_add(given, &(struct option_table){row, 1});
    }
    return OPTIONS_RUN;
}
