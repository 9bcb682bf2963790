/* SPDX-License-Identifier: BSD-2-Clause */
/* --cpus and --memory. */
#ifndef VMM_CMD_SIZE_OPTIONS_H
#define VMM_CMD_SIZE_OPTIONS_H

#include "vmm/cmd/option_rows.h"

extern const struct option_table size_option_table;

#endif
