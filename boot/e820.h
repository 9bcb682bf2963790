/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory map that the guest is given, in the form of the BIOS call e820 that Linux's zero page
 * has. The PVH and Multiboot maps are made from it.
 */
#ifndef BOOT_E820_H
#define BOOT_E820_H

#include <asm/bootparam.h>

#include "base/guest_mem.h"

#define E820_RAM      1
#define E820_RESERVED 2

#define E820_MAX_ENTRIES 5

/*
 * Fills in entries, in ascending order, and returns how many: conventional memory, the EBDA, the
 * ACPI tables, memory from 1 MiB to the hole, memory from 4 GiB. What no entry covers is for
 * devices. mem needs to be laid out, not mapped, and has more than 1 MiB.
 */
unsigned e820_build(const struct guest_mem *mem,
                    struct boot_e820_entry entries[static E820_MAX_ENTRIES]);

#endif
