/* SPDX-License-Identifier: BSD-2-Clause */
/* The head of a trace: what a reader has to know of the machine and of the host. See docs/trace.md.
 */
#ifndef VMM_MACHINE_MACHINE_TRACE_HEAD_H
#define VMM_MACHINE_MACHINE_TRACE_HEAD_H

struct machine;

/* JSON, which the caller frees; NULL: no memory. Before the machine starts. */
char *machine_trace_head(const struct machine *machine);

#endif
