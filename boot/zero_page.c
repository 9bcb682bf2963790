/* SPDX-License-Identifier: BSD-2-Clause */
/* See zero_page.h. */
#include "boot/zero_page.h"

#include <string.h>

#include "boot/e820.h"
#include "boot/layout.h"

/* A loader without a number of its own. */
#define LOADER_TYPE_UNKNOWN 0xff

struct boot_params *zero_page_clear(const struct guest_mem *mem)
{
    struct boot_params *params = guest_mem_at(mem, LAYOUT_BOOT_INFO_GPA, sizeof *params);

    memset(params, 0, sizeof *params);
    return params;
}

void zero_page_fill(struct boot_params *params, const struct boot_request *request,
                    const struct place_span *initrd)
{
    params->hdr.type_of_loader = LOADER_TYPE_UNKNOWN;
    params->hdr.cmd_line_ptr = LAYOUT_COMMAND_LINE_GPA;
    params->hdr.ramdisk_image = (uint32_t)initrd->start_gpa;
    params->hdr.ramdisk_size = (uint32_t)(initrd->end_gpa - initrd->start_gpa);
    params->acpi_rsdp_addr = request->rsdp_gpa;
    params->e820_entries = (uint8_t)e820_build(request->mem, params->e820_table);
}

struct boot_entry zero_page_entry(enum boot_mode mode, uint64_t rip)
{
    return (struct boot_entry){
        .mode = mode,
        .rip = rip,
        .rsi = LAYOUT_BOOT_INFO_GPA,
    };
}
