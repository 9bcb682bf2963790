/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which guests an experiment runs: for each of its files in turn, so often as it is repeated, each
 * guest of it. They are numbered from 0, as the cells of a matrix are.
 */
#ifndef VMM_CMD_EXPERIMENT_PLAN_H
#define VMM_CMD_EXPERIMENT_PLAN_H

#include "timelab/scenario.h"
#include "vmm/cmd/experiment_options.h"
#include "vmm/cmd/options.h"

/* "NAME", or with several guests "NAME:GUEST". */
#define EXPERIMENT_NAME_BYTES 96

struct experiment_file {
    unsigned guest_count;
    char names[SCENARIO_GUESTS_MAX][EXPERIMENT_NAME_BYTES];
    unsigned cpu_counts[SCENARIO_GUESTS_MAX];
};

struct experiment_plan {
    struct experiment_file files[EXPERIMENT_FILES_MAX];
    unsigned file_count;
    unsigned repeat;
    unsigned cell_count;
    /* Where the page of each run is written; NULL: none is. Belongs to argv. */
    const char *pages_dir;
};

struct experiment_place {
    unsigned file;
    unsigned guest;
    /* Which time its file is run, from 0. */
    unsigned repeat;
};

/* Reads all files, and the options of their guests, so that all that is wrong is said. False after
 * an error line. */
bool experiment_plan_make(struct experiment_plan *plan, const struct options *options);

struct experiment_place experiment_plan_place(const struct experiment_plan *plan, unsigned cell);
const char *experiment_plan_name(const struct experiment_plan *plan, unsigned cell);
unsigned experiment_plan_vcpus(const struct experiment_plan *plan, unsigned cell);

#endif
