/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Multiboot 1 images: any 32-bit kernel that names itself by a header in its first 8 KiB, entered
 * in 32-bit protected mode with the Multiboot information in EBX.
 *
 * Source: Multiboot specification 0.6.96, whose names the fields have. Of the header's requirements
 * page-aligned modules and memory information are met; a video mode, and any that is not defined,
 * is an error. The information has memory sizes, command line (first word: the image's name),
 * modules, each with the text by which the user named it, memory map and loader name.
 */
#ifndef BOOT_MULTIBOOT_H
#define BOOT_MULTIBOOT_H

#include <assert.h>

#include "boot/elf_image.h"

#define MULTIBOOT_HEADER_MAGIC 0x1badb002
#define MULTIBOOT_LOADER_MAGIC 0x2badb002
#define MULTIBOOT_SEARCH_BYTES 8192

#define MULTIBOOT_HEADER_PAGE_ALIGN    (1u << 0)
#define MULTIBOOT_HEADER_MEMORY        (1u << 1)
#define MULTIBOOT_HEADER_VIDEO         (1u << 2)
#define MULTIBOOT_HEADER_REQUIREMENTS  0xffffu
#define MULTIBOOT_HEADER_HAS_ADDRESSES (1u << 16)

struct multiboot_header {
    uint32_t magic;
    uint32_t flags;
    uint32_t checksum;
    /* The rest is there if MULTIBOOT_HEADER_HAS_ADDRESSES is set. */
    uint32_t header_addr;
    uint32_t load_addr;
    uint32_t load_end_addr;
    uint32_t bss_end_addr;
    uint32_t entry_addr;
};
static_assert(sizeof(struct multiboot_header) == 32, "section 3.1.1");

#define MULTIBOOT_INFO_MEMORY       (1u << 0)
#define MULTIBOOT_INFO_COMMAND_LINE (1u << 2)
#define MULTIBOOT_INFO_MODULES      (1u << 3)
#define MULTIBOOT_INFO_MEMORY_MAP   (1u << 6)
#define MULTIBOOT_INFO_LOADER_NAME  (1u << 9)

struct multiboot_info {
    uint32_t flags;
    uint32_t mem_lower_kib;
    uint32_t mem_upper_kib;
    uint32_t zero_boot_device;
    uint32_t cmdline;
    uint32_t mods_count;
    uint32_t mods_addr;
    uint32_t zero_syms[4];
    uint32_t mmap_length;
    uint32_t mmap_addr;
    uint32_t zero_drives[2];
    uint32_t zero_config_table;
    uint32_t boot_loader_name;
    uint32_t zero_apm_table;
    uint32_t zero_vbe[4];
};
static_assert(sizeof(struct multiboot_info) == 88, "section 3.3");

struct multiboot_module {
    uint32_t mod_start;
    uint32_t mod_end;
    uint32_t string;
    uint32_t zero_reserved;
};
static_assert(sizeof(struct multiboot_module) == 16, "section 3.3");

/* size is of what follows it; the type is as in e820. */
struct __attribute__((packed)) multiboot_mmap_entry {
    uint32_t size;
    uint64_t base_addr;
    uint64_t length;
    uint32_t type;
};
static_assert(sizeof(struct multiboot_mmap_entry) == 24, "section 3.3");

/*
 * Looks for the header. 1 with *header and *header_offset_bytes in the file; 0 if there is none; a
 * negative errno with the error line for a header that is cut off or a file that cannot be read.
 */
int multiboot_find(const struct boot_source *kernel, struct multiboot_header *header,
                   uint64_t *header_offset_bytes, struct boot_error *error);

/*
 * See boot_load. header is what multiboot_find gave, image the kernel if it is an ELF file, else
 * NULL. Load addresses in the header go before those of ELF.
 */
int multiboot_load(const struct boot_request *request, const struct multiboot_header *header,
                   uint64_t header_offset_bytes, const struct elf_image *image,
                   struct boot_entry *entry, struct boot_error *error);

#endif
