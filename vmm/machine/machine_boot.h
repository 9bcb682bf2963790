/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From options to a computer that stands at its kernel's entry: VM, memory, ACPI tables, kernel,
 * vCPUs.
 */
#ifndef VMM_MACHINE_MACHINE_BOOT_H
#define VMM_MACHINE_MACHINE_BOOT_H

struct machine;

/*
 * Creates machine->kvm, its memory and its vCPUs and loads the kernel. 0, or a negative errno after
 * one error line; machine_boot_release undoes whatever was done, also after a failure.
 */
int machine_boot_prepare(struct machine *machine);

void machine_boot_release(struct machine *machine);

#endif
