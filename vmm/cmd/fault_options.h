/* SPDX-License-Identifier: BSD-2-Clause */
/* --at 'TIME FAULT...', which may be given again, and --faults, which lists them. */
#ifndef VMM_CMD_FAULT_OPTIONS_H
#define VMM_CMD_FAULT_OPTIONS_H

#include "vmm/cmd/option_rows.h"

extern const struct option_table fault_option_table;

#define FAULT_OPTIONS_LIST_BYTES 32768

/* Appends what --faults prints: each fault with its arguments, its help and what it needs. */
void fault_options_add_list(struct text *text);

#endif
