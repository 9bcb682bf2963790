/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Multiboot 2 images, which are recognised and not booted: theirs is another header, another
 * machine state and other information than Multiboot 1 has. Source: Multiboot2 specification 2.0,
 * section 3.1.
 */
#ifndef BOOT_MULTIBOOT2_H
#define BOOT_MULTIBOOT2_H

#include "boot/request.h"

/*
 * 0 if the file has no such header. If it has, the line says so, and -ENOEXEC; or another negative
 * errno if the file cannot be read.
 */
int multiboot2_refuse(const struct boot_source *kernel, struct boot_error *error);

#endif
