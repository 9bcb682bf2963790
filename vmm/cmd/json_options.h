/* SPDX-License-Identifier: BSD-2-Clause */
/* --format table|json, of the commands that print a table or JSON: options->json. */
#ifndef VMM_CMD_JSON_OPTIONS_H
#define VMM_CMD_JSON_OPTIONS_H

#include "vmm/cmd/option_rows.h"

extern const struct option_table json_option_table;

#endif
