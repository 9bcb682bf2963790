/* SPDX-License-Identifier: BSD-2-Clause */
/* The option --disk, of a guest that boots and of one that is restored. */
#ifndef VMM_CMD_DISK_OPTIONS_H
#define VMM_CMD_DISK_OPTIONS_H

#include "vmm/cmd/option_rows.h"

extern const struct option_table disk_option_table;

#endif
