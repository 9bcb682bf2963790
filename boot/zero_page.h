/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The zero page of the Linux boot protocol: struct boot_params with the kernel's setup header, by
 * which a kernel learns of its command line, its initrd and its memory. Source: Linux
 * Documentation/arch/x86/boot.rst and zero-page.rst.
 */
#ifndef BOOT_ZERO_PAGE_H
#define BOOT_ZERO_PAGE_H

#include <asm/bootparam.h>

#include "boot/place.h"

/* Clears the zero page in guest memory, at LAYOUT_BOOT_INFO_GPA, and returns the pointer to it. */
struct boot_params *zero_page_clear(const struct guest_mem *mem);

/* Fills in all that does not come from the kernel: command line, initrd, memory map, ACPI. */
void zero_page_fill(struct boot_params *params, const struct boot_request *request,
                    const struct place_span *initrd);

/* The entry at rip by the 64-bit or the 32-bit boot protocol, with the zero page's address in RSI.
 */
struct boot_entry zero_page_entry(enum boot_mode mode, uint64_t rip);

#endif
