/* SPDX-License-Identifier: BSD-2-Clause */
/* See boot.h. */
#include "boot/boot.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>

#include "boot/bzimage.h"
#include "boot/elf_image.h"
#include "boot/file_kind.h"
#include "boot/layout.h"
#include "boot/multiboot.h"
#include "boot/multiboot2.h"
#include "boot/place.h"
#include "boot/pvh.h"
#include "boot/vmlinux.h"

/* The first bytes of a file, in which every kind of image but Multiboot has its signature. */
#define HEAD_BYTES 0x400

/* Kernels start at 1 MiB, and the initrd needs a place too. */
#define MIN_MEMORY_BYTES (UINT64_C(2) << 20)

/* The request as it is for a kernel that is not Linux: without what only Linux is to get. */
static struct boot_request without_linux(const struct boot_request *request)
{
    struct boot_request own = *request;

    own.linux_words = "";
    if (request->modules_are_for_linux)
        own.module_count = 0;
    return own;
}

static int load_pvh(const struct boot_request *request, const struct elf_image *image,
                    struct boot_entry *entry, struct boot_error *error)
{
    const struct boot_request own = image->is_linux ? *request : without_linux(request);

    return pvh_load(&own, image, entry, error);
}

static int load_multiboot(const struct boot_request *request, const struct multiboot_header *header,
                          uint64_t header_offset_bytes, const struct elf_image *image,
                          struct boot_entry *entry, struct boot_error *error)
{
    const struct boot_request own = without_linux(request);

    return multiboot_load(&own, header, header_offset_bytes, image, entry, error);
}

static int load_elf(const struct boot_request *request, struct boot_entry *entry,
                    struct boot_error *error)
{
    struct elf_image image;
    struct multiboot_header header;
    uint64_t header_offset_bytes;
    int result = elf_image_read(request->kernel, &image, error);

    if (result < 0)
        return result;
    if (image.has_pvh_entry)
        return load_pvh(request, &image, entry, error);
    result = multiboot_find(request->kernel, &header, &header_offset_bytes, error);
    if (result > 0)
        return load_multiboot(request, &header, header_offset_bytes, &image, entry, error);
    if (result == 0)
        result = multiboot2_refuse(request->kernel, error);
    return result == 0 ? vmlinux_load(request, &image, entry, error) : result;
}

static int load_other(const struct boot_request *request, struct boot_entry *entry,
                      struct boot_error *error)
{
    struct multiboot_header header;
    uint64_t header_offset_bytes;
    int result = multiboot_find(request->kernel, &header, &header_offset_bytes, error);

    if (result > 0)
        return load_multiboot(request, &header, header_offset_bytes, NULL, entry, error);
    if (result == 0)
        result = multiboot2_refuse(request->kernel, error);
    return result == 0 ? file_kind_refuse(request->kernel, error) : result;
}

int boot_load(const struct boot_request *request, struct boot_entry *entry,
              struct boot_error *error)
{
    const struct boot_source *kernel = request->kernel;
    uint8_t head[HEAD_BYTES] = {0};
    uint64_t head_bytes = kernel->size_bytes < HEAD_BYTES ? kernel->size_bytes : HEAD_BYTES;
    int result = place_read(kernel, 0, head, head_bytes, error);

    if (result < 0)
        return result;
    if (head_bytes == 0)
        return boot_fail(error, ENOEXEC, "%s: the file is empty", kernel->name);
    if (guest_mem_low_end_gpa(request->mem) < MIN_MEMORY_BYTES)
        return boot_fail(error, ENOMEM, "a guest needs memory of 2 MiB; use --memory 2M or more");
    if (bzimage_detect(head, head_bytes))
        return bzimage_load(request, entry, error);
    if (elf_image_detect(head, head_bytes))
        return load_elf(request, entry, error);
    return load_other(request, entry, error);
}
