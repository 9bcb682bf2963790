/* SPDX-License-Identifier: BSD-2-Clause */
/* See place.h. */
#include "boot/place.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "boot/layout.h"

#define MIB (UINT64_C(1) << 20)

uint64_t place_mib_ceil(uint64_t bytes)
{
    return bytes / MIB + (bytes % MIB != 0);
}

uint64_t place_memory_mib(const struct guest_mem *mem)
{
    uint64_t size_bytes = 0;

    for (unsigned i = 0; i < mem->region_count; i++)
        size_bytes += mem->regions[i].size_bytes;
    return size_bytes / MIB;
}

int place_read(const struct boot_source *source, uint64_t offset_bytes, void *to,
               uint64_t size_bytes, struct boot_error *error)
{
    int result = boot_source_read(source, offset_bytes, to, size_bytes);

    if (result == -ENODATA)
        return boot_fail(error, EINVAL,
                         "%s: truncated: %" PRIu64 " bytes at offset %" PRIu64
                         " are missing; get the file again",
                         source->name, size_bytes, offset_bytes);
    if (result < 0)
        return boot_fail(error, -result, "%s: cannot read: %s", source->name, strerror(-result));
    return 0;
}

int place_load(const struct boot_source *source, uint64_t offset_bytes, const struct guest_mem *mem,
               uint64_t gpa, uint64_t size_bytes, struct boot_error *error)
{
    void *to = guest_mem_at(mem, gpa, size_bytes);

    if (to == NULL)
        return boot_fail(error, EINVAL, "%s: no memory at 0x%" PRIx64 " to load it to",
                         source->name, gpa);
    return place_read(source, offset_bytes, to, size_bytes, error);
}

int place_check_image(const struct boot_request *request, const char *what, struct place_span span,
                      struct boot_error *error)
{
    const char *name = request->kernel->name;

    if (span.end_gpa < span.start_gpa)
        return boot_fail(error, EINVAL, "%s: %s at 0x%" PRIx64 " runs past the last address", name,
                         what, span.start_gpa);
    if (span.start_gpa >= LAYOUT_LOW_IMAGE_GPA && span.end_gpa <= LAYOUT_LOW_END_GPA)
        return 0;
    if (span.start_gpa < LAYOUT_KERNEL_MIN_GPA)
        return boot_fail(error, EINVAL,
                         "%s: %s is to be at 0x%" PRIx64 " to 0x%" PRIx64
                         ", but below 1 MiB only 0x%x to 0x%x is free for images",
                         name, what, span.start_gpa, span.end_gpa, LAYOUT_LOW_IMAGE_GPA,
                         LAYOUT_LOW_END_GPA);
    if (span.end_gpa > GUEST_MEM_HOLE_GPA)
        return boot_fail(error, EINVAL,
                         "%s: %s is to be at 0x%" PRIx64 " to 0x%" PRIx64
                         ", but images must lie below 3 GiB",
                         name, what, span.start_gpa, span.end_gpa);
    return 0;
}

int place_check_memory(const struct boot_request *request, uint64_t end_gpa,
                       struct boot_error *error)
{
    if (end_gpa <= guest_mem_low_end_gpa(request->mem))
        return 0;
    return boot_fail(error, ENOMEM,
                     "%s: the kernel does not fit in --memory %" PRIu64 "M: it needs %" PRIu64
                     " MiB; use --memory %" PRIu64 "M or more",
                     request->kernel->name, place_memory_mib(request->mem), place_mib_ceil(end_gpa),
                     place_mib_ceil(end_gpa));
}

int place_command_line(const struct boot_request *request, const char *before, uint64_t max_bytes,
                       struct boot_error *error)
{
    const char *space = before[0] != 0 && request->command_line[0] != 0 ? " " : "";
    uint64_t length_bytes = strlen(before) + strlen(space) + strlen(request->command_line);
    char *to = guest_mem_at(request->mem, LAYOUT_COMMAND_LINE_GPA, LAYOUT_COMMAND_LINE_BYTES);
    uint64_t room_bytes = LAYOUT_COMMAND_LINE_BYTES - 1;

    if (length_bytes > max_bytes || length_bytes > room_bytes)
        return boot_fail(error, E2BIG,
                         "%s: the command line has %" PRIu64 " bytes, but %s %" PRIu64
                         "; shorten it",
                         request->kernel->name, length_bytes,
                         max_bytes < room_bytes ? "this kernel takes" : "there is room for",
                         max_bytes < room_bytes ? max_bytes : room_bytes);
    snprintf(to, length_bytes + 1, "%s%s%s", before, space, request->command_line);
    return 0;
}
