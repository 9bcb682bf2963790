/* SPDX-License-Identifier: BSD-2-Clause */
/* The options and operands of `minivmm snapshot` (snapshot_tool.h). */
#ifndef VMM_CMD_SNAPSHOT_OPTIONS_H
#define VMM_CMD_SNAPSHOT_OPTIONS_H

#include "vmm/cmd/option_rows.h"

extern const char snapshot_options_usage[];
extern const char snapshot_options_ending[];

/* Takes over the words that are no options. OPTIONS_BAD: error has one line. */
enum options_verdict snapshot_options_take(int count, char **operands, struct options *options,
                                           char *error, size_t error_size);

#endif
