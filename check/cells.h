/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cells of `minivmm check --matrix`: all combinations of
 *   the kernels that are given, 1, 2 or 4 vCPUs, with and without each of kvm-clock, invariant TSC,
 *   HPET and ACPI PM timer.
 * They are numbered from 0, and the last of these changes first.
 */
#ifndef CHECK_CELLS_H
#define CHECK_CELLS_H

#include <stdbool.h>
#include <stddef.h>

#include "check/expectation.h"

#define CELLS_PER_KERNEL 48
#define CELLS_MAX        4096
#define CELLS_MAX_TEXT   "4096"

struct cell {
    /* Index of the kernel, from 0. */
    unsigned kernel;
    struct check_machine machine;
};

/* The cell of that number. How many kernels there are is the caller's matter. */
struct cell cell_at(unsigned number);

/* A part of the cells, for one of several runs: those whose number modulo count is index. */
struct shard {
    unsigned index;
    unsigned count;
};

/*
 * Reads "i/n" with 1 <= i <= n <= CELLS_MAX; index becomes i - 1. False if text is something else.
 */
bool shard_parse(const char *text, struct shard *shard);

/* Whether the cell of that number is in the shard. */
bool shard_has(const struct shard *shard, unsigned number);

#endif
