/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loading a guest: finds out what kind of file the kernel is, puts it, its initrd, its command line
 * and its memory map into guest memory, and says in which state the first CPU starts.
 *
 *   bzImage         Linux boot protocol, 2.06 or later: its 64-bit entry if
 *                   it has one, else the 32-bit one                          boot/bzimage.h
 *   ELF             PVH if it has that note                                  boot/pvh.h
 *                   else Multiboot 1 if it has that header                   boot/multiboot.h
 *                   else 64-bit entry of the Linux boot protocol             boot/vmlinux.h
 *   anything else   Multiboot 1 with load addresses in its header            boot/multiboot.h
 *
 * Multiboot 2 images (boot/multiboot2.h), programs and what else is no kernel (boot/file_kind.h)
 * are refused by name.
 *
 * The order of a start: guest_mem_layout, map the memory, acpi_build at LAYOUT_ACPI_GPA and the
 * others that write what a BIOS leaves, boot_load, cpu_state_fill for the first CPU. Every check
 * comes before what it is about is loaded.
 *
 * All of boot/ runs on the main thread before the first vCPU runs, so there is no lock.
 */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include "boot/cpu_state.h"
#include "boot/request.h"

/*
 * Loads what the request names. 0 with *entry filled in; or a negative errno with *error filled in,
 * and then the content of guest memory is undefined.
 */
int boot_load(const struct boot_request *request, struct boot_entry *entry,
              struct boot_error *error);

#endif
