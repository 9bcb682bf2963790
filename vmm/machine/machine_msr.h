/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the devices of MSRs reach of the machine: guest memory, the host's TSC, and those of the
 * vCPUs (machine_tsc.h). And what KVM is told of those MSRs.
 */
#ifndef VMM_MACHINE_MACHINE_MSR_H
#define VMM_MACHINE_MACHINE_MSR_H

#include "vmm/machine/board.h"

struct machine;

/* Fills in the hooks for devices/msr; the machine is their ctx. */
void machine_msr_add_hooks(struct machine *machine, struct board_hooks *hooks);

/*
 * From now on accesses to the MSRs of such a board make exits. 0 or a negative errno after an error
 * line.
 */
int machine_msr_capture(struct machine *machine, const struct board_config *config);

#endif
