/* SPDX-License-Identifier: BSD-2-Clause */
/* See elf_file.h. */
#include "tests/unit/elf_file.h"

#include <string.h>

struct elf_file elf_file_make(void)
{
    struct elf_file image = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
                               EV_CURRENT},
                   .e_type = ET_EXEC,
                   .e_machine = EM_X86_64,
                   .e_version = EV_CURRENT,
                   .e_entry = ELF_FILE_TEXT_GPA + ELF_FILE_ENTRY_OFFSET,
                   .e_phoff = offsetof(struct elf_file, segments),
                   .e_ehsize = sizeof(Elf64_Ehdr),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 3,
                   .e_shentsize = sizeof(Elf64_Shdr)},
        .segments = {{.p_type = PT_LOAD,
                      .p_offset = offsetof(struct elf_file, text),
                      .p_vaddr = ELF_FILE_TEXT_VIRTUAL,
                      .p_paddr = ELF_FILE_TEXT_GPA,
                      .p_filesz = ELF_FILE_TEXT_BYTES,
                      .p_memsz = ELF_FILE_TEXT_BYTES},
                     {.p_type = PT_LOAD,
                      .p_offset = offsetof(struct elf_file, data),
                      .p_vaddr = ELF_FILE_DATA_VIRTUAL,
                      .p_paddr = ELF_FILE_DATA_GPA,
                      .p_filesz = ELF_FILE_DATA_BYTES,
                      .p_memsz = ELF_FILE_DATA_BYTES + ELF_FILE_BSS_BYTES},
                     {.p_type = PT_NOTE,
                      .p_offset = offsetof(struct elf_file, notes),
                      .p_filesz = sizeof image.notes,
                      .p_memsz = sizeof image.notes,
                      .p_align = 4}},
        .notes = {{{4, 8, 5}, "Xen", {0}}, {{4, 8, 7}, "GNU", {0}}},
    };

    memset(image.text, 0x90, sizeof image.text);
    memset(image.data, 0xd0, sizeof image.data);
    return image;
}

void elf_file_add_pvh_note(struct elf_file *image)
{
    image->notes[1].header.n_type = 18;
    memcpy(image->notes[1].name, "Xen", 4);
    image->notes[1].desc[0] = ELF_FILE_TEXT_GPA + 0x80;
}

/* The name has 6 bytes, and takes 8. */
void elf_file_add_linux_note(struct elf_file *image)
{
    image->notes[0].header = (Elf64_Nhdr){.n_namesz = 6, .n_descsz = 4, .n_type = 0x100};
    memcpy(image->notes[0].name, "Linu", 4);
    image->notes[0].desc[0] = 'x';
    image->notes[0].desc[1] = 0;
}

void elf_file_rig_init(struct boot_rig *rig, const struct elf_file *image)
{
    boot_rig_init(rig, BOOT_RIG_MIB(64));
    boot_rig_set_kernel(rig, image, sizeof *image);
}

void elf_file_fail(const struct elf_file *image, const char *text)
{
    struct boot_rig rig;

    elf_file_rig_init(&rig, image);
    boot_rig_fail(&rig, text);
    boot_rig_free(&rig);
}
