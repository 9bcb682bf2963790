/* SPDX-License-Identifier: BSD-2-Clause */
/* ELF kernels: where segments are loaded, and the 64-bit and the PVH entry. */
#include "tests/unit/unit.h"

#include <string.h>

#include <asm/bootparam.h>

#include "boot/e820.h"
#include "boot/pvh.h"
#include "tests/unit/elf_file.h"

static void segments_are_loaded_at_their_physical_addresses_and_the_rest_stays_zero(void **unused)
{
    const struct elf_file image = elf_file_make();
    const uint8_t zeros[ELF_FILE_BSS_BYTES] = {0};
    struct boot_rig rig;

    (void)unused;
    elf_file_rig_init(&rig, &image);
    boot_rig_load(&rig);
    assert_memory_equal(boot_rig_at(&rig, ELF_FILE_TEXT_GPA, ELF_FILE_TEXT_BYTES), image.text,
                        ELF_FILE_TEXT_BYTES);
    assert_memory_equal(boot_rig_at(&rig, ELF_FILE_DATA_GPA, ELF_FILE_DATA_BYTES), image.data,
                        ELF_FILE_DATA_BYTES);
    assert_memory_equal(
        boot_rig_at(&rig, ELF_FILE_DATA_GPA + ELF_FILE_DATA_BYTES, ELF_FILE_BSS_BYTES), zeros,
        ELF_FILE_BSS_BYTES);
    boot_rig_free(&rig);
}

static void without_a_pvh_note_the_entry_is_64_bit_with_a_zero_page(void **unused)
{
    const struct elf_file image = elf_file_make();
    const struct boot_params *params;
    struct boot_rig rig;

    (void)unused;
    elf_file_rig_init(&rig, &image);
    rig.request.command_line = "panic=-1";
    boot_rig_set_initrd(&rig, 4097);
    boot_rig_load(&rig);
    assert_int_equal(rig.entry.mode, BOOT_MODE_LONG);
    assert_int_equal(rig.entry.rip, ELF_FILE_TEXT_GPA + ELF_FILE_ENTRY_OFFSET);
    params = boot_rig_at(&rig, rig.entry.rsi, sizeof *params);
    assert_int_equal(params->hdr.boot_flag, 0xaa55);
    assert_int_equal(params->hdr.header, 0x53726448);
    assert_int_equal(params->hdr.type_of_loader, 0xff);
    assert_int_equal(params->acpi_rsdp_addr, BOOT_RIG_RSDP_GPA);
    assert_int_equal(params->e820_entries, 4);
    assert_string_equal(boot_rig_at(&rig, params->hdr.cmd_line_ptr, 20), "panic=-1");
    assert_int_equal(params->hdr.ramdisk_image, BOOT_RIG_MIB(64) - 8192);
    assert_true(boot_rig_has_initrd(&rig, params->hdr.ramdisk_image, params->hdr.ramdisk_size));
    boot_rig_free(&rig);
}

static void a_virtual_entry_is_translated_by_its_segment(void **unused)
{
    struct elf_file image = elf_file_make();
    struct boot_rig rig;

    (void)unused;
    image.header.e_entry = ELF_FILE_DATA_VIRTUAL + 8;
    elf_file_rig_init(&rig, &image);
    boot_rig_load(&rig);
    assert_int_equal(rig.entry.rip, ELF_FILE_DATA_GPA + 8);
    boot_rig_free(&rig);
}

static void a_segment_may_lie_in_conventional_memory_above_the_boot_data(void **unused)
{
    struct elf_file image = elf_file_make();
    struct boot_rig rig;

    (void)unused;
    image.segments[1].p_paddr = 0x9fc00 - image.segments[1].p_memsz;
    image.segments[0].p_paddr = 0x8000;
    image.header.e_entry = 0x8000;
    elf_file_rig_init(&rig, &image);
    boot_rig_load(&rig);
    assert_memory_equal(boot_rig_at(&rig, image.segments[1].p_paddr, ELF_FILE_DATA_BYTES),
                        image.data, ELF_FILE_DATA_BYTES);
    assert_memory_equal(boot_rig_at(&rig, 0x8000, ELF_FILE_TEXT_BYTES), image.text,
                        ELF_FILE_TEXT_BYTES);
    image.segments[1].p_paddr++;
    boot_rig_set_kernel(&rig, &image, sizeof image);
    boot_rig_fail(&rig, "kernel: segment 1 is to be at 0x9cb01 to 0x9fc01, but below 1 MiB only "
                        "0x8000 to 0x9fc00 is free for images");
    boot_rig_free(&rig);
}

/* As ld makes it without a script: in its own segment, or in one with the text. */
static void the_files_headers_are_left_out_where_no_image_may_be(void **unused)
{
    static const uint64_t text_gpas[] = {0x100000, 0x8000};

    (void)unused;
    for (unsigned i = 0; i < 2; i++) {
        struct elf_file image = elf_file_make();
        Elf64_Phdr *headers = &image.segments[2];
        uint8_t before[0x1000];
        struct boot_rig rig;

        *headers = (Elf64_Phdr){.p_type = PT_LOAD, .p_filesz = 0xb4, .p_memsz = 0xb4};
        headers->p_paddr = headers->p_vaddr = text_gpas[i] - 0x1000;
        image.segments[0].p_paddr = image.header.e_entry = text_gpas[i];
        elf_file_rig_init(&rig, &image);
        memcpy(before, boot_rig_at(&rig, 0xff000, 0x1000), 0x1000);
        boot_rig_load(&rig);
        assert_int_equal(rig.entry.rip, text_gpas[i]);
        assert_memory_equal(boot_rig_at(&rig, 0xff000, 0x1000), before, 0x1000);
        assert_memory_equal(boot_rig_at(&rig, text_gpas[i], ELF_FILE_TEXT_BYTES), image.text,
                            ELF_FILE_TEXT_BYTES);
        boot_rig_free(&rig);
    }
}

static void what_follows_the_files_headers_in_their_segment_is_loaded(void **unused)
{
    static struct {
        struct elf_file file;
        uint8_t rest[0x1000];
    } image;
    Elf64_Phdr *all = &image.file.segments[0];
    struct boot_rig rig;

    (void)unused;
    image.file = elf_file_make();
    memset(image.rest, 0x5a, sizeof image.rest);
    image.file.segments[1].p_type = PT_NULL;
    image.file.header.e_entry = 0x100010;
    *all = (Elf64_Phdr){.p_type = PT_LOAD, .p_paddr = 0xff000, .p_vaddr = 0xff000};
    all->p_filesz = 0x1020;
    all->p_memsz = 0x2000;
    boot_rig_init(&rig, BOOT_RIG_MIB(64));
    boot_rig_set_kernel(&rig, &image, sizeof image);
    boot_rig_load(&rig);
    assert_int_equal(rig.entry.rip, 0x100010);
    assert_memory_equal(boot_rig_at(&rig, 0x100000, 0x21),
                        "\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a"
                        "\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a",
                        0x21);
    boot_rig_free(&rig);
}

static void more_than_the_page_of_the_headers_is_not_left_out(void **unused)
{
    struct elf_file image = elf_file_make();
    struct boot_rig rig;

    (void)unused;
    image.segments[1].p_offset = 0;
    image.segments[1].p_paddr = 0xfeff0;
    elf_file_rig_init(&rig, &image);
    boot_rig_fail(&rig, "kernel: segment 1 is to be at 0xfeff0 to 0x1020f0, but below 1 MiB only "
                        "0x8000 to 0x9fc00 is free for images");
    boot_rig_free(&rig);
}

static void with_a_pvh_note_the_entry_is_32_bit_with_a_start_info(void **unused)
{
    struct elf_file image = elf_file_make();
    const struct pvh_memmap_entry *memmap;
    const struct pvh_start_info *info;
    struct boot_rig rig;

    (void)unused;
    elf_file_add_pvh_note(&image);
    elf_file_rig_init(&rig, &image);
    rig.request.command_line = "panic=-1";
    boot_rig_load(&rig);
    assert_int_equal(rig.entry.mode, BOOT_MODE_PROTECTED);
    assert_int_equal(rig.entry.rip, ELF_FILE_TEXT_GPA + 0x80);
    info = boot_rig_at(&rig, rig.entry.rbx, sizeof *info);
    assert_int_equal(info->magic, 0x336ec578);
    assert_int_equal(info->version, 1);
    assert_int_equal(info->nr_modules, 0);
    assert_int_equal(info->rsdp_paddr, BOOT_RIG_RSDP_GPA);
    assert_string_equal(boot_rig_at(&rig, info->cmdline_paddr, 20), "panic=-1");
    assert_int_equal(info->memmap_entries, 4);
    memmap = boot_rig_at(&rig, info->memmap_paddr, 4 * sizeof *memmap);
    assert_int_equal(memmap[0].size, 0x9fc00);
    assert_int_equal(memmap[0].type, E820_RAM);
    assert_int_equal(memmap[1].type, E820_RESERVED);
    assert_int_equal(memmap[3].addr, 0x100000);
    assert_int_equal(memmap[3].size, BOOT_RIG_MIB(63));
    boot_rig_free(&rig);
}

static void pvh_has_the_initrd_as_its_module(void **unused)
{
    struct elf_file image = elf_file_make();
    const struct pvh_start_info *info;
    const struct pvh_module *module;
    struct boot_rig rig;

    (void)unused;
    elf_file_add_pvh_note(&image);
    elf_file_rig_init(&rig, &image);
    boot_rig_set_initrd(&rig, 5000);
    boot_rig_load(&rig);
    info = boot_rig_at(&rig, rig.entry.rbx, sizeof *info);
    assert_int_equal(info->nr_modules, 1);
    module = boot_rig_at(&rig, info->modlist_paddr, sizeof *module);
    assert_true(boot_rig_has_initrd(&rig, module->paddr, module->size));
    assert_int_equal(module->cmdline_paddr, 0);
    boot_rig_free(&rig);
}

static void pvh_lists_each_module_with_its_words(void **unused)
{
    struct elf_file image = elf_file_make();
    const struct pvh_start_info *info;
    const struct pvh_module *modules;
    struct boot_rig rig;

    (void)unused;
    elf_file_add_pvh_note(&image);
    elf_file_rig_init(&rig, &image);
    rig.request.linux_words = "panic=-1";
    rig.request.command_line = "x=1";
    boot_rig_set_modules(&rig);
    boot_rig_load(&rig);
    info = boot_rig_at(&rig, rig.entry.rbx, sizeof *info);
    assert_string_equal(boot_rig_at(&rig, info->cmdline_paddr, 20), "x=1");
    assert_int_equal(info->nr_modules, 3);
    modules = boot_rig_at(&rig, info->modlist_paddr, 3 * sizeof modules[0]);
    assert_int_equal(modules[0].size, 3);
    assert_int_equal(modules[0].cmdline_paddr, 0);
    boot_rig_assert_bytes(&rig, modules[1].paddr, 4097, 2);
    assert_string_equal(boot_rig_at(&rig, modules[1].cmdline_paddr, 10), "a=1");
    boot_rig_assert_bytes(&rig, modules[2].paddr, 5, 3);
    rig.request.modules_are_for_linux = true;
    boot_rig_load(&rig);
    assert_int_equal(info->nr_modules, 0);
    boot_rig_free(&rig);
}

/* It looks at no other module. */
static void pvh_gives_linux_all_modules_as_one_and_its_words(void **unused)
{
    struct elf_file image = elf_file_make();
    const struct pvh_start_info *info;
    const struct pvh_module *module;
    struct boot_rig rig;

    (void)unused;
    elf_file_add_pvh_note(&image);
    elf_file_add_linux_note(&image);
    elf_file_rig_init(&rig, &image);
    rig.request.linux_words = "panic=-1";
    rig.request.command_line = "x=1";
    rig.request.modules_are_for_linux = true;
    boot_rig_set_modules(&rig);
    boot_rig_load(&rig);
    info = boot_rig_at(&rig, rig.entry.rbx, sizeof *info);
    assert_string_equal(boot_rig_at(&rig, info->cmdline_paddr, 20), "panic=-1 x=1");
    assert_int_equal(info->nr_modules, 1);
    module = boot_rig_at(&rig, info->modlist_paddr, sizeof *module);
    assert_int_equal(module->size, 3 * 4096 + 5);
    boot_rig_assert_bytes(&rig, module->paddr + 4096, 4097, 2);
    boot_rig_free(&rig);
}

static void pvh_entry_may_be_a_word_of_32_bits(void **unused)
{
    struct elf_file image = elf_file_make();
    struct boot_rig rig;

    (void)unused;
    elf_file_add_pvh_note(&image);
    image.notes[1].header.n_descsz = 4;
    image.notes[1].desc[1] = 0xffffffff;
    elf_file_rig_init(&rig, &image);
    boot_rig_load(&rig);
    assert_int_equal(rig.entry.rip, ELF_FILE_TEXT_GPA + 0x80);
    boot_rig_free(&rig);
}

static void notes_may_be_aligned_to_8_bytes(void **unused)
{
    struct elf_file image = elf_file_make();
    struct boot_rig rig;

    (void)unused;
    elf_file_add_pvh_note(&image);
    image.notes[0].header.n_descsz = 4;
    image.segments[2].p_align = 8;
    elf_file_rig_init(&rig, &image);
    boot_rig_load(&rig);
    assert_int_equal(rig.entry.rip, ELF_FILE_TEXT_GPA + 0x80);
    boot_rig_free(&rig);
}

static void a_note_of_another_owner_kind_or_size_is_no_pvh_entry(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    for (unsigned i = 0; i < 3; i++) {
        struct elf_file image = elf_file_make();

        elf_file_add_pvh_note(&image);
        if (i == 0)
            image.notes[1].name[0] = 'x';
        else if (i == 1)
            image.notes[1].header.n_type = 17;
        else
            image.notes[1].header.n_descsz = 6;
        elf_file_rig_init(&rig, &image);
        boot_rig_load(&rig);
        assert_int_equal(rig.entry.mode, BOOT_MODE_LONG);
        boot_rig_free(&rig);
    }
}

static void a_command_line_that_linux_would_cut_off_is_an_error(void **unused)
{
    struct elf_file image = elf_file_make();
    char line[2049];
    struct boot_rig rig;

    (void)unused;
    memset(line, 'x', sizeof line);
    line[2048] = 0;
    for (unsigned pvh = 0; pvh < 2; pvh++) {
        elf_file_rig_init(&rig, &image);
        rig.request.command_line = line;
        boot_rig_fail(&rig, "kernel: the command line has 2048 bytes, but this kernel takes 2047; "
                            "shorten it");
        rig.request.command_line = line + 1;
        boot_rig_load(&rig);
        boot_rig_free(&rig);
        elf_file_add_pvh_note(&image);
        elf_file_add_linux_note(&image);
    }
}

static void an_initrd_that_does_not_fit_above_the_last_segment_is_an_error(void **unused)
{
    struct elf_file image = elf_file_make();
    struct boot_rig rig;

    (void)unused;
    image.segments[0].p_paddr = 0x2000000;
    image.header.e_entry = 0x2000000;
    elf_file_rig_init(&rig, &image);
    boot_rig_set_initrd(&rig, 0x1fff000);
    boot_rig_load(&rig);
    boot_rig_set_initrd(&rig, 0x1fff001);
    boot_rig_fail(&rig, "initrd: the initrd does not fit in --memory 64M beside the kernel: 65 MiB "
                        "are needed; use --memory 65M or more");
    boot_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_are_loaded_at_their_physical_addresses_and_the_rest_stays_zero),
        cmocka_unit_test(without_a_pvh_note_the_entry_is_64_bit_with_a_zero_page),
        cmocka_unit_test(a_virtual_entry_is_translated_by_its_segment),
        cmocka_unit_test(a_segment_may_lie_in_conventional_memory_above_the_boot_data),
        cmocka_unit_test(the_files_headers_are_left_out_where_no_image_may_be),
        cmocka_unit_test(what_follows_the_files_headers_in_their_segment_is_loaded),
        cmocka_unit_test(more_than_the_page_of_the_headers_is_not_left_out),
        cmocka_unit_test(with_a_pvh_note_the_entry_is_32_bit_with_a_start_info),
        cmocka_unit_test(pvh_has_the_initrd_as_its_module),
        cmocka_unit_test(pvh_lists_each_module_with_its_words),
        cmocka_unit_test(pvh_gives_linux_all_modules_as_one_and_its_words),
        cmocka_unit_test(pvh_entry_may_be_a_word_of_32_bits),
        cmocka_unit_test(notes_may_be_aligned_to_8_bytes),
        cmocka_unit_test(a_note_of_another_owner_kind_or_size_is_no_pvh_entry),
        cmocka_unit_test(a_command_line_that_linux_would_cut_off_is_an_error),
        cmocka_unit_test(an_initrd_that_does_not_fit_above_the_last_segment_is_an_error),
    };

    return cmocka_run_group_tests_name("elf_image", tests, NULL, NULL);
}
