/* SPDX-License-Identifier: BSD-2-Clause */
/* Options of `minivmm check` that are right each by itself, and wrong together. */
#ifndef VMM_CMD_CHECK_CONFLICTS_H
#define VMM_CMD_CHECK_CONFLICTS_H

#include "vmm/cmd/options.h"

/* What is wrong, in a line; NULL if nothing is. */
const char *check_conflicts_find(const struct options *options);

#endif
