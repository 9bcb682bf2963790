/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of `minivmm restore`. Those of its files are run_options.h's. */
#ifndef VMM_CMD_RESTORE_OPTIONS_H
#define VMM_CMD_RESTORE_OPTIONS_H

#include "vmm/cmd/option_rows.h"

/* --clones */
#define CLONES_MAX 1000

extern const struct option_table restore_option_table;

extern const char restore_options_usage[];
extern const char restore_options_ending[];

#endif
