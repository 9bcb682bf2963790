/*
 * Loading a guest: finds out what kind of file the kernel is, puts it, its initrd, its command line
 * and its memory map into guest memory, and says in which state the first CPU starts.
 */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include <stdint.h>

#include "boot/cpu_state.h"
#include "boot/guest_mem.h"
#include "boot/source.h"

struct boot_request {
    const struct boot_source *kernel;
    /* NULL for none. */
    const struct boot_source *initrd;
    const char *command_line;
    const struct guest_mem *mem;
    /* Where the ACPI tables start; they are in guest memory already. */
    uint64_t rsdp_gpa;
};

/* One line for the user, without a newline. */
struct boot_error {
    char text[256];
};

/*
 * Loads a bzImage, an ELF vmlinux or a Multiboot 1 image. 0 with *entry filled in, or a negative
 * errno with *error filled in; guest memory is undefined then.
 */
int boot_load(const struct boot_request *request, struct boot_entry *entry,
              struct boot_error *error);

/* For the loaders: writes the message and returns -errno_value. */
int boot_fail(struct boot_error *error, int errno_value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
