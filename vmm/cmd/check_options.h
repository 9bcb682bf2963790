/* SPDX-License-Identifier: BSD-2-Clause */
/* The options that `minivmm check` has beside those of the machine. */
#ifndef VMM_CMD_CHECK_OPTIONS_H
#define VMM_CMD_CHECK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "vmm/cmd/option_rows.h"

extern const struct option_table check_option_table;

extern const char check_options_usage[];
extern const char check_options_ending[];

/* `minivmm experiment` has these options with another help. */
#define CHECK_OPTIONS_FORMAT_ACCEPTED "table, tap, junit, json, markdown or github"
#define CHECK_OPTIONS_SHARD_ACCEPTED  "I/N with 1 <= I <= N <= 4096"
#define CHECK_OPTIONS_OUTPUT_ACCEPTED "the name of a folder"

extern const char *const check_options_format_words[];

bool check_options_apply_format(struct options *options, const char *value);
bool check_options_apply_shard(struct options *options, const char *value);
bool check_options_apply_output(struct options *options, const char *value);
bool check_options_apply_cell(struct options *options, const char *value);
bool check_options_apply_merge(struct options *options, const char *value);

/* Where a check differs from a run: no console, and a time limit. */
void check_options_set_defaults(struct options *options);

/*
 * After all options are known: reads the expectations and refuses those that contradict the
 * machine. False: error holds one line.
 */
bool check_options_finish(struct options *options, char *error, size_t error_size);

/* "@FILE" among the values of --expect. */
#define CHECK_OPTIONS_FILE '@'

/*
 * Whether expectations are in files, or the machine is in a snapshot. Then check_options_finish
 * leaves check_options_expect to whoever reads them into expect_files, and the machine into config:
 * the parser of the options opens no file.
 */
bool check_options_expect_later(const struct options *options);

/* Reads the expectations, and refuses those that contradict the machine. False: as above. */
bool check_options_expect(struct options *options, char *error, size_t error_size);

/* What of the machine decides whether an expectation can hold. */
struct check_machine check_options_machine(const struct options *options);

#endif
