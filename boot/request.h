/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a loader is asked for, and how it says what is wrong: shared by boot_load and the loaders
 * that it chooses from, which include this and not boot.h.
 */
#ifndef BOOT_REQUEST_H
#define BOOT_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest_mem.h"
#include "boot/cpu_state.h"
#include "boot/source.h"

/* Each field is the caller's to fill; boot_load writes to nothing but the memory. */
struct boot_request {
    const struct boot_source *kernel;
    /* NULL for none. */
    const struct boot_source *initrd;
    /* An initramfs that only Linux can use, not one that the user named: no Multiboot module. */
    bool initrd_is_for_linux;
    /* Not NULL; may be empty. */
    const char *command_line;
    /* Laid out and mapped, and all zeros but for what a BIOS leaves: that is the kernel's bss. */
    const struct guest_mem *mem;
    /* Where the ACPI tables start, which are in guest memory already; 0: there are none. */
    uint64_t rsdp_gpa;
};

/* One line for the user, without a newline. It begins with a file's name, which may be long. */
struct boot_error {
    char text[1024];
};

/* For the loaders: writes the message and returns -errno_value. */
int boot_fail(struct boot_error *error, int errno_value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
