/* SPDX-License-Identifier: BSD-2-Clause */
/* See elf_image.h. */
#include "boot/elf_image.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <gelf.h>
#include <libelf.h>

#include "boot/layout.h"

#define PAGE_BYTES       UINT64_C(0x1000)
#define XEN_NOTE_NAME    "Xen"
#define XEN_PHYS32_ENTRY 18
#define LINUX_NOTE_NAME  "Linux"
/* Linux has some hundred bytes of notes. libelf reads a whole segment of them into memory. */
#define MAX_NOTES_BYTES 0x10000

bool elf_image_detect(const uint8_t *head, uint64_t size_bytes)
{
    return size_bytes >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0;
}

struct Elf *elf_image_open(const struct boot_source *source)
{
    elf_version(EV_CURRENT);
    if (source->fd >= 0)
        return elf_begin(source->fd, ELF_C_READ, NULL);
    /* libelf does not write to the bytes: they are not changed here, and need no conversion. */
    return elf_memory((char *)source->bytes, source->size_bytes);
}

static int fail_machine(const char *name, unsigned machine, struct boot_error *error)
{
    static const struct {
        unsigned machine;
        const char *name;
    } known[] = {
        {EM_386, "64-bit ELF with 32-bit x86 code"},
        {EM_X86_64, "32-bit ELF with 64-bit x86 code"},
        {EM_AARCH64, "64-bit Arm"},
        {EM_ARM, "32-bit Arm"},
        {EM_RISCV, "RISC-V"},
        {EM_PPC64, "64-bit PowerPC"},
        {EM_S390, "S/390"},
    };

    for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].machine == machine)
            return boot_fail(error, ENOEXEC, "%s: an ELF file for another machine (%s), not x86-64",
                             name, known[i].name);
    return boot_fail(error, ENOEXEC,
                     "%s: an ELF file for another machine (e_machine %u), not x86-64", name,
                     machine);
}

static int check_header(const struct boot_source *source, const GElf_Ehdr *header,
                        size_t phdr_bytes, struct boot_error *error)
{
    bool is_64 = header->e_ident[EI_CLASS] == ELFCLASS64;
    uint64_t table_bytes = header->e_phnum * phdr_bytes;

    if (header->e_machine != (is_64 ? EM_X86_64 : EM_386))
        return fail_machine(source->name, header->e_machine, error);
    if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
        return boot_fail(error, ENOEXEC, "%s: %s (e_type %u), not a kernel; a vmlinux is needed",
                         source->name,
                         header->e_type == ET_REL    ? "an object file or a kernel module"
                         : header->e_type == ET_CORE ? "a core dump"
                                                     : "an ELF file that is no executable",
                         header->e_type);
    if (header->e_phoff > source->size_bytes || table_bytes > source->size_bytes - header->e_phoff)
        return boot_fail(error, EINVAL,
                         "%s: truncated ELF file: %u program headers at offset %" PRIu64
                         " in %" PRIu64 " bytes",
                         source->name, header->e_phnum, header->e_phoff, source->size_bytes);
    return 0;
}

/*
 * A linker without a script puts the file's own headers in front of the first segment, into the
 * page below the address that the kernel asked for. Nobody needs them in memory: if an image may
 * not begin in that page, what is left is the segment from the first address at which it may.
 */
static void leave_out_headers(struct elf_segment *segment)
{
    static const uint64_t first_gpas[] = {LAYOUT_LOW_IMAGE_GPA, LAYOUT_KERNEL_MIN_GPA};
    struct place_span *span = &segment->span;

    for (unsigned i = 0; i < sizeof first_gpas / sizeof first_gpas[0]; i++) {
        uint64_t left_out_bytes = first_gpas[i] - span->start_gpa;

        if (segment->offset_bytes != 0 || span->start_gpa >= first_gpas[i] ||
            left_out_bytes > PAGE_BYTES)
            continue;
        if (left_out_bytes > span->end_gpa - span->start_gpa)
            left_out_bytes = span->end_gpa - span->start_gpa;
        span->start_gpa += left_out_bytes;
        segment->virtual_start += left_out_bytes;
        segment->offset_bytes += left_out_bytes;
        segment->file_bytes -=
            segment->file_bytes < left_out_bytes ? segment->file_bytes : left_out_bytes;
    }
}

static int add_segment(const struct boot_source *source, unsigned index, const GElf_Phdr *phdr,
                       struct elf_image *image, struct boot_error *error)
{
    struct elf_segment *segment;

    if (phdr->p_memsz == 0 && phdr->p_filesz == 0)
        return 0;
    if (phdr->p_filesz > phdr->p_memsz)
        return boot_fail(error, EINVAL,
                         "%s: damaged ELF file: segment %u has %" PRIu64
                         " bytes in the file and %" PRIu64 " in memory",
                         source->name, index, phdr->p_filesz, phdr->p_memsz);
    if (phdr->p_offset > source->size_bytes || phdr->p_filesz > source->size_bytes - phdr->p_offset)
        return boot_fail(error, EINVAL,
                         "%s: truncated ELF file: segment %u has %" PRIu64
                         " bytes at offset %" PRIu64 ", the file ends at %" PRIu64,
                         source->name, index, phdr->p_filesz, phdr->p_offset, source->size_bytes);
    if (image->segment_count == ELF_IMAGE_MAX_SEGMENTS)
        return boot_fail(error, EINVAL, "%s: an ELF file with more than %d segments to load",
                         source->name, ELF_IMAGE_MAX_SEGMENTS);
    segment = &image->segments[image->segment_count];
    *segment = (struct elf_segment){
        .index = index,
        .span = {phdr->p_paddr, phdr->p_paddr + phdr->p_memsz},
        .virtual_start = phdr->p_vaddr,
        .offset_bytes = phdr->p_offset,
        .file_bytes = phdr->p_filesz,
    };
    leave_out_headers(segment);
    if (segment->span.start_gpa != segment->span.end_gpa)
        image->segment_count++;
    return 0;
}

static bool is_note(const GElf_Nhdr *note, const uint8_t *name, const char *owner, uint32_t type)
{
    return note->n_type == type && note->n_namesz == strlen(owner) + 1 &&
           memcmp(name, owner, note->n_namesz) == 0;
}

/* The entry is a word of 4 bytes, or of 8 in a 64-bit Linux. */
static void read_note(const GElf_Nhdr *note, const uint8_t *name, const uint8_t *desc,
                      struct elf_image *image)
{
    if (is_note(note, name, ELF_NOTE_GNU, NT_GNU_ABI_TAG))
        image->is_program = true;
    if (is_note(note, name, LINUX_NOTE_NAME, note->n_type))
        image->is_linux = true;
    if (!is_note(note, name, XEN_NOTE_NAME, XEN_PHYS32_ENTRY) ||
        (note->n_descsz != sizeof(uint32_t) && note->n_descsz != sizeof(uint64_t)))
        return;
    memcpy(&image->pvh_entry_gpa, desc, note->n_descsz);
    image->has_pvh_entry = true;
}

static int read_notes(const struct boot_source *source, Elf *elf, unsigned index,
                      const GElf_Phdr *phdr, struct elf_image *image, struct boot_error *error)
{
    Elf_Type type = phdr->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR;
    Elf_Data *data = NULL;
    GElf_Nhdr note;
    size_t name, desc;
    size_t offset = 0;

    if (phdr->p_filesz == 0)
        return 0;
    if (phdr->p_filesz <= MAX_NOTES_BYTES)
        data = elf_getdata_rawchunk(elf, (int64_t)phdr->p_offset, phdr->p_filesz, type);
    if (data == NULL)
        return boot_fail(error, EINVAL,
                         "%s: damaged ELF file: notes (segment %u) of %" PRIu64
                         " bytes at offset %" PRIu64,
                         source->name, index, phdr->p_filesz, phdr->p_offset);
    while ((offset = gelf_getnote(data, offset, &note, &name, &desc)) != 0)
        read_note(&note, (uint8_t *)data->d_buf + name, (uint8_t *)data->d_buf + desc, image);
    return 0;
}

static int read_segments(const struct boot_source *source, Elf *elf, unsigned count,
                         struct elf_image *image, struct boot_error *error)
{
    GElf_Phdr phdr;
    int result = 0;

    for (unsigned i = 0; i < count && result == 0; i++) {
        if (gelf_getphdr(elf, (int)i, &phdr) == NULL)
            return boot_fail(error, EINVAL, "%s: damaged ELF file: %s", source->name,
                             elf_errmsg(-1));
        if (phdr.p_type == PT_LOAD)
            result = add_segment(source, i, &phdr, image, error);
        else if (phdr.p_type == PT_NOTE)
            result = read_notes(source, elf, i, &phdr, image, error);
        else if (phdr.p_type == PT_INTERP)
            image->is_program = true;
    }
    if (result == 0 && image->segment_count == 0)
        return boot_fail(error, ENOEXEC, "%s: an ELF file with nothing to load (no PT_LOAD)",
                         source->name);
    return result;
}

static int read_elf(const struct boot_source *source, Elf *elf, struct elf_image *image,
                    struct boot_error *error)
{
    GElf_Ehdr header;
    int result;

    if (elf_kind(elf) != ELF_K_ELF)
        return boot_fail(
            error, EINVAL,
            "%s: truncated or damaged ELF file: its first bytes (e_ident) say no valid "
            "class, byte order and version",
            source->name);
    if (gelf_getehdr(elf, &header) == NULL)
        return boot_fail(error, EINVAL, "%s: truncated or damaged ELF file: %s", source->name,
                         elf_errmsg(-1));
    image->is_64 = header.e_ident[EI_CLASS] == ELFCLASS64;
    image->entry = header.e_entry;
    result = check_header(source, &header, gelf_fsize(elf, ELF_T_PHDR, 1, EV_CURRENT), error);
    return result == 0 ? read_segments(source, elf, header.e_phnum, image, error) : result;
}

int elf_image_read(const struct boot_source *source, struct elf_image *image,
                   struct boot_error *error)
{
    Elf *elf = elf_image_open(source);
    int result;

    *image = (struct elf_image){0};
    if (elf == NULL)
        return boot_fail(error, EINVAL, "%s: truncated or damaged ELF file: %s", source->name,
                         elf_errmsg(-1));
    result = read_elf(source, elf, image, error);
    elf_end(elf);
    return result;
}

static int check_overlap(const char *name, const struct elf_image *image, unsigned index,
                         struct boot_error *error)
{
    const struct elf_segment *segment = &image->segments[index];

    for (unsigned i = 0; i < index; i++) {
        const struct elf_segment *other = &image->segments[i];

        if (other->span.start_gpa < segment->span.end_gpa &&
            segment->span.start_gpa < other->span.end_gpa)
            return boot_fail(error, EINVAL,
                             "%s: damaged ELF file: segments %u (0x%" PRIx64 " to 0x%" PRIx64
                             ") and %u (0x%" PRIx64 " to 0x%" PRIx64 ") overlap",
                             name, other->index, other->span.start_gpa, other->span.end_gpa,
                             segment->index, segment->span.start_gpa, segment->span.end_gpa);
    }
    return 0;
}

/* Checks each segment, and that it overlaps none before it. *end_gpa is the end of the highest. */
static int check_segments(const struct boot_request *request, const struct elf_image *image,
                          uint64_t *end_gpa, struct boot_error *error)
{
    int result = 0;

    *end_gpa = 0;
    for (unsigned i = 0; i < image->segment_count && result == 0; i++) {
        const struct elf_segment *segment = &image->segments[i];
        char what[sizeof "segment 4294967295"];

        snprintf(what, sizeof what, "segment %u", segment->index);
        result = place_check_image(request, what, segment->span, error);
        if (result == 0)
            result = check_overlap(request->kernel->name, image, i, error);
        if (segment->span.end_gpa > *end_gpa)
            *end_gpa = segment->span.end_gpa;
    }
    return result;
}

int elf_image_load(const struct boot_request *request, const struct elf_image *image,
                   uint64_t *end_gpa, struct boot_error *error)
{
    int result = check_segments(request, image, end_gpa, error);

    if (result == 0)
        result = place_check_memory(request, *end_gpa, error);
    for (unsigned i = 0; i < image->segment_count && result == 0; i++) {
        const struct elf_segment *segment = &image->segments[i];

        result = place_load(request->kernel, segment->offset_bytes, request->mem,
                            segment->span.start_gpa, segment->file_bytes, error);
    }
    return result;
}

int elf_image_find_entry(const struct boot_request *request, const struct elf_image *image,
                         uint64_t entry, uint64_t *entry_gpa, struct boot_error *error)
{
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct place_span *span = &image->segments[i].span;

        *entry_gpa = entry;
        if (entry >= span->start_gpa && entry < span->end_gpa)
            return 0;
    }
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        uint64_t offset_bytes = entry - segment->virtual_start;

        *entry_gpa = segment->span.start_gpa + offset_bytes;
        if (offset_bytes < segment->span.end_gpa - segment->span.start_gpa)
            return 0;
    }
    return boot_fail(error, EINVAL,
                     "%s: damaged ELF file: its entry 0x%" PRIx64 " is outside of every segment",
                     request->kernel->name, entry);
}
