/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `minivmm snapshot`: looks at the files of snapshots. None of it needs a KVM, and a file is only
 * read. A snapshot may come from a stranger: what is printed of it has no control characters.
 */
#ifndef VMM_CMD_SNAPSHOT_TOOL_H
#define VMM_CMD_SNAPSHOT_TOOL_H

struct options;

/* Returns the exit status. */
int snapshot_tool_run(const struct options *options);

#endif
