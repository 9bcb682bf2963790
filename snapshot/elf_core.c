/* SPDX-License-Identifier: BSD-2-Clause */
/* See elf_core.h. */
#include "snapshot/elf_core.h"

#include <elf.h>
#include <string.h>

#include "base/checksum.h"
#include "snapshot/cpu_notes.h"
#include "snapshot/record.h"
#include "snapshot/vmcoreinfo.h"

#define NOTE_ALIGNMENT 4

static uint64_t chunk_align(uint64_t offset)
{
    return (offset + ELF_CORE_CHUNK_BYTES - 1) & ~(ELF_CORE_CHUNK_BYTES - 1);
}

/* While a file is planned there is neither a place nor what goes there. */
static void fill(uint8_t *at, const void *bytes, size_t size_bytes)
{
    if (at != NULL && bytes != NULL)
        memcpy(at, bytes, size_bytes);
}

/* All notes, in their order; the checksum of the head stays 0. */
static void add_notes(struct note_writer *writer, const struct elf_core *core,
                      const struct elf_core_head *head)
{
    const struct record_format format = {core->major, core->minor, ELF_CORE_CHUNK_BYTES};
    const uint32_t table_bytes = (uint32_t)(core->chunk_count * sizeof(uint64_t));

    cpu_notes_add(writer, head->records, head->records_bytes);
    if (head->vmcoreinfo_bytes > 0)
        fill(note_add(writer, VMCOREINFO_NAME, 0, head->vmcoreinfo_bytes), head->vmcoreinfo,
             head->vmcoreinfo_bytes);
    record_add(writer, RECORD_FORMAT, 0, &format, sizeof format);
    note_add_notes(writer, head->records, head->records_bytes);
    fill(record_add_empty(writer, RECORD_CHECKSUM_TABLE, RECORD_MUST_UNDERSTAND, 0, table_bytes),
         head->checksums, table_bytes);
    record_add_empty(writer, RECORD_HEAD_CHECKSUM, RECORD_MUST_UNDERSTAND, 0, sizeof(uint64_t));
}

static void place_regions(struct elf_core *core, uint64_t offset)
{
    for (unsigned i = 0; i < core->region_count; i++) {
        offset = chunk_align(offset);
        core->regions[i].file_offset = offset;
        offset += core->regions[i].size_bytes;
    }
    core->file_bytes = offset;
}

bool elf_core_plan(struct elf_core *core, const struct guest_mem *memory, const void *records,
                   size_t records_bytes)
{
    const struct elf_core_head head = {
        .records = records,
        .records_bytes = records_bytes,
        .vmcoreinfo_bytes = VMCOREINFO_MAX_BYTES,
    };
    struct note_writer counted;

    *core = (struct elf_core){
        .major = ELF_CORE_MAJOR, .minor = ELF_CORE_MINOR, .region_count = memory->region_count};
    for (unsigned i = 0; i < memory->region_count; i++) {
        core->regions[i].base_gpa = memory->regions[i].base_gpa;
        core->regions[i].size_bytes = memory->regions[i].size_bytes;
        core->chunk_count += chunk_align(memory->regions[i].size_bytes) / ELF_CORE_CHUNK_BYTES;
    }
    if (core->chunk_count > RECORD_STREAM_MAX_BYTES / sizeof(uint64_t))
        return false;
    note_writer_init(&counted, NULL, 0);
    add_notes(&counted, core, &head);
    core->notes_offset = sizeof(Elf64_Ehdr) + (1 + core->region_count) * sizeof(Elf64_Phdr);
    core->notes_bytes = counted.length_bytes;
    place_regions(core, core->notes_offset + core->notes_bytes);
    return core->notes_bytes <= RECORD_STREAM_MAX_BYTES;
}

static void encode_headers(const struct elf_core *core, uint8_t *buffer)
{
    const Elf64_Ehdr header = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_CORE,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_phoff = sizeof header,
        .e_ehsize = sizeof header,
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = (Elf64_Half)(1 + core->region_count),
    };
    Elf64_Phdr segment = {
        .p_type = PT_NOTE,
        .p_offset = core->notes_offset,
        .p_filesz = core->notes_bytes,
        .p_memsz = 0,
        .p_align = NOTE_ALIGNMENT,
    };

    memcpy(buffer, &header, sizeof header);
    memcpy(buffer + sizeof header, &segment, sizeof segment);
    for (unsigned i = 0; i < core->region_count; i++) {
        segment = (Elf64_Phdr){
            .p_type = PT_LOAD,
            .p_flags = PF_R | PF_W | PF_X,
            .p_offset = core->regions[i].file_offset,
            .p_paddr = core->regions[i].base_gpa,
            .p_filesz = core->regions[i].size_bytes,
            .p_memsz = core->regions[i].size_bytes,
            .p_align = 0,
        };
        memcpy(buffer + sizeof header + (1 + i) * sizeof segment, &segment, sizeof segment);
    }
}

size_t elf_core_encode(struct elf_core *core, const struct elf_core_head *head, uint8_t *buffer)
{
    struct note_writer writer;
    size_t head_bytes;
    uint64_t checksum;

    note_writer_init(&writer, buffer + core->notes_offset,
                     core->regions[0].file_offset - core->notes_offset);
    add_notes(&writer, core, head);
    core->notes_bytes = writer.length_bytes;
    encode_headers(core, buffer);
    head_bytes = core->notes_offset + core->notes_bytes;
    checksum = checksum_of(buffer, head_bytes - sizeof checksum);
    memcpy(buffer + head_bytes - sizeof checksum, &checksum, sizeof checksum);
    return head_bytes;
}
