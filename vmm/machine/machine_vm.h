/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of KVM that a machine consists of, however its guest begins: memory, a VM with its
 * interrupt controllers, and vCPUs. What they hold at first is for machine_boot.c or
 * machine_restore.c.
 *
 * Functions that can fail return 0 or a negative errno after one error line. machine_vm_release
 * undoes what was done, also after a failure.
 */
#ifndef VMM_MACHINE_MACHINE_VM_H
#define VMM_MACHINE_MACHINE_VM_H

#include "base/guest_mem.h"

struct machine;

/*
 * Maps machine->memory: zeros, or with a file its bytes, of which those written are copied. The
 * file stays open for as long as the machine may be saved.
 */
int machine_vm_map_memory(struct machine *machine, const struct guest_mem_file *file);

/* An empty VM, its memory, and its interrupt controllers; machine->kvm is open. */
int machine_vm_create(struct machine *machine);

/* Room for the vCPUs of the configuration, of which none is there yet. */
int machine_vm_allocate_vcpus(struct machine *machine);

/* One of them, without CPUID and registers. */
int machine_vm_create_vcpu(struct machine *machine, unsigned index);

void machine_vm_release(struct machine *machine);

#endif
