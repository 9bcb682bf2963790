/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of `minivmm doctor`. */
#ifndef VMM_CMD_DOCTOR_OPTIONS_H
#define VMM_CMD_DOCTOR_OPTIONS_H

#include "vmm/cmd/option_rows.h"

extern const struct option_table doctor_option_table;

extern const char doctor_options_usage[];
extern const char doctor_options_ending[];

#endif
