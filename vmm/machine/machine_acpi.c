/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_acpi.h. */
#include "vmm/machine/machine_acpi.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include "boot/acpi_map.h"
#include "devices/acpi/ged.h"
#include "devices/acpi/vmgenid.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine.h"

#define PAGES_BYTES (MACHINE_ACPI_PAGES * MACHINE_ACPI_PAGE_BYTES)

static_assert(ACPI_MAP_VMGENID_GPA ==
                  ACPI_MAP_PAGES_GPA + MACHINE_ACPI_VMGENID * MACHINE_ACPI_PAGE_BYTES,
              "a page is where the guest is told");
static_assert(ACPI_MAP_VMCLOCK_GPA ==
                  ACPI_MAP_PAGES_GPA + MACHINE_ACPI_VMCLOCK * MACHINE_ACPI_PAGE_BYTES,
              "a page is where the guest is told");
static_assert(VMGENID_BYTES == GENERATION_ID_BYTES, "the machine's is the device's");

int machine_acpi_create(struct machine *machine)
{
    void *mapping;

    if (!machine->config->ged)
        return 0;
    mapping = mmap(NULL, PAGES_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) {
        log_error("out of memory");
        return -ENOMEM;
    }
    machine->acpi_pages = mapping;
    return kvm_add_readonly_memory(&machine->kvm, machine->memory.region_count, ACPI_MAP_PAGES_GPA,
                                   PAGES_BYTES, mapping);
}

void machine_acpi_release(struct machine *machine)
{
    if (machine->acpi_pages != NULL)
        munmap(machine->acpi_pages, PAGES_BYTES);
    machine->acpi_pages = NULL;
}

uint8_t *machine_acpi_page(const struct machine *machine, enum machine_acpi_page page)
{
    return machine->acpi_pages == NULL ? NULL
                                       : machine->acpi_pages + page * MACHINE_ACPI_PAGE_BYTES;
}

void machine_acpi_notify(struct machine *machine)
{
    if (machine->acpi_pages != NULL)
        ged_notify(&machine->board.ged_irq);
}

void machine_acpi_fill_vmgenid(struct machine *machine)
{
    uint8_t *page = machine_acpi_page(machine, MACHINE_ACPI_VMGENID);

    if (page != NULL)
        vmgenid_fill(page, machine->generation_id);
}
