/* SPDX-License-Identifier: BSD-2-Clause */
/* The files that `minivmm check --expect @FILE` names. */
#ifndef VMM_CMD_EXPECT_FILES_H
#define VMM_CMD_EXPECT_FILES_H

#include <stdbool.h>

struct options;

/*
 * Reads them, and with them all expectations of the options. Nothing if none is named. False after
 * an error line. What was read stays until the program ends.
 */
bool expect_files_read(struct options *options);

#endif
