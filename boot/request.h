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
    /* At most BOOT_MAX_MODULES. For Linux, which unpacks one after the other, they are one initrd.
     */
    const struct boot_module *modules;
    unsigned module_count;
    /* The module is an initramfs that only Linux can use: no other kernel gets it. */
    bool modules_are_for_linux;
    /* What Linux alone is told, before the command line. Both are not NULL, and may be empty. */
    const char *linux_words;
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
