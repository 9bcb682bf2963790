/* ELF kernels: segments, the 64-bit entry, the PVH entry, and every way in which headers can lie.
 */
#include "tests/unit/unit.h"

#include <elf.h>
#include <string.h>

#include <asm/bootparam.h>

#include "boot/e820.h"
#include "boot/layout.h"
#include "boot/pvh.h"
#include "tests/unit/boot_rig.h"

#define TEXT_GPA     0x1000000
#define TEXT_VIRTUAL 0xffffffff81000000
#define TEXT_BYTES   0x200
#define DATA_GPA     0x1400000
#define DATA_VIRTUAL 0xffffffff81400000
#define DATA_BYTES   0x100
#define BSS_BYTES    0x3000
#define ENTRY_OFFSET 0x40
#define NOTES        2

/* A file as a linker could make it: two segments to load, and one of notes. */
struct image {
    Elf64_Ehdr header;
    Elf64_Phdr segments[3];
    struct {
        Elf64_Nhdr header;
        char name[4];
        uint32_t desc[2];
    } notes[NOTES];
    uint8_t text[TEXT_BYTES];
    uint8_t data[DATA_BYTES];
};

static struct image make_image(void)
{
    struct image image = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
                               EV_CURRENT},
                   .e_type = ET_EXEC,
                   .e_machine = EM_X86_64,
                   .e_version = EV_CURRENT,
                   .e_entry = TEXT_GPA + ENTRY_OFFSET,
                   .e_phoff = offsetof(struct image, segments),
                   .e_ehsize = sizeof(Elf64_Ehdr),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 3,
                   .e_shentsize = sizeof(Elf64_Shdr)},
        .segments = {{.p_type = PT_LOAD,
                      .p_offset = offsetof(struct image, text),
                      .p_vaddr = TEXT_VIRTUAL,
                      .p_paddr = TEXT_GPA,
                      .p_filesz = TEXT_BYTES,
                      .p_memsz = TEXT_BYTES},
                     {.p_type = PT_LOAD,
                      .p_offset = offsetof(struct image, data),
                      .p_vaddr = DATA_VIRTUAL,
                      .p_paddr = DATA_GPA,
                      .p_filesz = DATA_BYTES,
                      .p_memsz = DATA_BYTES + BSS_BYTES},
                     {.p_type = PT_NOTE,
                      .p_offset = offsetof(struct image, notes),
                      .p_filesz = sizeof image.notes,
                      .p_memsz = sizeof image.notes,
                      .p_align = 4}},
        .notes = {{{4, 8, 5}, "Xen", {0}}, {{4, 8, 7}, "GNU", {0}}},
    };

    memset(image.text, 0x90, sizeof image.text);
    memset(image.data, 0xd0, sizeof image.data);
    return image;
}

static void add_pvh_note(struct image *image)
{
    image->notes[1].header.n_type = 18;
    memcpy(image->notes[1].name, "Xen", 4);
    image->notes[1].desc[0] = TEXT_GPA + 0x80;
}

/* 64 MiB of memory, and the image as kernel. */
static void rig_with(struct boot_rig *rig, const struct image *image)
{
    boot_rig_init(rig, BOOT_RIG_MIB(64));
    boot_rig_set_kernel(rig, image, sizeof *image);
}

static void expect_failure(const struct image *image, const char *text)
{
    struct boot_rig rig;

    rig_with(&rig, image);
    boot_rig_fail(&rig, text);
    boot_rig_free(&rig);
}

static void segments_are_loaded_at_their_physical_addresses_and_the_rest_stays_zero(void **unused)
{
    const struct image image = make_image();
    const uint8_t zeros[BSS_BYTES] = {0};
    struct boot_rig rig;

    (void)unused;
    rig_with(&rig, &image);
    boot_rig_load(&rig);
    assert_memory_equal(boot_rig_at(&rig, TEXT_GPA, TEXT_BYTES), image.text, TEXT_BYTES);
    assert_memory_equal(boot_rig_at(&rig, DATA_GPA, DATA_BYTES), image.data, DATA_BYTES);
    assert_memory_equal(boot_rig_at(&rig, DATA_GPA + DATA_BYTES, BSS_BYTES), zeros, BSS_BYTES);
    boot_rig_free(&rig);
}

static void without_a_pvh_note_the_entry_is_64_bit_with_a_zero_page(void **unused)
{
    const struct image image = make_image();
    const struct boot_params *params;
    struct boot_rig rig;

    (void)unused;
    rig_with(&rig, &image);
    rig.request.command_line = "panic=-1";
    boot_rig_set_initrd(&rig, 4097);
    boot_rig_load(&rig);
    assert_int_equal(rig.entry.mode, BOOT_MODE_LONG);
    assert_int_equal(rig.entry.rip, TEXT_GPA + ENTRY_OFFSET);
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
    struct image image = make_image();
    struct boot_rig rig;

    (void)unused;
    image.header.e_entry = DATA_VIRTUAL + 8;
    rig_with(&rig, &image);
    boot_rig_load(&rig);
    assert_int_equal(rig.entry.rip, DATA_GPA + 8);
    boot_rig_free(&rig);
}

static void a_segment_may_lie_in_conventional_memory_above_the_boot_data(void **unused)
{
    struct image image = make_image();
    struct boot_rig rig;

    (void)unused;
    image.segments[1].p_paddr = 0x9fc00 - image.segments[1].p_memsz;
    image.segments[0].p_paddr = 0x20000;
    image.header.e_entry = 0x20000;
    rig_with(&rig, &image);
    boot_rig_load(&rig);
    assert_memory_equal(boot_rig_at(&rig, image.segments[1].p_paddr, DATA_BYTES), image.data,
                        DATA_BYTES);
    assert_memory_equal(boot_rig_at(&rig, 0x20000, TEXT_BYTES), image.text, TEXT_BYTES);
    image.segments[1].p_paddr++;
    boot_rig_set_kernel(&rig, &image, sizeof image);
    boot_rig_fail(&rig, "kernel: segment 1 is to be at 0x9cb01 to 0x9fc01, but below 1 MiB only "
                        "0x20000 to 0x9fc00 is free for images");
    boot_rig_free(&rig);
}

static void with_a_pvh_note_the_entry_is_32_bit_with_a_start_info(void **unused)
{
    struct image image = make_image();
    const struct pvh_memmap_entry *memmap;
    const struct pvh_start_info *info;
    struct boot_rig rig;

    (void)unused;
    add_pvh_note(&image);
    rig_with(&rig, &image);
    rig.request.command_line = "panic=-1";
    boot_rig_load(&rig);
    assert_int_equal(rig.entry.mode, BOOT_MODE_PROTECTED);
    assert_int_equal(rig.entry.rip, TEXT_GPA + 0x80);
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
    struct image image = make_image();
    const struct pvh_start_info *info;
    const struct pvh_module *module;
    struct boot_rig rig;

    (void)unused;
    add_pvh_note(&image);
    rig_with(&rig, &image);
    boot_rig_set_initrd(&rig, 5000);
    boot_rig_load(&rig);
    info = boot_rig_at(&rig, rig.entry.rbx, sizeof *info);
    assert_int_equal(info->nr_modules, 1);
    module = boot_rig_at(&rig, info->modlist_paddr, sizeof *module);
    assert_true(boot_rig_has_initrd(&rig, module->paddr, module->size));
    assert_int_equal(module->cmdline_paddr, 0);
    boot_rig_free(&rig);
}

static void pvh_entry_may_be_a_word_of_32_bits(void **unused)
{
    struct image image = make_image();
    struct boot_rig rig;

    (void)unused;
    add_pvh_note(&image);
    image.notes[1].header.n_descsz = 4;
    image.notes[1].desc[1] = 0xffffffff;
    rig_with(&rig, &image);
    boot_rig_load(&rig);
    assert_int_equal(rig.entry.rip, TEXT_GPA + 0x80);
    boot_rig_free(&rig);
}

static void notes_may_be_aligned_to_8_bytes(void **unused)
{
    struct image image = make_image();
    struct boot_rig rig;

    (void)unused;
    add_pvh_note(&image);
    image.notes[0].header.n_descsz = 4;
    image.segments[2].p_align = 8;
    rig_with(&rig, &image);
    boot_rig_load(&rig);
    assert_int_equal(rig.entry.rip, TEXT_GPA + 0x80);
    boot_rig_free(&rig);
}

static void notes_of_more_than_64_kib_are_an_error(void **unused)
{
    static struct {
        struct image image;
        uint8_t notes[0x10001];
    } file;
    struct boot_rig rig;

    (void)unused;
    file.image = make_image();
    file.image.segments[2].p_offset = sizeof file.image;
    file.image.segments[2].p_filesz = 0x10001;
    boot_rig_init(&rig, BOOT_RIG_MIB(64));
    boot_rig_set_kernel(&rig, &file, sizeof file);
    boot_rig_fail(&rig,
                  "kernel: damaged ELF file: notes (segment 2) of 65537 bytes at offset 1048");
    boot_rig_free(&rig);
}

static void a_note_of_another_owner_kind_or_size_is_no_pvh_entry(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    for (unsigned i = 0; i < 3; i++) {
        struct image image = make_image();

        add_pvh_note(&image);
        if (i == 0)
            image.notes[1].name[0] = 'x';
        else if (i == 1)
            image.notes[1].header.n_type = 17;
        else
            image.notes[1].header.n_descsz = 6;
        rig_with(&rig, &image);
        boot_rig_load(&rig);
        assert_int_equal(rig.entry.mode, BOOT_MODE_LONG);
        boot_rig_free(&rig);
    }
}

static void an_entry_outside_of_every_segment_is_an_error(void **unused)
{
    struct image image = make_image();

    (void)unused;
    image.header.e_entry = TEXT_GPA + TEXT_BYTES;
    expect_failure(&image, "kernel: damaged ELF file: its entry 0x1000200 is outside of every "
                           "segment");
    image.header.e_entry = DATA_VIRTUAL + DATA_BYTES + BSS_BYTES;
    expect_failure(&image, "kernel: damaged ELF file: its entry 0xffffffff81403100 is outside of "
                           "every segment");
    add_pvh_note(&image);
    image.notes[1].desc[1] = 1;
    expect_failure(&image, "kernel: damaged ELF file: its entry 0x101000080 is outside of every "
                           "segment");
}

static void a_file_for_another_machine_is_an_error_that_says_which(void **unused)
{
    struct image image = make_image();

    (void)unused;
    image.header.e_machine = EM_AARCH64;
    expect_failure(&image, "kernel: an ELF file for another machine (64-bit Arm), not x86-64");
    image.header.e_machine = EM_386;
    expect_failure(&image, "kernel: an ELF file for another machine (64-bit ELF with 32-bit x86 "
                           "code), not x86-64");
    image.header.e_machine = 12345;
    expect_failure(&image, "kernel: an ELF file for another machine (e_machine 12345), not x86-64");
}

static void a_file_that_is_no_executable_or_has_nothing_to_load_is_an_error(void **unused)
{
    struct image image = make_image();

    (void)unused;
    image.header.e_type = ET_REL;
    expect_failure(&image, "kernel: an ELF file that is no executable (e_type 1); a vmlinux is "
                           "needed");
    image = make_image();
    image.segments[0].p_type = image.segments[1].p_type = PT_NULL;
    expect_failure(&image, "kernel: an ELF file with nothing to load (no PT_LOAD)");
    image.header.e_phnum = 0;
    expect_failure(&image, "kernel: an ELF file with nothing to load (no PT_LOAD)");
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
                  "kernel: a 32-bit ELF file without a Multiboot header or a PVH entry; use a "
                  "64-bit vmlinux or a bzImage");
    boot_rig_free(&rig);
}

static void each_segment_that_lies_is_an_error_that_names_it(void **unused)
{
    static const struct {
        Elf64_Addr paddr;
        uint64_t filesz, memsz;
        const char *text;
    } cases[] = {
        {0x7000, 16, 16,
         "kernel: segment 1 is to be at 0x7000 to 0x7010, but below 1 MiB only 0x20000 to 0x9fc00 "
         "is free for images"},
        {0xe0000, 16, 16,
         "kernel: segment 1 is to be at 0xe0000 to 0xe0010, but below 1 MiB only 0x20000 to "
         "0x9fc00 is free for images"},
        {TEXT_GPA + TEXT_BYTES - 1, 16, 16,
         "kernel: damaged ELF file: segments 0 (0x1000000 to 0x1000200) and 1 (0x10001ff to "
         "0x100020f) overlap"},
        {TEXT_GPA - 8, 9, 9,
         "kernel: damaged ELF file: segments 0 (0x1000000 to 0x1000200) and 1 (0xfffff8 to "
         "0x1000001) overlap"},
        {TEXT_GPA - 8, 9, 0x10000,
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
        {UINT64_MAX - 15, 8, 32,
         "kernel: segment 1 at 0xfffffffffffffff0 runs past the last address"},
        {DATA_GPA, 1, UINT64_MAX, "kernel: segment 1 at 0x1400000 runs past the last address"},
        {DATA_GPA, 17, 16,
         "kernel: damaged ELF file: segment 1 has 17 bytes in the file and 16 in memory"},
        {DATA_GPA, DATA_BYTES + 1, 0x1000,
         "kernel: truncated ELF file: segment 1 has 257 bytes at offset 792, the file ends at "
         "1048"},
        {DATA_GPA, UINT64_MAX, UINT64_MAX,
         "kernel: truncated ELF file: segment 1 has 18446744073709551615 bytes at offset 792, the "
         "file ends at 1048"},
    };

    (void)unused;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct image image = make_image();

        image.segments[1].p_paddr = cases[i].paddr;
        image.segments[1].p_filesz = cases[i].filesz;
        image.segments[1].p_memsz = cases[i].memsz;
        expect_failure(&image, cases[i].text);
    }
}

static void
an_offset_past_the_end_of_the_file_is_an_error_for_segments_notes_and_headers(void **unused)
{
    struct image image = make_image();

    (void)unused;
    image.segments[1].p_offset = UINT64_MAX;
    expect_failure(&image, "kernel: truncated ELF file: segment 1 has 256 bytes at offset "
                           "18446744073709551615, the file ends at 1048");
    image = make_image();
    image.segments[2].p_offset = sizeof image - 8;
    expect_failure(&image,
                   "kernel: damaged ELF file: notes (segment 2) of 48 bytes at offset 1040");
    image = make_image();
    image.segments[2].p_filesz = UINT64_MAX;
    expect_failure(&image, "kernel: damaged ELF file: notes (segment 2) of 18446744073709551615 "
                           "bytes at offset 232");
    image = make_image();
    image.header.e_phoff = sizeof image - 56;
    expect_failure(&image, "kernel: truncated ELF file: 3 program headers at offset 992 in 1048 "
                           "bytes");
}

static void too_many_segments_are_an_error(void **unused)
{
    struct {
        struct image image;
        Elf64_Phdr segments[ELF_IMAGE_MAX_SEGMENTS + 1];
    } file = {.image = make_image()};
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

static void a_command_line_that_linux_would_cut_off_is_an_error(void **unused)
{
    struct image image = make_image();
    char line[2049];
    struct boot_rig rig;

    (void)unused;
    memset(line, 'x', sizeof line);
    line[2048] = 0;
    for (unsigned pvh = 0; pvh < 2; pvh++) {
        rig_with(&rig, &image);
        rig.request.command_line = line;
        boot_rig_fail(&rig, "kernel: the command line has 2048 bytes, but this kernel takes 2047; "
                            "shorten it");
        rig.request.command_line = line + 1;
        boot_rig_load(&rig);
        boot_rig_free(&rig);
        add_pvh_note(&image);
    }
}

static void an_initrd_that_does_not_fit_above_the_last_segment_is_an_error(void **unused)
{
    struct image image = make_image();
    struct boot_rig rig;

    (void)unused;
    image.segments[0].p_paddr = 0x2000000;
    image.header.e_entry = 0x2000000;
    rig_with(&rig, &image);
    boot_rig_set_initrd(&rig, 0x1fff000);
    boot_rig_load(&rig);
    boot_rig_set_initrd(&rig, 0x1fff001);
    boot_rig_fail(&rig, "initrd: the initrd does not fit in --memory 64M beside the kernel: 65 MiB "
                        "are needed; use --memory 65M or more");
    boot_rig_free(&rig);
}

static void a_file_cut_off_anywhere_is_an_error(void **unused)
{
    struct image image = make_image();
    struct boot_rig rig;

    (void)unused;
    boot_rig_init(&rig, BOOT_RIG_MIB(64));
    boot_rig_sweep_truncation(&rig, (const uint8_t *)&image, sizeof image, sizeof image);
    add_pvh_note(&image);
    boot_rig_sweep_truncation(&rig, (const uint8_t *)&image, sizeof image, sizeof image);
    boot_rig_free(&rig);
}

static void a_file_with_any_header_byte_damaged_loads_or_is_an_error(void **unused)
{
    struct image image = make_image();
    struct boot_rig rig;

    (void)unused;
    add_pvh_note(&image);
    boot_rig_init(&rig, BOOT_RIG_MIB(64));
    boot_rig_sweep_damage(&rig, (const uint8_t *)&image, sizeof image, 0,
                          offsetof(struct image, text) - 1);
    boot_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_are_loaded_at_their_physical_addresses_and_the_rest_stays_zero),
        cmocka_unit_test(without_a_pvh_note_the_entry_is_64_bit_with_a_zero_page),
        cmocka_unit_test(a_virtual_entry_is_translated_by_its_segment),
        cmocka_unit_test(a_segment_may_lie_in_conventional_memory_above_the_boot_data),
        cmocka_unit_test(with_a_pvh_note_the_entry_is_32_bit_with_a_start_info),
        cmocka_unit_test(pvh_has_the_initrd_as_its_module),
        cmocka_unit_test(pvh_entry_may_be_a_word_of_32_bits),
        cmocka_unit_test(notes_may_be_aligned_to_8_bytes),
        cmocka_unit_test(notes_of_more_than_64_kib_are_an_error),
        cmocka_unit_test(a_note_of_another_owner_kind_or_size_is_no_pvh_entry),
        cmocka_unit_test(an_entry_outside_of_every_segment_is_an_error),
        cmocka_unit_test(a_file_for_another_machine_is_an_error_that_says_which),
        cmocka_unit_test(a_file_that_is_no_executable_or_has_nothing_to_load_is_an_error),
        cmocka_unit_test(a_32_bit_file_without_multiboot_header_or_pvh_note_is_an_error),
        cmocka_unit_test(each_segment_that_lies_is_an_error_that_names_it),
        cmocka_unit_test(
            an_offset_past_the_end_of_the_file_is_an_error_for_segments_notes_and_headers),
        cmocka_unit_test(too_many_segments_are_an_error),
        cmocka_unit_test(a_command_line_that_linux_would_cut_off_is_an_error),
        cmocka_unit_test(an_initrd_that_does_not_fit_above_the_last_segment_is_an_error),
        cmocka_unit_test(a_file_cut_off_anywhere_is_an_error),
        cmocka_unit_test(a_file_with_any_header_byte_damaged_loads_or_is_an_error),
    };

    return cmocka_run_group_tests_name("elf_image", tests, NULL, NULL);
}
