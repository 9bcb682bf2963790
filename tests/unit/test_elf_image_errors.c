/* SPDX-License-Identifier: BSD-2-Clause */
/* ELF kernels: every way in which their headers can lie, and files cut off or damaged anywhere. */
#include "tests/unit/unit.h"

#include <string.h>

#include "boot/elf_image.h"
#include "tests/unit/elf_file.h"

static void notes_of_more_than_64_kib_are_an_error(void **unused)
{
    static struct {
        struct elf_file image;
        uint8_t notes[0x10001];
    } file;
    struct boot_rig rig;

    (void)unused;
    file.image = elf_file_make();
    file.image.segments[2].p_offset = sizeof file.image;
    file.image.segments[2].p_filesz = 0x10001;
    boot_rig_init(&rig, BOOT_RIG_MIB(64));
    boot_rig_set_kernel(&rig, &file, sizeof file);
    boot_rig_fail(&rig,
                  "kernel: damaged ELF file: notes (segment 2) of 65537 bytes at offset 1048");
    boot_rig_free(&rig);
}

static void an_entry_outside_of_every_segment_is_an_error(void **unused)
{
    struct elf_file image = elf_file_make();

    (void)unused;
    image.header.e_entry = ELF_FILE_TEXT_GPA + ELF_FILE_TEXT_BYTES;
    elf_file_fail(&image, "kernel: damaged ELF file: its entry 0x1000200 is outside of every "
                          "segment");
    image.header.e_entry = ELF_FILE_DATA_VIRTUAL + ELF_FILE_DATA_BYTES + ELF_FILE_BSS_BYTES;
    elf_file_fail(&image, "kernel: damaged ELF file: its entry 0xffffffff81403100 is outside of "
                          "every segment");
    elf_file_add_pvh_note(&image);
    image.notes[1].desc[1] = 1;
    elf_file_fail(&image, "kernel: damaged ELF file: its entry 0x101000080 is outside of every "
                          "segment");
}

static void a_file_for_another_machine_is_an_error_that_says_which(void **unused)
{
    struct elf_file image = elf_file_make();

    (void)unused;
    image.header.e_machine = EM_AARCH64;
    elf_file_fail(&image, "kernel: an ELF file for another machine (64-bit Arm), not x86-64");
    image.header.e_machine = EM_386;
    elf_file_fail(&image, "kernel: an ELF file for another machine (64-bit ELF with 32-bit x86 "
                          "code), not x86-64");
    image.header.e_machine = 12345;
    elf_file_fail(&image, "kernel: an ELF file for another machine (e_machine 12345), not x86-64");
}

static void a_file_that_is_no_executable_or_has_nothing_to_load_is_an_error(void **unused)
{
    struct elf_file image = elf_file_make();

    (void)unused;
    image.header.e_type = ET_REL;
    elf_file_fail(&image, "kernel: an object file or a kernel module (e_type 1), not a kernel; a "
                          "vmlinux is needed");
    image.header.e_type = ET_CORE;
    elf_file_fail(&image, "kernel: a core dump (e_type 4), not a kernel; a vmlinux is needed");
    image.header.e_type = ET_NONE;
    elf_file_fail(&image, "kernel: an ELF file that is no executable (e_type 0), not a kernel; a "
                          "vmlinux is needed");
    image = elf_file_make();
    image.segments[0].p_type = image.segments[1].p_type = PT_NULL;
    elf_file_fail(&image, "kernel: an ELF file with nothing to load (no PT_LOAD)");
    image.header.e_phnum = 0;
    elf_file_fail(&image, "kernel: an ELF file with nothing to load (no PT_LOAD)");
}

static void a_program_is_not_entered_as_linux(void **unused)
{
    static const char line[] = "kernel: a program for an operating system, not a kernel; a program "
                               "goes into an initramfs";
    struct elf_file image = elf_file_make();

    (void)unused;
    image.notes[0].header.n_type = 1;
    memcpy(image.notes[0].name, "GNU", 4);
    elf_file_fail(&image, line);
    image = elf_file_make();
    image.segments[2].p_type = PT_INTERP;
    elf_file_fail(&image, line);
}

static void a_32_bit_file_without_multiboot_header_or_pvh_note_is_an_error(void **unused)
{
    struct {
        Elf32_Ehdr header;
        Elf32_Phdr segment;
    } image = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB,
                               EV_CURRENT},
                   .e_type = ET_EXEC,
                   .e_machine = EM_386,
                   .e_version = EV_CURRENT,
                   .e_entry = 0x100000,
                   .e_phoff = sizeof(Elf32_Ehdr),
                   .e_phentsize = sizeof(Elf32_Phdr),
                   .e_phnum = 1},
        .segment = {.p_type = PT_LOAD, .p_paddr = 0x100000, .p_filesz = 16, .p_memsz = 16},
    };
    struct boot_rig rig;

    (void)unused;
    boot_rig_init(&rig, BOOT_RIG_MIB(64));
    boot_rig_set_kernel(&rig, &image, sizeof image);
    boot_rig_fail(&rig,
                  "kernel: a 32-bit ELF file without a Multiboot header or a PVH entry; use the "
                  "bzImage that it was built with");
    boot_rig_free(&rig);
}

/* What the second segment says, and the line for it. */
static const struct {
    Elf64_Addr paddr;
    uint64_t filesz, memsz;
    const char *text;
} segment_lies[] = {
    {0x7ff0, 17, 17,
     "kernel: segment 1 is to be at 0x7ff0 to 0x8001, but below 1 MiB only 0x8000 to 0x9fc00 "
     "is free for images"},
    {0xe0000, 16, 16,
     "kernel: segment 1 is to be at 0xe0000 to 0xe0010, but below 1 MiB only 0x8000 to "
     "0x9fc00 is free for images"},
    {ELF_FILE_TEXT_GPA + ELF_FILE_TEXT_BYTES - 1, 16, 16,
     "kernel: damaged ELF file: segments 0 (0x1000000 to 0x1000200) and 1 (0x10001ff to "
     "0x100020f) overlap"},
    {ELF_FILE_TEXT_GPA - 8, 9, 9,
     "kernel: damaged ELF file: segments 0 (0x1000000 to 0x1000200) and 1 (0xfffff8 to "
     "0x1000001) overlap"},
    {ELF_FILE_TEXT_GPA - 8, 9, 0x10000,
     "kernel: damaged ELF file: segments 0 (0x1000000 to 0x1000200) and 1 (0xfffff8 to "
     "0x100fff8) overlap"},
    {0x3ffffff, 1, 2,
     "kernel: the kernel does not fit in --memory 64M: it needs 65 MiB; use --memory 65M or "
     "more"},
    {0x2000000, 1, 0x80000000,
     "kernel: the kernel does not fit in --memory 64M: it needs 2080 MiB; use --memory 2080M "
     "or more"},
    {0xbfffffff, 1, 2,
     "kernel: segment 1 is to be at 0xbfffffff to 0xc0000001, but images must lie below 3 GiB"},
    {UINT64_C(0x100000000), 1, 1,
     "kernel: segment 1 is to be at 0x100000000 to 0x100000001, but images must lie below 3 "
     "GiB"},
    {UINT64_MAX - 15, 8, 32, "kernel: segment 1 at 0xfffffffffffffff0 runs past the last address"},
    {ELF_FILE_DATA_GPA, 1, UINT64_MAX, "kernel: segment 1 at 0x1400000 runs past the last address"},
    {ELF_FILE_DATA_GPA, 17, 16,
     "kernel: damaged ELF file: segment 1 has 17 bytes in the file and 16 in memory"},
    {ELF_FILE_DATA_GPA, ELF_FILE_DATA_BYTES + 1, 0x1000,
     "kernel: truncated ELF file: segment 1 has 257 bytes at offset 792, the file ends at "
     "1048"},
    {ELF_FILE_DATA_GPA, UINT64_MAX, UINT64_MAX,
     "kernel: truncated ELF file: segment 1 has 18446744073709551615 bytes at offset 792, the "
     "file ends at 1048"},
};

static void each_segment_that_lies_is_an_error_that_names_it(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < sizeof segment_lies / sizeof segment_lies[0]; i++) {
        struct elf_file image = elf_file_make();

        image.segments[1].p_paddr = segment_lies[i].paddr;
        image.segments[1].p_filesz = segment_lies[i].filesz;
        image.segments[1].p_memsz = segment_lies[i].memsz;
        elf_file_fail(&image, segment_lies[i].text);
    }
}

static void an_offset_past_the_end_of_the_file_is_an_error(void **unused)
{
    struct elf_file image = elf_file_make();

    (void)unused;
    image.segments[1].p_offset = UINT64_MAX;
    elf_file_fail(&image, "kernel: truncated ELF file: segment 1 has 256 bytes at offset "
                          "18446744073709551615, the file ends at 1048");
    image = elf_file_make();
    image.segments[2].p_offset = sizeof image - 8;
    elf_file_fail(&image, "kernel: damaged ELF file: notes (segment 2) of 48 bytes at offset 1040");
    image = elf_file_make();
    image.segments[2].p_filesz = UINT64_MAX;
    elf_file_fail(&image, "kernel: damaged ELF file: notes (segment 2) of 18446744073709551615 "
                          "bytes at offset 232");
    image = elf_file_make();
    image.header.e_phoff = sizeof image - 56;
    elf_file_fail(&image, "kernel: truncated ELF file: 3 program headers at offset 992 in 1048 "
                          "bytes");
}

static void too_many_segments_are_an_error(void **unused)
{
    struct {
        struct elf_file image;
        Elf64_Phdr segments[ELF_IMAGE_MAX_SEGMENTS + 1];
    } file = {.image = elf_file_make()};
    struct boot_rig rig;

    (void)unused;
    for (unsigned i = 0; i <= ELF_IMAGE_MAX_SEGMENTS; i++) {
        file.segments[i] = file.image.segments[0];
        file.segments[i].p_paddr += (uint64_t)i << 16;
    }
    file.image.header.e_phoff = sizeof file.image;
    file.image.header.e_phnum = ELF_IMAGE_MAX_SEGMENTS;
    boot_rig_init(&rig, BOOT_RIG_MIB(64));
    boot_rig_set_kernel(&rig, &file, sizeof file);
    boot_rig_load(&rig);
    file.image.header.e_phnum = ELF_IMAGE_MAX_SEGMENTS + 1;
    boot_rig_set_kernel(&rig, &file, sizeof file);
    boot_rig_fail(&rig, "kernel: an ELF file with more than 32 segments to load");
    boot_rig_free(&rig);
}

static void a_file_cut_off_anywhere_is_an_error(void **unused)
{
    struct elf_file image = elf_file_make();
    struct boot_rig rig;

    (void)unused;
    boot_rig_init(&rig, BOOT_RIG_MIB(64));
    boot_rig_sweep_truncation(&rig, (const uint8_t *)&image, sizeof image, sizeof image);
    elf_file_add_pvh_note(&image);
    boot_rig_sweep_truncation(&rig, (const uint8_t *)&image, sizeof image, sizeof image);
    boot_rig_free(&rig);
}

static void a_file_with_any_header_byte_damaged_loads_or_is_an_error(void **unused)
{
    struct elf_file image = elf_file_make();
    struct boot_rig rig;

    (void)unused;
    elf_file_add_pvh_note(&image);
    boot_rig_init(&rig, BOOT_RIG_MIB(64));
    boot_rig_sweep_damage(&rig, (const uint8_t *)&image, sizeof image, 0,
                          offsetof(struct elf_file, text) - 1);
    boot_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_of_more_than_64_kib_are_an_error),
        cmocka_unit_test(an_entry_outside_of_every_segment_is_an_error),
        cmocka_unit_test(a_file_for_another_machine_is_an_error_that_says_which),
        cmocka_unit_test(a_file_that_is_no_executable_or_has_nothing_to_load_is_an_error),
        cmocka_unit_test(a_program_is_not_entered_as_linux),
        cmocka_unit_test(a_32_bit_file_without_multiboot_header_or_pvh_note_is_an_error),
        cmocka_unit_test(each_segment_that_lies_is_an_error_that_names_it),
        cmocka_unit_test(an_offset_past_the_end_of_the_file_is_an_error),
        cmocka_unit_test(too_many_segments_are_an_error),
        cmocka_unit_test(a_file_cut_off_anywhere_is_an_error),
        cmocka_unit_test(a_file_with_any_header_byte_damaged_loads_or_is_an_error),
    };

    return cmocka_run_group_tests_name("elf_image_errors", tests, NULL, NULL);
}
