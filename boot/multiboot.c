/* SPDX-License-Identifier: BSD-2-Clause */
/* See multiboot.h. */
#include "boot/multiboot.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "boot/e820.h"
#include "boot/layout.h"
#include "boot/modules.h"

#define HEADER_ALIGN_BYTES 4
/* The size of a header without addresses. */
#define HEADER_SHORT_BYTES offsetof(struct multiboot_header, header_addr)
#define REQUIREMENTS_MET   (MULTIBOOT_HEADER_PAGE_ALIGN | MULTIBOOT_HEADER_MEMORY)
#define LOADER_NAME        "minivmm"

/* What is put at LAYOUT_BOOT_TABLES_GPA. */
struct tables {
    struct multiboot_mmap_entry mmap[E820_MAX_ENTRIES];
    struct multiboot_module modules[BOOT_MAX_MODULES];
    char loader_name[sizeof LOADER_NAME];
};
static_assert(sizeof(struct tables) <= LAYOUT_BOOT_TABLES_BYTES, "they fit");

#define TABLE_GPA(field) (uint32_t)(LAYOUT_BOOT_TABLES_GPA + offsetof(struct tables, field))

static int is_header(const struct multiboot_header *header)
{
    return header->magic == MULTIBOOT_HEADER_MAGIC &&
           header->magic + header->flags + header->checksum == 0;
}

int multiboot_find(const struct boot_source *kernel, struct multiboot_header *header,
                   uint64_t *header_offset_bytes, struct boot_error *error)
{
    uint8_t head[MULTIBOOT_SEARCH_BYTES];
    uint64_t size_bytes = kernel->size_bytes < sizeof head ? kernel->size_bytes : sizeof head;
    int result = place_read(kernel, 0, head, size_bytes, error);

    for (uint64_t i = 0; result == 0 && i + HEADER_SHORT_BYTES <= size_bytes;
         i += HEADER_ALIGN_BYTES) {
        uint64_t left_bytes = size_bytes - i;

        *header = (struct multiboot_header){0};
        memcpy(header, head + i, left_bytes < sizeof *header ? left_bytes : sizeof *header);
        if (!is_header(header))
            continue;
        *header_offset_bytes = i;
        if ((header->flags & MULTIBOOT_HEADER_HAS_ADDRESSES) != 0 && left_bytes < sizeof *header)
            return boot_fail(error, EINVAL, "%s: truncated Multiboot header at offset %" PRIu64,
                             kernel->name, i);
        return 1;
    }
    return result;
}

static int check_requirements(const char *name, const struct multiboot_header *header,
                              struct boot_error *error)
{
    uint32_t unmet = header->flags & MULTIBOOT_HEADER_REQUIREMENTS & ~REQUIREMENTS_MET;

    if (unmet == 0)
        return 0;
    return boot_fail(error, ENOTSUP,
                     "%s: its Multiboot header requires what this machine does not have (flags "
                     "0x%x%s)",
                     name, unmet, (unmet & MULTIBOOT_HEADER_VIDEO) != 0 ? ": a video mode" : "");
}

/* Loads the part of the file that the header's addresses name, of which the last two may be 0. */
static int load_by_addresses(const struct boot_request *request,
                             const struct multiboot_header *header, uint64_t header_offset_bytes,
                             uint64_t *end_gpa, struct boot_error *error)
{
    const struct boot_source *kernel = request->kernel;
    uint64_t before_bytes = (uint64_t)header->header_addr - header->load_addr;
    uint64_t offset_bytes = header_offset_bytes - before_bytes;
    uint64_t load_end_gpa;
    int result;

    if (header->load_addr > header->header_addr || before_bytes > header_offset_bytes)
        return boot_fail(
            error, EINVAL,
            "%s: damaged Multiboot header: load_addr 0x%x does not go with header_addr "
            "0x%x at offset %" PRIu64,
            kernel->name, header->load_addr, header->header_addr, header_offset_bytes);
    load_end_gpa = header->load_end_addr != 0
                       ? header->load_end_addr
                       : header->load_addr + kernel->size_bytes - offset_bytes;
    if (load_end_gpa < header->load_addr ||
        (header->bss_end_addr != 0 && header->bss_end_addr < load_end_gpa))
        return boot_fail(error, EINVAL,
                         "%s: damaged Multiboot header: load_addr 0x%x, load_end_addr 0x%" PRIx64
                         ", bss_end_addr 0x%x do not ascend",
                         kernel->name, header->load_addr, load_end_gpa, header->bss_end_addr);
    *end_gpa = header->bss_end_addr != 0 ? header->bss_end_addr : load_end_gpa;
    result = place_check_image(request, "the image",
                               (struct place_span){header->load_addr, *end_gpa}, error);
    if (result == 0)
        result = place_check_memory(request, *end_gpa, error);
    if (result < 0)
        return result;
    return place_load(kernel, offset_bytes, request->mem, header->load_addr,
                      load_end_gpa - header->load_addr, error);
}

static int load_image(const struct boot_request *request, const struct multiboot_header *header,
                      uint64_t header_offset_bytes, const struct elf_image *image,
                      uint64_t *entry_gpa, uint64_t *end_gpa, struct boot_error *error)
{
    int result;

    if ((header->flags & MULTIBOOT_HEADER_HAS_ADDRESSES) != 0) {
        *entry_gpa = header->entry_addr;
        result = load_by_addresses(request, header, header_offset_bytes, end_gpa, error);
        if (result == 0 && (*entry_gpa < header->load_addr || *entry_gpa >= *end_gpa))
            return boot_fail(
                error, EINVAL,
                "%s: damaged Multiboot header: entry_addr 0x%x is outside of the image",
                request->kernel->name, header->entry_addr);
        return result;
    }
    if (image == NULL)
        return boot_fail(error, ENOEXEC,
                         "%s: a Multiboot header without load addresses in a file that is not ELF",
                         request->kernel->name);
    result = elf_image_find_entry(request, image, image->entry, entry_gpa, error);
    return result == 0 ? elf_image_load(request, image, end_gpa, error) : result;
}

static uint32_t write_mmap(const struct guest_mem *mem, struct multiboot_mmap_entry *mmap)
{
    struct boot_e820_entry e820[E820_MAX_ENTRIES];
    unsigned count = e820_build(mem, e820);

    for (unsigned i = 0; i < count; i++)
        mmap[i] = (struct multiboot_mmap_entry){
            .size = sizeof *mmap - sizeof mmap->size,
            .base_addr = e820[i].addr,
            .length = e820[i].size,
            .type = e820[i].type,
        };
    return count * (uint32_t)sizeof *mmap;
}

static int write_modules(const struct boot_request *request, const struct modules_placed *placed,
                         struct multiboot_module *modules, struct boot_error *error)
{
    uint64_t text_gpa = modules_texts_gpa(request->mem);
    int result = 0;

    for (unsigned i = 0; i < request->module_count && result == 0; i++) {
        modules[i] = (struct multiboot_module){
            .mod_start = (uint32_t)placed->each[i].start_gpa,
            .mod_end = (uint32_t)placed->each[i].end_gpa,
            .string = (uint32_t)text_gpa,
        };
        result = modules_put_text(request, request->modules[i].text, &text_gpa, error);
    }
    return result;
}

static int write_info(const struct boot_request *request, const struct modules_placed *placed,
                      struct boot_error *error)
{
    struct multiboot_info *info =
        guest_mem_at(request->mem, LAYOUT_BOOT_INFO_GPA, LAYOUT_BOOT_INFO_BYTES);
    struct tables *tables =
        guest_mem_at(request->mem, LAYOUT_BOOT_TABLES_GPA, LAYOUT_BOOT_TABLES_BYTES);
    uint64_t upper_bytes = guest_mem_low_end_gpa(request->mem) - LAYOUT_KERNEL_MIN_GPA;

    memcpy(tables->loader_name, LOADER_NAME, sizeof LOADER_NAME);
    *info = (struct multiboot_info){
        .flags = MULTIBOOT_INFO_MEMORY | MULTIBOOT_INFO_COMMAND_LINE | MULTIBOOT_INFO_MEMORY_MAP |
                 MULTIBOOT_INFO_LOADER_NAME,
        .mem_lower_kib = LAYOUT_LOW_END_GPA >> 10,
        .mem_upper_kib = (uint32_t)(upper_bytes >> 10),
        .cmdline = LAYOUT_COMMAND_LINE_GPA,
        .mmap_length = write_mmap(request->mem, tables->mmap),
        .mmap_addr = TABLE_GPA(mmap),
        .boot_loader_name = TABLE_GPA(loader_name),
    };
    if (request->module_count == 0)
        return 0;
    info->flags |= MULTIBOOT_INFO_MODULES;
    info->mods_count = request->module_count;
    info->mods_addr = TABLE_GPA(modules);
    return write_modules(request, placed, tables->modules, error);
}

int multiboot_load(const struct boot_request *request, const struct multiboot_header *header,
                   uint64_t header_offset_bytes, const struct elf_image *image,
                   struct boot_entry *entry, struct boot_error *error)
{
    struct modules_placed placed;
    uint64_t entry_gpa = 0;
    uint64_t end_gpa = 0;
    int result = check_requirements(request->kernel->name, header, error);

    if (result == 0)
        result =
            load_image(request, header, header_offset_bytes, image, &entry_gpa, &end_gpa, error);
    if (result == 0)
        result = place_command_line(request, request->kernel->name, UINT64_MAX, error);
    if (result == 0)
        result = modules_load(request, end_gpa, GUEST_MEM_HOLE_GPA, &placed, error);
    if (result == 0)
        result = write_info(request, &placed, error);
    if (result < 0)
        return result;
    *entry = (struct boot_entry){
        .mode = BOOT_MODE_PROTECTED,
        .rip = entry_gpa,
        .rax = MULTIBOOT_LOADER_MAGIC,
        .rbx = LAYOUT_BOOT_INFO_GPA,
    };
    return 0;
}
