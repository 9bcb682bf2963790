/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of a scenario's guest: those of the machine that its file names, and no others. */
#ifndef VMM_CMD_EXPERIMENT_GUEST_H
#define VMM_CMD_EXPERIMENT_GUEST_H

#include <limits.h>

#include "timelab/scenario.h"
#include "vmm/cmd/options.h"

/* With the program's name, "--console=none", "--initrd", FILE, "--time-rate", K, "--", KERNEL and
 * NULL. */
#define EXPERIMENT_GUEST_ARGUMENTS (SCENARIO_OPTIONS_MAX + 9)

/* What the options point to. */
struct experiment_guest {
    char kernel[PATH_MAX];
    char initrd[PATH_MAX];
    char *argv[EXPERIMENT_GUEST_ARGUMENTS];
};

/*
 * The options of that guest of the scenario at path. What else is asked for, such as the kernel of
 * a guest whose file names none, is in the experiment's options. False: error says in a line what
 * is wrong. One thread at a time, because of getopt.
 */
bool experiment_guest_options(struct experiment_guest *guest, const struct scenario *scenario,
                              unsigned number, const char *path,
                              const struct experiment_options *experiment, struct options *options,
                              char *error, size_t error_size);

#endif
