/* SPDX-License-Identifier: BSD-2-Clause */
/* See pvh.h. */
#include "boot/pvh.h"

#include <stddef.h>

#include "boot/e820.h"
#include "boot/layout.h"
#include "boot/vmlinux.h"

/* What is put at LAYOUT_BOOT_TABLES_GPA. */
struct pvh_tables {
    struct pvh_memmap_entry memmap[E820_MAX_ENTRIES];
    struct pvh_module module;
};
static_assert(sizeof(struct pvh_tables) <= LAYOUT_BOOT_TABLES_BYTES, "they fit");

#define TABLE_GPA(field) (LAYOUT_BOOT_TABLES_GPA + offsetof(struct pvh_tables, field))

static unsigned write_memmap(const struct guest_mem *mem, struct pvh_memmap_entry *memmap)
{
    struct boot_e820_entry e820[E820_MAX_ENTRIES];
    unsigned count = e820_build(mem, e820);

    for (unsigned i = 0; i < count; i++)
        memmap[i] = (struct pvh_memmap_entry){
            .addr = e820[i].addr,
            .size = e820[i].size,
            .type = e820[i].type,
        };
    return count;
}

static void write_start_info(const struct boot_request *request, const struct place_span *initrd)
{
    struct pvh_start_info *info =
        guest_mem_at(request->mem, LAYOUT_BOOT_INFO_GPA, LAYOUT_BOOT_INFO_BYTES);
    struct pvh_tables *tables =
        guest_mem_at(request->mem, LAYOUT_BOOT_TABLES_GPA, LAYOUT_BOOT_TABLES_BYTES);

    *info = (struct pvh_start_info){
        .magic = PVH_MAGIC,
        .version = PVH_VERSION,
        .cmdline_paddr = LAYOUT_COMMAND_LINE_GPA,
        .rsdp_paddr = request->rsdp_gpa,
        .memmap_paddr = TABLE_GPA(memmap),
        .memmap_entries = write_memmap(request->mem, tables->memmap),
    };
    if (request->initrd != NULL) {
        info->nr_modules = 1;
        info->modlist_paddr = TABLE_GPA(module);
        tables->module = (struct pvh_module){
            .paddr = initrd->start_gpa,
            .size = initrd->end_gpa - initrd->start_gpa,
        };
    }
}

int pvh_load(const struct boot_request *request, const struct elf_image *image,
             struct boot_entry *entry, struct boot_error *error)
{
    struct place_span initrd = {0};
    uint64_t entry_gpa = 0;
    int result = vmlinux_place(request, image, image->pvh_entry_gpa, &entry_gpa, &initrd, error);

    if (result < 0)
        return result;
    write_start_info(request, &initrd);
    *entry = (struct boot_entry){
        .mode = BOOT_MODE_PROTECTED,
        .rip = entry_gpa,
        .rbx = LAYOUT_BOOT_INFO_GPA,
    };
    return 0;
}
