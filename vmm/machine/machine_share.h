/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time that is taken from vCPUs by holding them out of the guest, and told as steal time
 * (devices/msr/steal_msr.h): the faults vcpu.stall, and steal with honest=yes.
 *
 * A share: from when it begins every vCPU is held for so much of each MACHINE_SHARE_PERIOD_NS of
 * guest time, at its beginning. A late host holds them later, and lets them go at the time that is
 * due; the periods stay where they are.
 *
 * Under the machine's lock.
 */
#ifndef VMM_MACHINE_MACHINE_SHARE_H
#define VMM_MACHINE_MACHINE_SHARE_H

#include <stdbool.h>

#include "vmm/machine/vcpu.h"

#define MACHINE_SHARE_PERIOD_NS UINT64_C(10000000)

struct machine;

/* Once a new board is there: no share. */
void machine_share_attach(struct machine *machine);

/* Percent of each vCPU's time, up to 99, from now on; 0: none any more. */
void machine_share_set(struct machine *machine, unsigned percent);

/* The vCPU is held for that reason from now on, or no more. */
void machine_share_stall(struct machine *machine, unsigned vcpu, enum vcpu_stall why,
                         bool is_stalled);

#endif
