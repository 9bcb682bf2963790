/* SPDX-License-Identifier: BSD-2-Clause */
/* See guest_mem.h. */
#include "base/guest_mem.h"

#include <stddef.h>

void guest_mem_layout(struct guest_mem *mem, uint64_t size_bytes)
{
    uint64_t low_bytes = size_bytes < GUEST_MEM_HOLE_GPA ? size_bytes : GUEST_MEM_HOLE_GPA;

    *mem = (struct guest_mem){.regions = {{.size_bytes = low_bytes}}, .region_count = 1};
    if (size_bytes > low_bytes) {
        mem->regions[1].base_gpa = GUEST_MEM_HIGH_GPA;
        mem->regions[1].size_bytes = size_bytes - low_bytes;
        mem->region_count = 2;
    }
}

void *guest_mem_at(const struct guest_mem *mem, uint64_t gpa, uint64_t size_bytes)
{
    for (unsigned i = 0; i < mem->region_count; i++) {
        const struct guest_mem_region *region = &mem->regions[i];
        uint64_t offset = gpa - region->base_gpa;

        /* An address below the base gives an offset that is too large. */
        if (offset < region->size_bytes && size_bytes <= region->size_bytes - offset)
            return region->host + offset;
    }
    return NULL;
}

uint64_t guest_mem_low_end_gpa(const struct guest_mem *mem)
{
    return mem->regions[0].size_bytes;
}
