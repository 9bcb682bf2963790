/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --sandbox: whether the host's kernel refuses the program all that it does not need while a guest
 * runs.
 */
#ifndef VMM_CMD_SANDBOX_OPTIONS_H
#define VMM_CMD_SANDBOX_OPTIONS_H

#include "vmm/cmd/option_rows.h"

/* A program with a sanitizer has none: it maps memory and starts processes of its own. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANDBOX_OPTIONS_DEFAULT false
#else
#define SANDBOX_OPTIONS_DEFAULT true
#endif

extern const struct option_table sandbox_option_table;

#endif
