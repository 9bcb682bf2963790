/* SPDX-License-Identifier: BSD-2-Clause */
/* What --help prints: made from the rows of the options. */
#ifndef VMM_CMD_OPTIONS_HELP_H
#define VMM_CMD_OPTIONS_HELP_H

#include "base/text.h"
#include "vmm/cmd/options.h"

/* The longest help fits, with its NUL. */
#define OPTIONS_HELP_BYTES 4096

/* Adds the help of the command, lines of at most 80 columns. */
void options_help_add(enum options_command command, struct text *text);

#endif
