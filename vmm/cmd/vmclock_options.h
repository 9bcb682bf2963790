/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of vmclock. */
#ifndef VMM_CMD_VMCLOCK_OPTIONS_H
#define VMM_CMD_VMCLOCK_OPTIONS_H

#include "vmm/cmd/option_rows.h"

extern const struct option_table vmclock_option_table;

/* --tai-offset, which a restore has, too. */
extern const char *const vmclock_options_tai_words[];
bool vmclock_options_apply_tai(struct options *options, const char *value);

#endif
