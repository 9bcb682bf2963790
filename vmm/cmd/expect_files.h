/* SPDX-License-Identifier: BSD-2-Clause */
/* The files that `minivmm check --expect @FILE` names. */
#ifndef VMM_CMD_EXPECT_FILES_H
#define VMM_CMD_EXPECT_FILES_H

#include <stdbool.h>

struct options;

/*
 * Reads them, and with them all expectations of the options. Nothing if none is named. False after
 * an error line. Either way what was read is kept until expect_files_forget.
 */
bool expect_files_read(struct options *options);

/* The expectations may point into the texts, so they are not looked at any more. */
void expect_files_forget(struct options *options);

#endif
