/* SPDX-License-Identifier: BSD-2-Clause */
/* The initramfs of run-test: its init, the program with all that it needs, and what it is to run.
 */
#ifndef VMM_CMD_RUN_TEST_FILES_H
#define VMM_CMD_RUN_TEST_FILES_H

#include <limits.h>

#include "vmm/initramfs/taken.h"

struct options;

/*
 * Makes it, from the files of this host. Stores the path that the program is run by. 0, or -errno
 * after one error line. taken_close undoes it, also after an error.
 */
int run_test_files_make(struct taken *taken, const struct options *options, char path[PATH_MAX]);

#endif
