/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of `minivmm experiment`. */
#ifndef VMM_CMD_EXPERIMENT_OPTIONS_H
#define VMM_CMD_EXPERIMENT_OPTIONS_H

#include <stddef.h>

#include "vmm/cmd/option_rows.h"

extern const struct option_table experiment_option_table;

extern const char experiment_options_usage[];
extern const char experiment_options_ending[];

#define EXPERIMENT_FILES_MAX 256

/* Where an experiment differs from a run: no console, and a time limit. */
void experiment_options_set_defaults(struct options *options);

/* The operands, which are FILEs, and what the options say together. OPTIONS_BAD with a line in
 * error. */
enum options_verdict experiment_options_take(int count, char **operands, struct options *options,
                                             char *error, size_t error_size);

#endif
