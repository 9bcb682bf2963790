/* SPDX-License-Identifier: BSD-2-Clause */
/* --skip-idle: on or off, and its limits. */
#ifndef VMM_CMD_SKIP_OPTIONS_H
#define VMM_CMD_SKIP_OPTIONS_H

#include "vmm/cmd/option_rows.h"

extern const struct option_table skip_option_table;

#endif
