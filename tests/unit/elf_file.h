/* SPDX-License-Identifier: BSD-2-Clause */
/* An ELF kernel for the tests: two segments to load and one of notes, correct in every field. */
#ifndef TESTS_UNIT_ELF_FILE_H
#define TESTS_UNIT_ELF_FILE_H

#include <elf.h>
#include <stdint.h>

#include "tests/unit/boot_rig.h"

#define ELF_FILE_TEXT_GPA     0x1000000
#define ELF_FILE_TEXT_VIRTUAL 0xffffffff81000000
#define ELF_FILE_TEXT_BYTES   0x200
#define ELF_FILE_DATA_GPA     0x1400000
#define ELF_FILE_DATA_VIRTUAL 0xffffffff81400000
#define ELF_FILE_DATA_BYTES   0x100
#define ELF_FILE_BSS_BYTES    0x3000
#define ELF_FILE_ENTRY_OFFSET 0x40
#define ELF_FILE_NOTES        2

/* As a linker could make it. */
struct elf_file {
    Elf64_Ehdr header;
    Elf64_Phdr segments[3];
    struct {
        Elf64_Nhdr header;
        char name[4];
        uint32_t desc[2];
    } notes[ELF_FILE_NOTES];
    uint8_t text[ELF_FILE_TEXT_BYTES];
    uint8_t data[ELF_FILE_DATA_BYTES];
};

/* A 64-bit file; none of its notes is a PVH entry. */
struct elf_file elf_file_make(void);

/* Its second note becomes a PVH entry, at 0x80 in the first segment. */
void elf_file_add_pvh_note(struct elf_file *file);

/* Its first note becomes one of Linux's. */
void elf_file_add_linux_note(struct elf_file *file);

/* A rig with 64 MiB of memory and the file as kernel. */
void elf_file_rig_init(struct boot_rig *rig, const struct elf_file *file);

/* Asserts that boot_load fails with this line. */
void elf_file_fail(const struct elf_file *file, const char *text);

#endif
