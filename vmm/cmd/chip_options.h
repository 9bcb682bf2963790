/* SPDX-License-Identifier: BSD-2-Clause */
/* --hpet and --pmtimer, and how to leave the two out. */
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

#endif
