/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmlinux: an uncompressed Linux kernel, as an ELF file without a PVH entry, entered by the 64-bit
 * boot protocol with a zero page that has no header from the kernel. Source: Linux
 * Documentation/arch/x86/boot.rst, "64-bit Boot Protocol".
 */
#ifndef BOOT_VMLINUX_H
#define BOOT_VMLINUX_H

#include "boot/elf_image.h"
#include "boot/modules.h"

/*
 * What x86 Linux takes as a command line, without its 0, if the image has no header to say it:
 * COMMAND_LINE_SIZE is 2048. A longer one would be cut off silently.
 */
#define VMLINUX_COMMAND_LINE_MAX_BYTES 2047

/*
 * What either way into a Linux needs in memory: the segments of image, which is the request's
 * kernel, the command line and the initrd. *entry_gpa is where entry is, see elf_image_find_entry,
 * and *initrd as modules_load says. With another kernel (PVH) the command line may be longer.
 */
int vmlinux_place(const struct boot_request *request, const struct elf_image *image, uint64_t entry,
                  uint64_t *entry_gpa, struct modules_placed *initrd, struct boot_error *error);

/* See boot_load. image is the request's kernel. */
int vmlinux_load(const struct boot_request *request, const struct elf_image *image,
                 struct boot_entry *entry, struct boot_error *error);

#endif
