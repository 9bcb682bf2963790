/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PVH: the entry of Linux, Xen and others that an ELF note names, in 32-bit protected mode with a
 * start info in EBX. Sources: Xen docs/misc/pvh.pandoc and public/arch-x86/hvm/start_info.h, whose
 * names the fields have.
 */
#ifndef BOOT_PVH_H
#define BOOT_PVH_H

#include <assert.h>

#include "boot/elf_image.h"

#define PVH_MAGIC   0x336ec578
#define PVH_VERSION 1

struct pvh_start_info {
    uint32_t magic;
    uint32_t version;
    uint32_t flags;
    uint32_t nr_modules;
    uint64_t modlist_paddr;
    uint64_t cmdline_paddr;
    uint64_t rsdp_paddr;
    uint64_t memmap_paddr;
    uint32_t memmap_entries;
    uint32_t reserved;
};
static_assert(sizeof(struct pvh_start_info) == 56, "start_info.h");

struct pvh_module {
    uint64_t paddr;
    uint64_t size;
    uint64_t cmdline_paddr;
    uint64_t reserved;
};
static_assert(sizeof(struct pvh_module) == 32, "start_info.h");

/* The type is as in e820. */
struct pvh_memmap_entry {
    uint64_t addr;
    uint64_t size;
    uint32_t type;
    uint32_t reserved;
};
static_assert(sizeof(struct pvh_memmap_entry) == 24, "start_info.h");

/*
 * See boot_load. image is the request's kernel and has a PVH entry. Linux gets the modules as one,
 * another kernel one by one, each with its words.
 */
int pvh_load(const struct boot_request *request, const struct elf_image *image,
             struct boot_entry *entry, struct boot_error *error);

#endif
