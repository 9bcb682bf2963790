/* SPDX-License-Identifier: BSD-2-Clause */
/* See bzimage.h. Names of fields are those of the boot protocol. */
#include "boot/bzimage.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "boot/layout.h"
#include "boot/modules.h"
#include "boot/zero_page.h"

#define HEADER_OFFSET       0x1f1
#define MAGIC_OFFSET        0x202
#define HEADER_MAGIC        0x53726448
#define BOOT_FLAG           0xaa55
#define JUMP_OPCODE         0xeb
#define VERSION_NEEDED      0x0206
#define VERSION_PREF_ADDR   0x020a
#define VERSION_XLOADFLAGS  0x020c
#define SECTOR_BYTES        512
#define DEFAULT_SETUP_SECTS 4
#define SYSSIZE_UNIT_BYTES  16
#define ENTRY_64_OFFSET     0x200
/* The header goes to the zero page up to where the next field of struct boot_params starts. */
#define HEADER_MAX_END (offsetof(struct boot_params, edd_mbr_sig_buffer))

/* Where the header ends at the earliest, from a version on: behind the last of its fields. */
static const struct {
    uint16_t version;
    uint16_t min_end;
} header_ends[] = {
    {0x0206, HEADER_OFFSET + offsetof(struct setup_header, hardware_subarch)},
    {0x0208, HEADER_OFFSET + offsetof(struct setup_header, setup_data)},
    {0x020a, HEADER_OFFSET + offsetof(struct setup_header, handover_offset)},
};

/* The kernel proper: where it is in the file, where it is loaded, and what it will occupy. */
struct kernel_proper {
    uint64_t offset_bytes;
    uint64_t size_bytes;
    uint64_t load_gpa;
    struct place_span occupied;
};

bool bzimage_detect(const uint8_t *head, uint64_t size_bytes)
{
    const uint32_t magic = HEADER_MAGIC;

    return size_bytes >= MAGIC_OFFSET + sizeof magic &&
           memcmp(head + MAGIC_OFFSET, &magic, sizeof magic) == 0;
}

static uint64_t header_min_end(uint16_t version)
{
    uint64_t min_end = 0;

    for (unsigned i = 0; i < sizeof header_ends / sizeof header_ends[0]; i++)
        if (version >= header_ends[i].version)
            min_end = header_ends[i].min_end;
    return min_end;
}

/*
 * Reads the setup header to its place in the zero page. It ends where its jump instruction leads.
 * Fields that came with later versions are 0.
 */
static int read_header(const struct boot_source *kernel, struct boot_params *params,
                       struct boot_error *error)
{
    uint8_t jump[2];
    uint64_t end, min_end;
    int result =
        place_read(kernel, offsetof(struct boot_params, hdr.jump), jump, sizeof jump, error);

    if (result < 0)
        return result;
    end = MAGIC_OFFSET + jump[1];
    if (jump[0] != JUMP_OPCODE || end > HEADER_MAX_END)
        return boot_fail(error, EINVAL, "%s: damaged bzImage: no jump over its header",
                         kernel->name);
    result = place_read(kernel, HEADER_OFFSET, &params->hdr, end - HEADER_OFFSET, error);
    if (result < 0)
        return result;
    if (params->hdr.version < VERSION_NEEDED)
        return boot_fail(error, EINVAL,
                         "%s: bzImage with boot protocol %u.%02u; 2.06 (Linux 2.6.22) or later "
                         "is needed",
                         kernel->name, params->hdr.version >> 8, params->hdr.version & 0xff);
    min_end = header_min_end(params->hdr.version);
    if (end < min_end)
        return boot_fail(error, EINVAL, "%s: damaged bzImage: its header ends at 0x%" PRIx64,
                         kernel->name, end);
    if (params->hdr.version < VERSION_PREF_ADDR)
        memset((uint8_t *)params + min_end, 0, end - min_end);
    if (params->hdr.version < VERSION_XLOADFLAGS)
        params->hdr.xloadflags = 0;
    return 0;
}

static int check_header(const char *name, const struct setup_header *hdr, struct boot_error *error)
{
    if (hdr->boot_flag != BOOT_FLAG)
        return boot_fail(error, EINVAL, "%s: damaged bzImage: boot flag 0x%04x is not 0x%04x", name,
                         hdr->boot_flag, BOOT_FLAG);
    if ((hdr->loadflags & LOADED_HIGH) == 0)
        return boot_fail(error, EINVAL, "%s: a zImage, loaded below 1 MiB; use a bzImage", name);
    if (hdr->relocatable_kernel &&
        (hdr->kernel_alignment == 0 || (hdr->kernel_alignment & (hdr->kernel_alignment - 1)) != 0))
        return boot_fail(error, EINVAL,
                         "%s: damaged bzImage: kernel_alignment 0x%x is not a power of two", name,
                         hdr->kernel_alignment);
    return 0;
}

/*
 * Finds the kernel proper in the file. syssize is its size in units of 16 bytes, rounded up; a
 * signature may follow it. The payload lies within it, so it is checked afterwards.
 */
static int find_kernel(const struct boot_source *source, const struct setup_header *hdr,
                       struct kernel_proper *kernel, struct boot_error *error)
{
    uint64_t setup_sects = hdr->setup_sects != 0 ? hdr->setup_sects : DEFAULT_SETUP_SECTS;
    uint64_t system_bytes = (uint64_t)hdr->syssize * SYSSIZE_UNIT_BYTES;
    uint64_t file_bytes;

    kernel->offset_bytes = (setup_sects + 1) * SECTOR_BYTES;
    if (kernel->offset_bytes >= source->size_bytes)
        return boot_fail(error, EINVAL,
                         "%s: truncated bzImage: %" PRIu64
                         " bytes, and its setup code alone has %" PRIu64,
                         source->name, source->size_bytes, kernel->offset_bytes);
    file_bytes = source->size_bytes - kernel->offset_bytes;
    if (system_bytes >= file_bytes + SYSSIZE_UNIT_BYTES)
        return boot_fail(error, EINVAL,
                         "%s: truncated bzImage: its kernel has %" PRIu64
                         " bytes (syssize), the file only %" PRIu64 " of them",
                         source->name, system_bytes, file_bytes);
    kernel->size_bytes = system_bytes < file_bytes ? system_bytes : file_bytes;
    if (kernel->size_bytes <= ENTRY_64_OFFSET)
        return boot_fail(error, EINVAL, "%s: damaged bzImage: a kernel of %" PRIu64 " bytes",
                         source->name, kernel->size_bytes);
    if ((uint64_t)hdr->payload_offset + hdr->payload_length > kernel->size_bytes)
        return boot_fail(error, EINVAL,
                         "%s: damaged bzImage: a payload of %u bytes at %u in a kernel of %" PRIu64,
                         source->name, hdr->payload_length, hdr->payload_offset,
                         kernel->size_bytes);
    return 0;
}

/*
 * Decides where the kernel proper is loaded. A relocatable one runs where it is loaded. Another one
 * is loaded at 1 MiB and moves itself. It occupies all from where it is loaded to where it runs.
 */
static int place_kernel(const struct boot_request *request, const struct setup_header *hdr,
                        struct kernel_proper *kernel, struct boot_error *error)
{
    uint64_t run_gpa = hdr->pref_address != 0 ? hdr->pref_address : LAYOUT_KERNEL_MIN_GPA;
    uint64_t load_end_gpa, run_end_gpa;
    int result;

    if (run_gpa < LAYOUT_KERNEL_MIN_GPA || run_gpa >= GUEST_MEM_HOLE_GPA)
        return boot_fail(error, EINVAL,
                         "%s: damaged bzImage: preferred address 0x%" PRIx64
                         " is not in 1 MiB to 3 GiB",
                         request->kernel->name, run_gpa);
    if (hdr->relocatable_kernel)
        run_gpa = (run_gpa + hdr->kernel_alignment - 1) & ~(uint64_t)(hdr->kernel_alignment - 1);
    kernel->load_gpa = hdr->relocatable_kernel ? run_gpa : LAYOUT_KERNEL_MIN_GPA;
    load_end_gpa = kernel->load_gpa + kernel->size_bytes;
    run_end_gpa = run_gpa + hdr->init_size;
    kernel->occupied.start_gpa = kernel->load_gpa;
    kernel->occupied.end_gpa = load_end_gpa > run_end_gpa ? load_end_gpa : run_end_gpa;
    result = place_check_image(request, "the kernel", kernel->occupied, error);
    return result == 0 ? place_check_memory(request, kernel->occupied.end_gpa, error) : result;
}

int bzimage_load(const struct boot_request *request, struct boot_entry *entry,
                 struct boot_error *error)
{
    struct boot_params *params = zero_page_clear(request->mem);
    const struct setup_header *hdr = &params->hdr;
    struct kernel_proper kernel = {0};
    struct modules_placed initrd;
    int result = read_header(request->kernel, params, error);

    if (result == 0)
        result = check_header(request->kernel->name, hdr, error);
    if (result == 0)
        result = find_kernel(request->kernel, hdr, &kernel, error);
    if (result == 0)
        result = place_kernel(request, hdr, &kernel, error);
    if (result == 0)
        result = place_command_line(request, request->linux_words, hdr->cmdline_size, error);
    if (result == 0)
        result = modules_load(request, kernel.occupied.end_gpa, (uint64_t)hdr->initrd_addr_max + 1,
                              &initrd, error);
    if (result == 0)
        result = place_load(request->kernel, kernel.offset_bytes, request->mem, kernel.load_gpa,
                            kernel.size_bytes, error);
    if (result < 0)
        return result;
    zero_page_fill(params, request, &initrd.all);
    if ((hdr->xloadflags & XLF_KERNEL_64) != 0)
        *entry = zero_page_entry(BOOT_MODE_LONG, kernel.load_gpa + ENTRY_64_OFFSET);
    else
        *entry = zero_page_entry(BOOT_MODE_PROTECTED, kernel.load_gpa);
    return 0;
}
