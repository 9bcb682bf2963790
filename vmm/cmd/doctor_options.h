/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The options of `minivmm doctor`, for the table in options.c.
 *
 * In a circle with options.h: its table calls what parses this, which fills in struct options.
 */
#ifndef VMM_CMD_DOCTOR_OPTIONS_H
#define VMM_CMD_DOCTOR_OPTIONS_H

#include "vmm/cmd/options.h"

#define DOCTOR_FORMAT_ACCEPTED "table or json"

bool doctor_options_apply_format(struct options *options, const char *value);

/* What `minivmm doctor --help` prints. */
extern const char doctor_options_help_text[];

#endif
