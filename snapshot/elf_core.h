/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of a snapshot: one ELF64 core, which gdb, crash, drgn and readelf open, and whose memory
 * a restore maps as it is.
 *
 *        0   ELF header: ET_CORE, x86-64, little endian
 *       64   program headers: one PT_NOTE, then one PT_LOAD for each region of RAM
 *            notes, by note.h:
 *              "CORE" and "QEMU" of each vCPU, for those tools (cpu_notes.h)
 *              "VMCOREINFO", as Linux wrote it into its memory, if it did (vmcoreinfo.h)
 *              records (record.h): the format, those of the machine, the checksum table
 *              the record of the head's checksum, the last note: of all bytes of the file before
 *              its own 8
 *            the regions, each at a multiple of 2 MiB; between them, and where memory is zero, the
 *            file may have holes
 *
 * A region's p_paddr is its guest-physical address, p_vaddr is 0 and means nothing, and p_filesz is
 * p_memsz. p_align is 0, as in the cores of kdump and QEMU: crash takes any other number together
 * with an aligned offset for another format, and refuses the file. The file ends with the last
 * region.
 *
 * All up to the end of the notes is the head. It is verified whenever a file is read. The memory is
 * not: the checksum table has XXH3-64 of each 2 MiB of each region, the last one of a region being
 * shorter where it is no multiple, and `minivmm snapshot verify` compares them.
 *
 * A file may come from a stranger. The decoder looks at each number before it is used, so that
 * every offset of a struct elf_core lies in the file and no region overlaps another.
 *
 * Pure.
 */
#ifndef SNAPSHOT_ELF_CORE_H
#define SNAPSHOT_ELF_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/guest_mem.h"
#include "base/text.h"

#define ELF_CORE_MAJOR 1
#define ELF_CORE_MINOR 1

#define ELF_CORE_CHUNK_BYTES (UINT64_C(2) << 20)
#define ELF_CORE_MAX_REGIONS 16
/* Of ELF and program headers: so much of a file says how long the head is. */
#define ELF_CORE_HEADERS_BYTES (64 + 56 * (1 + ELF_CORE_MAX_REGIONS))
/* Of a head: the notes are at most RECORD_STREAM_MAX_BYTES. */
#define ELF_CORE_HEAD_MAX_BYTES (ELF_CORE_HEADERS_BYTES + (UINT64_C(64) << 20))

struct elf_core_region {
    uint64_t base_gpa;
    uint64_t size_bytes;
    uint64_t file_offset;
};

struct elf_core {
    uint16_t major;
    uint16_t minor;
    unsigned region_count;
    struct elf_core_region regions[ELF_CORE_MAX_REGIONS];
    uint64_t notes_offset;
    uint64_t notes_bytes;
    uint64_t file_bytes;
    /* Of the checksum table: chunks of all regions, in their order. */
    uint64_t chunk_count;
    /* Where the table is in a decoded head. */
    uint64_t table_offset;
};

/* What goes into the head of a file. */
struct elf_core_head {
    /* The machine's records, from RECORD_PRODUCER on. */
    const void *records;
    size_t records_bytes;
    /* The contents of the note, VMCOREINFO_MAX_BYTES at most; 0: there is none. */
    const void *vmcoreinfo;
    uint32_t vmcoreinfo_bytes;
    /* core->chunk_count of them; NULL: they are not known yet. */
    const uint64_t *checksums;
};

/* Of what is left of a region, how much its next chunk has. */
static inline uint64_t elf_core_chunk_bytes(uint64_t left_bytes)
{
    return left_bytes < ELF_CORE_CHUNK_BYTES ? left_bytes : ELF_CORE_CHUNK_BYTES;
}

/*
 * The file of a machine with that memory and those records: where its regions are, and its size.
 * Room is left for VMCOREINFO. False: the records are more than RECORD_STREAM_MAX_BYTES allows.
 */
bool elf_core_plan(struct elf_core *core, const struct guest_mem *memory, const void *records,
                   size_t records_bytes);

/*
 * Writes the head of a planned file, whose records are those that it was planned with, into a
 * buffer that has room up to the first region's file_offset. Returns its size; core gets the size
 * of its notes.
 */
size_t elf_core_encode(struct elf_core *core, const struct elf_core_head *head, uint8_t *buffer);

/*
 * The size of a head, from its first bytes: ELF_CORE_HEADERS_BYTES, or all if the file has fewer.
 * 0: error has one line without a newline, for a line that begins with the file's name, that says
 * what is wrong.
 */
size_t elf_core_head_bytes(const void *bytes, size_t size_bytes, uint64_t file_bytes,
                           struct text *error);

/* Decodes a whole head, of that size. False: error, as above, says what is wrong. */
bool elf_core_decode(const void *head, size_t head_bytes, uint64_t file_bytes,
                     struct elf_core *core, struct text *error);

/* The checksum of a chunk, by the table in a decoded head. */
uint64_t elf_core_chunk_checksum(const struct elf_core *core, const void *head, uint64_t chunk);

#endif
