/* SPDX-License-Identifier: BSD-2-Clause */
/* See e820.h. */
#include "boot/e820.h"

#include "boot/layout.h"

static struct boot_e820_entry range(uint64_t start_gpa, uint64_t end_gpa, uint32_t type)
{
    return (struct boot_e820_entry){
        .addr = start_gpa,
        .size = end_gpa - start_gpa,
        .type = type,
    };
}

unsigned e820_build(const struct guest_mem *mem,
                    struct boot_e820_entry entries[static E820_MAX_ENTRIES])
{
    const struct guest_mem_region *high = &mem->regions[1];
    unsigned count = 0;

    entries[count++] = range(0, LAYOUT_LOW_END_GPA, E820_RAM);
    entries[count++] = range(LAYOUT_LOW_END_GPA, LAYOUT_EBDA_END_GPA, E820_RESERVED);
    entries[count++] = range(LAYOUT_ACPI_GPA, LAYOUT_KERNEL_MIN_GPA, E820_RESERVED);
    entries[count++] = range(LAYOUT_KERNEL_MIN_GPA, guest_mem_low_end_gpa(mem), E820_RAM);
    if (mem->region_count > 1)
        entries[count++] = range(high->base_gpa, high->base_gpa + high->size_bytes, E820_RAM);
    return count;
}
