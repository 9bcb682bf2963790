/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of clones: "%n" in the path of --console file:, --report, --trace, --serial2, --rtc
 * nvram=, --control, --snapshot-at and --disk is the number of the clone, from 1.
 */
#ifndef VMM_CMD_CLONE_PATHS_H
#define VMM_CMD_CLONE_PATHS_H

#include <stdbool.h>

struct host_options;

/*
 * Whether each of so many clones has files of its own; false after an error line. Only devices,
 * pipes and disks that are only read may be shared.
 */
bool clone_paths_check(const struct host_options *host, unsigned clone_count);

/* Gives the clone its paths, in static memory. clone_paths_check was content. */
void clone_paths_set(struct host_options *host, unsigned number);

#endif
