/*
 * Loading a guest: finds out what kind of file the kernel is, puts it, its initrd, its command line
 * and its memory map into guest memory, and says in which state the first CPU starts.
 *
 *   bzImage         64-bit entry of the Linux boot protocol, 2.12 or later   boot/bzimage.h
 *   ELF             PVH if it has that note                                  boot/pvh.h
 *                   else Multiboot 1 if it has that header                   boot/multiboot.h
 *                   else 64-bit entry of the Linux boot protocol             boot/vmlinux.h
 *   anything else   Multiboot 1 with load addresses in its header            boot/multiboot.h
 *
 * The order of a start: guest_mem_layout, map the memory, acpi_build at LAYOUT_ACPI_GPA, boot_load,
 * cpu_state_fill for the first CPU. Every check comes before what it is about is loaded.
 */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

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
    /* Laid out and mapped, and all zeros but for the ACPI tables: that is the kernel's bss. */
    const struct guest_mem *mem;
    /* Where the ACPI tables start, which are in guest memory already; 0: there are none. */
    uint64_t rsdp_gpa;
};

/* One line for the user, without a newline. It begins with a file's name, which may be long. */
struct boot_error {
    char text[1024];
};

/*
 * 0 with *entry filled in, or a negative errno with *error filled in; guest memory is undefined
 * then.
 */
int boot_load(const struct boot_request *request, struct boot_entry *entry,
              struct boot_error *error);

/* For the loaders: writes the message and returns -errno_value. */
int boot_fail(struct boot_error *error, int errno_value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
