/* SPDX-License-Identifier: BSD-2-Clause */
/* The files that a run writes: none of them may be another file that the same run names. */
#ifndef VMM_CMD_OUTPUT_FILES_H
#define VMM_CMD_OUTPUT_FILES_H

#include "vmm/host/host_options.h"

/*
 * Compares the files of --console, --report, --trace, --rtc nvram= and --snapshot-at with each
 * other, the kernel, the initrds, the snapshot that is restored (NULL: none) and stdin. It is to be
 * called before any of them is opened for writing. Links are followed, and hard links are the same
 * file. Devices and pipes may be named more than once: what was written to them before is not lost.
 * Returns 0, or -EINVAL after an error line.
 */
int output_files_check(const struct host_options *host, const char *restored_path);

#endif
