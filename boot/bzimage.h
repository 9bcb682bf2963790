/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bzImage: a compressed Linux kernel that unpacks itself, entered in 64-bit mode.
 *
 * Source: Linux Documentation/arch/x86/boot.rst. The file is (setup_sects + 1) * 512 bytes of
 * 16-bit setup code, with the setup header at 0x1f1, of which only the header is used; then the
 * kernel proper, loaded at pref_address and entered 0x200 bytes after its start. Needs
 * protocol 2.12 (Linux 3.8), with which XLF_KERNEL_64 came.
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
