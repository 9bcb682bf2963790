/* SPDX-License-Identifier: BSD-2-Clause */
/* Options of `minivmm run-test` beside those of the machine, and the texts of its --help. */
#ifndef VMM_CMD_RUN_TEST_OPTIONS_H
#define VMM_CMD_RUN_TEST_OPTIONS_H

#include "vmm/cmd/option_rows.h"

extern const struct option_table run_test_option_table;

extern const char run_test_options_usage[];
extern const char run_test_options_ending[];

void run_test_options_set_defaults(struct options *options);

/*
 * KERNEL -- PROGRAM [ARG...], which are what is behind the options, and what the options do
 * together. False after a line in error.
 */
bool run_test_options_take(int count, char **operands, struct options *options, char *error,
                           size_t error_size);

#endif
