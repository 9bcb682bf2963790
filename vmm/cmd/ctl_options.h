/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of `minivmm ctl`. */
#ifndef VMM_CMD_CTL_OPTIONS_H
#define VMM_CMD_CTL_OPTIONS_H

#include <stddef.h>

#include "vmm/cmd/option_rows.h"

extern const struct option_table ctl_option_table;

extern const char ctl_options_usage[];
extern const char ctl_options_ending[];

/*
 * The operands: PATH, COMMAND and its arguments NAME=VALUE. Without COMMAND there has to be
 * --events. False with a line in error.
 */
bool ctl_options_take_operands(struct options *options, char **operands, unsigned count,
                               char *error, size_t error_size);

#endif
