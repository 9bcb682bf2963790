/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `minivmm check --matrix KERNEL...`: one process of this program for each cell (check/cells.h), as
 * many at once as the host has CPUs for their vCPUs, and all results as one.
 */
#ifndef VMM_CMD_MATRIX_H
#define VMM_CMD_MATRIX_H

struct options;

/*
 * Runs the cells of the shard; progress is said on stderr. SIGINT, SIGTERM and SIGHUP, as far as
 * the caller does not ignore them, end the guests that run, and what there is by then is written;
 * where SIGINT is ignored they are killed. argv is main's. Returns the exit status.
 */
int matrix_run(const struct options *options, char **argv);

#endif
