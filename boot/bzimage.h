/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bzImage: a compressed Linux kernel that unpacks itself, entered in 64-bit mode if it has that
 * entry, and else in 32-bit protected mode: kernels for 32 bits, and programs such as memtest86+.
 *
 * Source: Linux Documentation/arch/x86/boot.rst. The file is (setup_sects + 1) * 512 bytes of
 * 16-bit setup code, with the setup header at 0x1f1, of which only the header is used; then the
 * kernel proper, loaded at pref_address and entered at its start, by the 64-bit entry 0x200 bytes
 * after it. Needs protocol 2.06 (Linux 2.6.22), since when the header has the size of the command
 * line; XLF_KERNEL_64 came with 2.12 (Linux 3.8).
 */
#ifndef BOOT_BZIMAGE_H
#define BOOT_BZIMAGE_H

#include <stdbool.h>

#include "boot/request.h"

/* Whether a file that starts with these bytes has the setup header's magic. */
bool bzimage_detect(const uint8_t *head, uint64_t size_bytes);

/* See boot_load. */
int bzimage_load(const struct boot_request *request, struct boot_entry *entry,
                 struct boot_error *error);

#endif
