/* SPDX-License-Identifier: BSD-2-Clause */
/* A vCPU that is kept out of the guest while the others run. */
#ifndef VMM_MACHINE_VCPU_STALL_H
#define VMM_MACHINE_VCPU_STALL_H

#include "vmm/machine/vcpu.h"

/*
 * In any thread, under the lock: this vCPU alone is kept out of the guest until no stall is left.
 * It does not wait, as quiesce_keep_out. A stalled vCPU is held for everybody who holds all, and
 * neither a hold nor its end ends the stall.
 */
void vcpu_begin_stall(struct vcpu *vcpu, enum vcpu_stall why);
void vcpu_end_stall(struct vcpu *vcpu, enum vcpu_stall why);

#endif
