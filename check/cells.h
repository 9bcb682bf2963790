/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cells of `minivmm check --matrix`: every machine of the product of
 *   the kernels given, 1, 2 or 4 vCPUs, and kvm-clock, an invariant TSC, the HPET and the ACPI PM
 *   timer each there or not,
 * numbered from 0 in that order, the last changing first.
 */
#ifndef CHECK_CELLS_H
#define CHECK_CELLS_H

#include <stdbool.h>
#include <stddef.h>

#include "check/expectation.h"

#define CELLS_PER_KERNEL 48
#define CELLS_MAX        4096

struct cell {
    unsigned kernel;
    struct check_machine machine;
};

struct cell cell_at(unsigned number);

/* A part of the cells: those whose number modulo count is index. */
struct shard {
    unsigned index;
    unsigned count;
};

/* "i/n" with 1 <= i <= n <= CELLS_MAX. False if it is not that. */
bool shard_parse(const char *text, struct shard *shard);

bool shard_has(const struct shard *shard, unsigned number);

#endif
