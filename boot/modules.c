/* SPDX-License-Identifier: BSD-2-Clause */
/* See modules.h. */
#include "boot/modules.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "boot/layout.h"

#define PAGE_BYTES UINT64_C(0x1000)

static uint64_t page_ceil(uint64_t value)
{
    return (value + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

/* Says that they do not fit, and whether more memory would help. */
static int fail_to_fit(const struct boot_request *request, uint64_t size_bytes,
                       uint64_t image_end_gpa, uint64_t limit_gpa, struct boot_error *error)
{
    const char *name = request->modules[0].source.name;
    bool one = request->module_count == 1;
    uint64_t first_gpa = page_ceil(image_end_gpa);
    uint64_t needed_gpa = first_gpa + page_ceil(size_bytes);

    if (size_bytes > limit_gpa || needed_gpa > limit_gpa)
        return boot_fail(
            error, EFBIG,
            "%s: %s of %" PRIu64 " MiB %s too large: between the kernel and %s at 0x%" PRIx64
            " there are %" PRIu64 " MiB",
            name, one ? "an initrd" : "initrds", place_mib_ceil(size_bytes), one ? "is" : "are",
            limit_gpa < GUEST_MEM_HOLE_GPA ? "the kernel's limit for an initrd"
                                           : "the end of memory below 4 GiB",
            limit_gpa, first_gpa < limit_gpa ? (limit_gpa - first_gpa) >> 20 : 0);
    return boot_fail(error, ENOMEM,
                     "%s: the initrd%s not fit in --memory %" PRIu64 "M beside the kernel: %" PRIu64
                     " MiB are needed; use --memory %" PRIu64 "M or more",
                     name, one ? " does" : "s do", place_memory_mib(request->mem),
                     place_mib_ceil(needed_gpa), place_mib_ceil(needed_gpa));
}

static uint64_t add_saturating(uint64_t a, uint64_t b)
{
    uint64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

/* Adds up the sizes, all but the last one rounded up to pages. */
static int add_up(const struct boot_request *request, uint64_t *size_bytes,
                  struct boot_error *error)
{
    *size_bytes = 0;
    for (unsigned i = 0; i < request->module_count; i++) {
        const struct boot_source *source = &request->modules[i].source;

        if (source->size_bytes == 0)
            return boot_fail(error, EINVAL, "%s: the initrd is empty", source->name);
        *size_bytes = add_saturating(*size_bytes, -*size_bytes % PAGE_BYTES);
        *size_bytes = add_saturating(*size_bytes, source->size_bytes);
    }
    return 0;
}

/* The highest address of what ends at or below end_gpa; 0 if it does not fit. */
static uint64_t highest_start(uint64_t size_bytes, uint64_t image_end_gpa, uint64_t end_gpa)
{
    uint64_t start_gpa;

    if (size_bytes > end_gpa)
        return 0;
    start_gpa = (end_gpa - size_bytes) & ~(PAGE_BYTES - 1);
    return start_gpa >= page_ceil(image_end_gpa) ? start_gpa : 0;
}

int modules_load(const struct boot_request *request, uint64_t image_end_gpa, uint64_t max_end_gpa,
                 struct modules_placed *placed, struct boot_error *error)
{
    uint64_t memory_end_gpa = guest_mem_low_end_gpa(request->mem);
    uint64_t limit_gpa = max_end_gpa < GUEST_MEM_HOLE_GPA ? max_end_gpa : GUEST_MEM_HOLE_GPA;
    uint64_t end_gpa = memory_end_gpa < limit_gpa ? memory_end_gpa : limit_gpa;
    uint64_t size_bytes, next_gpa;
    int result = add_up(request, &size_bytes, error);

    *placed = (struct modules_placed){0};
    if (result < 0 || request->module_count == 0)
        return result;
    next_gpa = highest_start(size_bytes, image_end_gpa, end_gpa);
    if (next_gpa == 0)
        return fail_to_fit(request, size_bytes, image_end_gpa, limit_gpa, error);
    placed->all = (struct place_span){next_gpa, next_gpa + size_bytes};
    for (unsigned i = 0; i < request->module_count && result == 0; i++) {
        const struct boot_source *source = &request->modules[i].source;

        placed->each[i] = (struct place_span){next_gpa, next_gpa + source->size_bytes};
        result = place_load(source, 0, request->mem, next_gpa, source->size_bytes, error);
        next_gpa = page_ceil(placed->each[i].end_gpa);
    }
    return result;
}

uint64_t modules_texts_gpa(const struct guest_mem *mem)
{
    const char *area = guest_mem_at(mem, LAYOUT_COMMAND_LINE_GPA, LAYOUT_COMMAND_LINE_BYTES);

    return LAYOUT_COMMAND_LINE_GPA + strlen(area) + 1;
}

int modules_put_text(const struct boot_request *request, const char *text, uint64_t *next_gpa,
                     struct boot_error *error)
{
    uint64_t end_gpa = LAYOUT_COMMAND_LINE_GPA + LAYOUT_COMMAND_LINE_BYTES;
    uint64_t length_bytes = strlen(text) + 1;

    if (length_bytes > end_gpa - *next_gpa)
        return boot_fail(error, E2BIG,
                         "%s: the command line and the words of the initrds have more than %d "
                         "bytes together; shorten them",
                         request->kernel->name, LAYOUT_COMMAND_LINE_BYTES);
    memcpy(guest_mem_at(request->mem, *next_gpa, length_bytes), text, length_bytes);
    *next_gpa += length_bytes;
    return 0;
}
