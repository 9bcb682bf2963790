/* SPDX-License-Identifier: BSD-2-Clause */
/* See vmlinux.h. */
#include "boot/vmlinux.h"

#include <errno.h>

#include "boot/layout.h"
#include "boot/zero_page.h"

/* The protocol whose fields zero_page_fill knows. */
#define HEADER_MAGIC    0x53726448
#define HEADER_VERSION  0x020c
#define HEADER_BOOTFLAG 0xaa55

int vmlinux_place(const struct boot_request *request, const struct elf_image *image, uint64_t entry,
                  uint64_t *entry_gpa, struct modules_placed *initrd, struct boot_error *error)
{
    uint64_t max_bytes =
        image->has_pvh_entry && !image->is_linux ? UINT64_MAX : VMLINUX_COMMAND_LINE_MAX_BYTES;
    uint64_t end_gpa = 0;
    int result = elf_image_find_entry(request, image, entry, entry_gpa, error);

    if (result == 0)
        result = elf_image_load(request, image, &end_gpa, error);
    if (result == 0)
        result = place_command_line(request, request->linux_words, max_bytes, error);
    if (result == 0)
        result = modules_load(request, end_gpa, GUEST_MEM_HOLE_GPA, initrd, error);
    return result;
}

int vmlinux_load(const struct boot_request *request, const struct elf_image *image,
                 struct boot_entry *entry, struct boot_error *error)
{
    struct boot_params *params = zero_page_clear(request->mem);
    struct modules_placed initrd;
    uint64_t entry_gpa = 0;
    int result;

    if (image->is_program)
        return boot_fail(error, ENOEXEC,
                         "%s: a program for an operating system, not a kernel; a program goes into "
                         "an initramfs",
                         request->kernel->name);
    if (!image->is_64)
        return boot_fail(error, ENOEXEC,
                         "%s: a 32-bit ELF file without a Multiboot header or a PVH entry; use "
                         "the bzImage that it was built with",
                         request->kernel->name);
    result = vmlinux_place(request, image, image->entry, &entry_gpa, &initrd, error);
    if (result < 0)
        return result;
    params->hdr.boot_flag = HEADER_BOOTFLAG;
    params->hdr.header = HEADER_MAGIC;
    params->hdr.version = HEADER_VERSION;
    params->hdr.loadflags = LOADED_HIGH;
    params->hdr.cmdline_size = VMLINUX_COMMAND_LINE_MAX_BYTES;
    zero_page_fill(params, request, &initrd.all);
    *entry = zero_page_entry(BOOT_MODE_LONG, entry_gpa);
    return 0;
}
