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
    struct pvh_module modules[BOOT_MAX_MODULES];
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

/* Linux looks at the first module alone, so all are one for it. */
static unsigned list_for_linux(const struct modules_placed *placed, struct pvh_module *modules)
{
    modules[0] = (struct pvh_module){
        .paddr = placed->all.start_gpa,
        .size = placed->all.end_gpa - placed->all.start_gpa,
    };
    return 1;
}

static int list_modules(const struct boot_request *request, const struct modules_placed *placed,
                        struct pvh_module *modules, struct boot_error *error)
{
    uint64_t text_gpa = modules_texts_gpa(request->mem);
    int result = 0;

    for (unsigned i = 0; i < request->module_count && result == 0; i++) {
        const char *words = request->modules[i].words;

        modules[i] = (struct pvh_module){
            .paddr = placed->each[i].start_gpa,
            .size = placed->each[i].end_gpa - placed->each[i].start_gpa,
            .cmdline_paddr = words[0] != '\0' ? text_gpa : 0,
        };
        if (words[0] != '\0')
            result = modules_put_text(request, words, &text_gpa, error);
    }
    return result;
}

static int write_start_info(const struct boot_request *request, bool is_linux,
                            const struct modules_placed *placed, struct boot_error *error)
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
    if (request->module_count == 0)
        return 0;
    info->modlist_paddr = TABLE_GPA(modules);
    info->nr_modules = is_linux ? list_for_linux(placed, tables->modules) : request->module_count;
    return is_linux ? 0 : list_modules(request, placed, tables->modules, error);
}

int pvh_load(const struct boot_request *request, const struct elf_image *image,
             struct boot_entry *entry, struct boot_error *error)
{
    struct modules_placed placed;
    uint64_t entry_gpa = 0;
    int result = vmlinux_place(request, image, image->pvh_entry_gpa, &entry_gpa, &placed, error);

    if (result == 0)
        result = write_start_info(request, image->is_linux, &placed, error);
    if (result < 0)
        return result;
    *entry = (struct boot_entry){
        .mode = BOOT_MODE_PROTECTED,
        .rip = entry_gpa,
        .rbx = LAYOUT_BOOT_INFO_GPA,
    };
    return 0;
}
