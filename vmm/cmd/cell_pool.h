/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many guests at once, those of a matrix or of experiments: one process of this program for each
 * cell, as many side by side as the host has CPUs for their vCPUs, and all results as one. While
 * one of these CPUs is idle another cell is started, for up to twice as many vCPUs as CPUs.
 *
 * All calls are on the main thread.
 */
#ifndef VMM_CMD_CELL_POOL_H
#define VMM_CMD_CELL_POOL_H

#include <jansson.h>

#include "check/cells.h"
#include "check/format.h"

struct cell_pool_work {
    /* At most CELLS_MAX, and which part of them is run here. */
    unsigned cell_count;
    struct shard shard;
    /* Each cell is given its report and its console to keep there; NULL: none is. */
    const char *output_dir;
    enum format format;
    /* What the user calls it: "check", or "run". */
    const char *noun;
    /* How many vCPUs a cell has, and by which name a result without output is known. */
    unsigned (*vcpus)(const void *ctx, unsigned cell);
    const char *(*name)(const void *ctx, unsigned cell);
    /* With the results, in the order of the cells, before they are printed; NULL: nothing. Its
     * exit status is the pool's if all else is well. */
    int (*summarize)(const void *ctx, const json_t *results);
    const void *ctx;
};

/*
 * Runs the cells of the shard, each as `minivmm COMMAND --cell N` and what else the user said;
 * progress is said on stderr. SIGINT, SIGTERM and SIGHUP, as far as the caller does not ignore
 * them, end the guests that run, and what there is by then is written; where SIGINT is ignored they
 * are killed. argv is main's. Returns the exit status.
 */
int cell_pool_run(const struct cell_pool_work *work, char **argv);

#endif
