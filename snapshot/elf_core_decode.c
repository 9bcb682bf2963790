/* SPDX-License-Identifier: BSD-2-Clause */
/* See elf_core.h. */
#include <assert.h>
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "base/checksum.h"
#include "snapshot/elf_core.h"
#include "snapshot/record.h"

#define PAGE_BYTES 4096
/* The note of the head's checksum: its head and name, the record's head, the checksum. */
#define LAST_NOTE_BYTES (12 + sizeof RECORD_NOTE_NAME + RECORD_HEAD_BYTES + sizeof(uint64_t))

static_assert(ELF_CORE_HEADERS_BYTES ==
                  sizeof(Elf64_Ehdr) + (1 + ELF_CORE_MAX_REGIONS) * sizeof(Elf64_Phdr),
              "as the header says");

/* What is wrong with an ELF header, taken as that of a core of our own; NULL: nothing. */
static const char *wrong_with_header(const Elf64_Ehdr *header)
{
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return "not a snapshot: no ELF file";
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
        header->e_machine != EM_X86_64)
        return "not a snapshot of this architecture, which is x86-64";
    if (header->e_type != ET_CORE || header->e_ident[EI_VERSION] != EV_CURRENT ||
        header->e_version != EV_CURRENT)
        return "not a snapshot: an ELF file, but no core";
    if (header->e_phoff != sizeof *header || header->e_phentsize != sizeof(Elf64_Phdr) ||
        header->e_phnum < 2 || header->e_phnum > 1 + ELF_CORE_MAX_REGIONS)
        return "not a snapshot of minivmm: its program headers are not as one has them";
    return NULL;
}

static void take_header(const void *bytes, Elf64_Ehdr *header)
{
    memcpy(header, bytes, sizeof *header);
}

static void take_segment(const uint8_t *bytes, unsigned number, Elf64_Phdr *segment)
{
    memcpy(segment, bytes + sizeof(Elf64_Ehdr) + number * sizeof *segment, sizeof *segment);
}

/* Where the notes end, if they are where a snapshot has them; else 0. */
static uint64_t notes_end(const Elf64_Phdr *notes, uint64_t headers_bytes, uint64_t file_bytes,
                          struct text *error)
{
    uint64_t end = headers_bytes + notes->p_filesz;

    if (notes->p_type != PT_NOTE || notes->p_offset != headers_bytes ||
        notes->p_filesz < LAST_NOTE_BYTES || notes->p_filesz % 4 != 0 ||
        notes->p_filesz > RECORD_STREAM_MAX_BYTES)
        text_add(error, "not a snapshot of minivmm: its notes are not as one has them");
    else if (end > file_bytes)
        text_add(error, "cut off: it has %" PRIu64 " bytes, and its notes end at %" PRIu64,
                 file_bytes, end);
    else
        return end;
    return 0;
}

size_t elf_core_head_bytes(const void *bytes, size_t size_bytes, uint64_t file_bytes,
                           struct text *error)
{
    uint64_t headers_bytes;
    Elf64_Ehdr header;
    Elf64_Phdr notes;
    const char *wrong;

    if (size_bytes < sizeof header) {
        text_add(error, "not a snapshot: it has %" PRIu64 " bytes, less than an ELF header",
                 file_bytes);
        return 0;
    }
    take_header(bytes, &header);
    wrong = wrong_with_header(&header);
    if (wrong != NULL) {
        text_add(error, "%s", wrong);
        return 0;
    }
    headers_bytes = sizeof header + header.e_phnum * sizeof notes;
    if (size_bytes < headers_bytes) {
        text_add(error, "cut off: it has %" PRIu64 " bytes, and its headers end at %" PRIu64,
                 file_bytes, headers_bytes);
        return 0;
    }
    take_segment(bytes, 0, &notes);
    return notes_end(&notes, headers_bytes, file_bytes, error);
}

/* The last note has the checksum of all before it. */
static bool verify_head(const uint8_t *head, size_t head_bytes, struct text *error)
{
    const uint8_t *last = head + head_bytes - LAST_NOTE_BYTES;
    uint64_t checksum;

    if (!record_take(last, LAST_NOTE_BYTES, RECORD_HEAD_CHECKSUM, 0, &checksum, sizeof checksum)) {
        text_add(error, "not a snapshot of minivmm, or damaged: its notes do not end with a "
                        "checksum");
        return false;
    }
    if (checksum == checksum_of(head, head_bytes - sizeof checksum))
        return true;
    text_add(error, "damaged: the checksum of headers and notes is wrong");
    return false;
}

static bool decode_format(const uint8_t *notes, struct elf_core *core, struct text *error)
{
    struct record_format format;

    if (!record_take(notes, core->notes_bytes, RECORD_FORMAT, 0, &format, sizeof format)) {
        text_add(error, "damaged: it has no record of its format");
        return false;
    }
    core->major = format.major;
    core->minor = format.minor;
    if (format.major == ELF_CORE_MAJOR && format.chunk_bytes == ELF_CORE_CHUNK_BYTES)
        return record_stream_validate(notes, core->notes_bytes, error);
    text_add(error, "of format %u.%u, and this minivmm reads %u.x; use the minivmm that wrote it",
             format.major, format.minor, ELF_CORE_MAJOR);
    return false;
}

/* What is wrong with one region, which comes in the file not before `offset`; NULL: nothing. */
static const char *wrong_with_region(const Elf64_Phdr *segment, uint64_t offset, uint64_t gpa,
                                     uint64_t file_bytes)
{
    if (segment->p_type != PT_LOAD || segment->p_filesz != segment->p_memsz ||
        segment->p_filesz == 0 || segment->p_filesz % PAGE_BYTES != 0 ||
        segment->p_paddr % PAGE_BYTES != 0)
        return "is no region of whole pages";
    if (segment->p_offset % PAGE_BYTES != 0 || segment->p_offset < offset)
        return "overlaps another part of the file, or is not aligned in it";
    if (segment->p_paddr < gpa || segment->p_paddr > UINT64_MAX - segment->p_filesz)
        return "overlaps another region of memory, or comes before it";
    if (segment->p_offset > file_bytes || segment->p_filesz > file_bytes - segment->p_offset)
        return "is not whole: the file is cut off";
    return NULL;
}

static bool decode_regions(const uint8_t *head, size_t head_bytes, struct elf_core *core,
                           struct text *error)
{
    uint64_t offset = head_bytes;
    uint64_t gpa = 0;

    for (unsigned i = 0; i < core->region_count; i++) {
        const char *wrong;
        Elf64_Phdr segment;

        take_segment(head, 1 + i, &segment);
        wrong = wrong_with_region(&segment, offset, gpa, core->file_bytes);
        if (wrong != NULL) {
            text_add(error, "damaged: segment %u %s", 1 + i, wrong);
            return false;
        }
        core->regions[i] =
            (struct elf_core_region){segment.p_paddr, segment.p_filesz, segment.p_offset};
        core->chunk_count += (segment.p_filesz + ELF_CORE_CHUNK_BYTES - 1) / ELF_CORE_CHUNK_BYTES;
        offset = segment.p_offset + segment.p_filesz;
        gpa = segment.p_paddr + segment.p_filesz;
    }
    if (offset == core->file_bytes)
        return true;
    text_add(error, "damaged: it has %" PRIu64 " bytes behind its end", core->file_bytes - offset);
    return false;
}

static bool find_table(const uint8_t *head, struct elf_core *core, struct text *error)
{
    struct record table;

    if (record_find(head + core->notes_offset, core->notes_bytes, RECORD_CHECKSUM_TABLE, 0,
                    &table) &&
        table.size_bytes == core->chunk_count * sizeof(uint64_t)) {
        core->table_offset = (uint64_t)(table.bytes - head);
        return true;
    }
    text_add(error, "damaged: its table of checksums is not that of its memory");
    return false;
}

bool elf_core_decode(const void *head, size_t head_bytes, uint64_t file_bytes,
                     struct elf_core *core, struct text *error)
{
    Elf64_Ehdr header;

    if (elf_core_head_bytes(head, head_bytes, file_bytes, error) != head_bytes) {
        if (error->length_bytes == 0)
            text_add(error, "damaged: its notes do not end where they did");
        return false;
    }
    take_header(head, &header);
    *core = (struct elf_core){
        .region_count = header.e_phnum - 1u,
        .notes_offset = sizeof header + header.e_phnum * sizeof(Elf64_Phdr),
        .file_bytes = file_bytes,
    };
    core->notes_bytes = head_bytes - core->notes_offset;
    return verify_head(head, head_bytes, error) &&
           decode_format((const uint8_t *)head + core->notes_offset, core, error) &&
           decode_regions(head, head_bytes, core, error) && find_table(head, core, error);
}

uint64_t elf_core_chunk_checksum(const struct elf_core *core, const void *head, uint64_t chunk)
{
    uint64_t checksum;

    memcpy(&checksum, (const uint8_t *)head + core->table_offset + chunk * sizeof checksum,
           sizeof checksum);
    return checksum;
}
