/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `minivmm trace`: says what is in the file of --trace, or writes it in another format. It needs no
 * KVM. The file is read from its beginning to its end, once or twice, and never as a whole; it may
 * come from a stranger.
 */
#ifndef VMM_CMD_TRACE_TOOL_H
#define VMM_CMD_TRACE_TOOL_H

struct options;

/* Returns the exit status. */
int trace_tool_run(const struct options *options);

#endif
