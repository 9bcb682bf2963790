/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of options, and getopt_long driven by them. A command's options are a few tables: those of
 * the machine, its own, those that all commands have. Pure but for getopt's own variables.
 *
 * In a circle with options.h: its table calls what parses this, which fills in struct options.
 */
#ifndef VMM_CMD_OPTION_ROWS_H
#define VMM_CMD_OPTION_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "vmm/cmd/options.h"

struct option_row {
    const char *name;
    /* 0: there is no short form. */
    char letter;
    /* Completes "accepted is ..."; NULL for an option without a value. */
    const char *accepted;
    /* Takes the value over; false if it is not accepted. Of help and version NULL. */
    bool (*apply)(struct options *options, const char *value);
};

struct option_table {
    const struct option_row *rows;
    unsigned count;
};

/* Of all tables of a command. */
#define OPTION_ROWS_MAX 64

/*
 * Takes over all options of argv, whose words behind argv[0] may be in any order; optind is then
 * the first that is none. OPTIONS_HELP and OPTIONS_VERSION come from the letters h and V and end
 * the parsing. OPTIONS_BAD leaves one line in error.
 */
enum options_verdict option_rows_apply(const struct option_table *tables, unsigned table_count,
                                       int argc, char **argv, struct options *options, char *error,
                                       size_t error_size);

#endif
