/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pages that ACPI devices share with the guest, and its being told that one has changed
 * (devices/acpi/ged.h).
 *
 * The pages lie in the hole below 4 GiB, where no RAM of the memory map is. The guest reads them
 * without an exit. A write of the guest's does nothing: the access is nobody's; where KVM has no
 * memory that is only read (KVM_CAP_READONLY_MEM) it changes what the guest itself reads, no more.
 * They are in no snapshot: who fills a page does it anew in each machine, from state of its own.
 *
 * A machine whose configuration has no `ged` has none of this: it is from a snapshot of a minivmm
 * that had no such devices, and its guest knows of none.
 */
#ifndef VMM_MACHINE_MACHINE_ACPI_H
#define VMM_MACHINE_MACHINE_ACPI_H

#include <stdint.h>

struct machine;

#define MACHINE_ACPI_PAGE_BYTES UINT64_C(4096)

/* In the order of their addresses: boot/acpi_map.h. */
enum machine_acpi_page { MACHINE_ACPI_VMGENID, MACHINE_ACPI_VMCLOCK, MACHINE_ACPI_PAGES };

/*
 * Makes the pages, which are zeros, and gives them to the VM. 0, or a negative errno after one
 * error line. The VM has no vCPU yet.
 */
int machine_acpi_create(struct machine *machine);

/* Once the VM is gone. */
void machine_acpi_release(struct machine *machine);

/*
 * Where to write the page; NULL: this machine has none. It stays there as long as the machine. Who
 * writes it while vCPUs run has the lock.
 */
uint8_t *machine_acpi_page(const struct machine *machine, enum machine_acpi_page page);

/*
 * Tells the guest that a page has changed; in a machine without pages it does nothing. Under the
 * lock, or before machine_start; so also in a pause, and between a restore and the first KVM_RUN:
 * KVM keeps the interrupt until the guest takes it.
 */
void machine_acpi_notify(struct machine *machine);

/* The page of VMGenID has the machine's generation_id. No vCPU runs. */
void machine_acpi_fill_vmgenid(struct machine *machine);

#endif
