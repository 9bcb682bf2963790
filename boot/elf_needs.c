/* SPDX-License-Identifier: BSD-2-Clause */
/* See elf_needs.h. */
#include "boot/elf_needs.h"

#include <string.h>

#include <gelf.h>
#include <libelf.h>

#include "boot/elf_image.h"

/* Programs have some 30 entries of 16 bytes. libelf reads them all into memory. */
#define MAX_DYNAMIC_BYTES 0x10000

struct reader {
    const struct boot_source *source;
    struct elf_needs *needs;
    Elf *elf;
    size_t segment_count;
    /* Where the names are, and how many bytes of them. */
    uint64_t names_offset;
    uint64_t names_bytes;
};

/* The string at that place, which ends before limit_bytes. */
static bool read_string(const struct reader *reader, uint64_t offset, uint64_t limit_bytes,
                        char *to, size_t capacity)
{
    uint64_t size = reader->source->size_bytes;
    size_t length = capacity;

    if (offset >= size || limit_bytes == 0)
        return false;
    if (length > size - offset)
        length = size - offset;
    if (length > limit_bytes)
        length = limit_bytes;
    return boot_source_read(reader->source, offset, to, length) == 0 &&
           memchr(to, '\0', length) != NULL;
}

/* A string of the dynamic section, by its place among the names. */
static bool read_name(const struct reader *reader, uint64_t at, char *to, size_t capacity)
{
    return at < reader->names_bytes && reader->names_offset <= UINT64_MAX - at &&
           read_string(reader, reader->names_offset + at, reader->names_bytes - at, to, capacity);
}

/* Where in the file a virtual address is. */
static bool find_offset(const struct reader *reader, uint64_t address, uint64_t *offset)
{
    GElf_Phdr phdr;

    for (size_t i = 0; i < reader->segment_count; i++)
        if (gelf_getphdr(reader->elf, (int)i, &phdr) != NULL && phdr.p_type == PT_LOAD &&
            address >= phdr.p_vaddr && address - phdr.p_vaddr < phdr.p_filesz) {
            *offset = phdr.p_offset + (address - phdr.p_vaddr);
            return true;
        }
    return false;
}

static bool find_names(struct reader *reader, Elf_Data *data, size_t count)
{
    uint64_t address = 0;
    GElf_Dyn entry;

    for (size_t i = 0; i < count && gelf_getdyn(data, (int)i, &entry) != NULL; i++) {
        if (entry.d_tag == DT_NULL)
            break;
        if (entry.d_tag == DT_STRTAB)
            address = entry.d_un.d_ptr;
        if (entry.d_tag == DT_STRSZ)
            reader->names_bytes = entry.d_un.d_val;
    }
    return find_offset(reader, address, &reader->names_offset);
}

static bool take_entry(struct reader *reader, const GElf_Dyn *entry)
{
    struct elf_needs *needs = reader->needs;
    uint64_t at = entry->d_un.d_val;

    switch (entry->d_tag) {
    case DT_RPATH:
        return read_name(reader, at, needs->rpath, sizeof needs->rpath);
    case DT_RUNPATH:
        return read_name(reader, at, needs->runpath, sizeof needs->runpath);
    case DT_NEEDED:
        if (!read_name(reader, at, needs->needed + needs->needed_bytes,
                       sizeof needs->needed - needs->needed_bytes))
            return false;
        needs->needed_bytes += (unsigned)strlen(needs->needed + needs->needed_bytes) + 1;
        return true;
    }
    return true;
}

static bool read_dynamic(struct reader *reader, const GElf_Phdr *phdr)
{
    uint64_t size = reader->source->size_bytes;
    size_t entry_bytes = gelf_fsize(reader->elf, ELF_T_DYN, 1, EV_CURRENT);
    size_t count = phdr->p_filesz / entry_bytes;
    Elf_Data *data;
    GElf_Dyn entry;

    if (phdr->p_filesz > MAX_DYNAMIC_BYTES || phdr->p_offset > size ||
        phdr->p_filesz > size - phdr->p_offset)
        return false;
    data = elf_getdata_rawchunk(reader->elf, (int64_t)phdr->p_offset, phdr->p_filesz, ELF_T_DYN);
    if (data == NULL || !find_names(reader, data, count))
        return false;
    for (size_t i = 0; i < count && gelf_getdyn(data, (int)i, &entry) != NULL; i++) {
        if (entry.d_tag == DT_NULL)
            break;
        if (!take_entry(reader, &entry))
            return false;
    }
    return true;
}

static bool read_segment(struct reader *reader, const GElf_Phdr *phdr)
{
    struct elf_needs *needs = reader->needs;

    if (phdr->p_type == PT_INTERP)
        return read_string(reader, phdr->p_offset, phdr->p_filesz, needs->interpreter,
                           sizeof needs->interpreter);
    return phdr->p_type != PT_DYNAMIC || phdr->p_filesz == 0 || read_dynamic(reader, phdr);
}

static bool read_segments(struct reader *reader)
{
    GElf_Ehdr header;
    GElf_Phdr phdr;

    if (elf_kind(reader->elf) != ELF_K_ELF || gelf_getehdr(reader->elf, &header) == NULL ||
        (header.e_type != ET_EXEC && header.e_type != ET_DYN) ||
        elf_getphdrnum(reader->elf, &reader->segment_count) != 0)
        return false;
    reader->needs->elf_class = header.e_ident[EI_CLASS];
    reader->needs->machine = header.e_machine;
    for (size_t i = 0; i < reader->segment_count; i++)
        if (gelf_getphdr(reader->elf, (int)i, &phdr) == NULL || !read_segment(reader, &phdr))
            return false;
    return true;
}

bool elf_needs_read(const struct boot_source *source, struct elf_needs *needs)
{
    struct reader reader = {.source = source, .needs = needs};
    bool good;

    *needs = (struct elf_needs){0};
    reader.elf = elf_image_open(source);
    if (reader.elf == NULL)
        return false;
    good = read_segments(&reader);
    elf_end(reader.elf);
    return good;
}

const char *elf_needs_next(const struct elf_needs *needs, const char *name)
{
    const char *next = name == NULL ? needs->needed : name + strlen(name) + 1;

    return next < needs->needed + needs->needed_bytes ? next : NULL;
}
