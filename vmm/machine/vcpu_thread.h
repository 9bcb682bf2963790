/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vCPU's thread: it runs guest code and answers its exits.
 */
#ifndef VMM_MACHINE_VCPU_THREAD_H
#define VMM_MACHINE_VCPU_THREAD_H

#include "vmm/machine/vcpu.h"

/* Starts the thread. 0 or -errno after an error line. */
int vcpu_start(struct vcpu *vcpu);

/* Waits for the thread, which ends once the machine is ending. */
void vcpu_join(struct vcpu *vcpu);

#endif
