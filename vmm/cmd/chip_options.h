/* SPDX-License-Identifier: BSD-2-Clause */
/* --hpet, --pmtimer and --reference, and how to leave each out. */
#ifndef VMM_CMD_CHIP_OPTIONS_H
#define VMM_CMD_CHIP_OPTIONS_H

#include "vmm/cmd/option_rows.h"

/* What a cell of the matrix has of them (cells.h). */
struct chip_choice {
    bool hpet;
    bool pmtimer;
};

extern const struct option_table chip_option_table;

struct chip_choice chip_options_chosen(const struct machine_config *config);

/* Leaves a chip out, or puts the default one in if it is left out. */
void chip_options_choose(struct machine_config *config, struct chip_choice choice);

/*
 * After all options are known: a machine has a reference device (devices/pc/reference.h) if the
 * user says so. Where nothing is said of it, it is there for what reads it: the built-in clock
 * probe, which is the initrd where no other is given, and the probe of a check.
 */
void chip_options_finish(struct options *options);

#endif
