/* SPDX-License-Identifier: BSD-2-Clause */
/* --steal, --on-resume, --invtsc and --halt-in-guest. */
#ifndef VMM_CMD_VCPU_OPTIONS_H
#define VMM_CMD_VCPU_OPTIONS_H

#include "vmm/cmd/option_rows.h"

extern const struct option_table vcpu_option_table;

#endif
