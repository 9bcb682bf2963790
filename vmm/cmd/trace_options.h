/* SPDX-License-Identifier: BSD-2-Clause */
/* The options and operands of `minivmm trace` (trace_tool.h). */
#ifndef VMM_CMD_TRACE_OPTIONS_H
#define VMM_CMD_TRACE_OPTIONS_H

#include "vmm/cmd/option_rows.h"

extern const char trace_options_usage[];
extern const char trace_options_ending[];
extern const struct option_table trace_option_table;

/* Takes over the words that are no options. OPTIONS_BAD: error has one line. */
enum options_verdict trace_options_take(int count, char **operands, struct options *options,
                                        char *error, size_t error_size);

#endif
