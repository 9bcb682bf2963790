/* SPDX-License-Identifier: BSD-2-Clause */
/* See vcpu_stall.h. */
#include "vmm/machine/vcpu_stall.h"

#include "vmm/machine/machine.h"

void vcpu_begin_stall(struct vcpu *vcpu, enum vcpu_stall why)
{
    atomic_fetch_or(&vcpu->stalls, why);
    vcpu_kick(vcpu);
}

void vcpu_end_stall(struct vcpu *vcpu, enum vcpu_stall why)
{
    atomic_fetch_and(&vcpu->stalls, ~(unsigned)why);
    pthread_cond_broadcast(&vcpu->machine->quiesce.changed);
}
