/* SPDX-License-Identifier: BSD-2-Clause */
/* The option --s3. */
#ifndef VMM_CMD_SLEEP_OPTIONS_H
#define VMM_CMD_SLEEP_OPTIONS_H

#include "vmm/cmd/option_rows.h"

extern const struct option_table sleep_option_table;

#endif
