/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An NMI from outside, by the LINT1 input of each local APIC, as on a PC: a button for the user,
 * at which Linux panics or shows where it is. Source: Linux Documentation/virt/kvm/api.rst,
 * KVM_NMI.
 */
#ifndef VMM_MACHINE_MACHINE_NMI_H
#define VMM_MACHINE_MACHINE_NMI_H

#include <stdbool.h>

struct machine;

/*
 * In the main thread, without the lock. Each vCPU whose LINT1 is not masked and set to NMI gets
 * one, after a pause if there is one. False if none is, or if KVM fails, after an error line.
 */
bool machine_inject_nmi(struct machine *machine);

#endif
