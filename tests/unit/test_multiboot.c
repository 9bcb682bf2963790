/* SPDX-License-Identifier: BSD-2-Clause */
/* Multiboot images: the header's search and its addresses, ELF, the information, and what is
 * refused.
 */
#include "tests/unit/unit.h"

#include <elf.h>
#include <string.h>

#include "boot/e820.h"
#include "boot/layout.h"
#include "boot/multiboot.h"
#include "tests/unit/boot_rig.h"

#define IMAGE_BYTES   0x400
#define HEADER_OFFSET 0x40
#define LOAD_OFFSET   0x20
#define LOAD_GPA      0x100000
#define BSS_BYTES     0x1000

static struct multiboot_header make_header(uint32_t flags)
{
    return (struct multiboot_header){
        .magic = 0x1badb002,
        .flags = flags,
        .checksum = -(0x1badb002 + flags),
        .header_addr = LOAD_GPA + HEADER_OFFSET - LOAD_OFFSET,
        .load_addr = LOAD_GPA,
        .load_end_addr = LOAD_GPA + IMAGE_BYTES - LOAD_OFFSET,
        .bss_end_addr = LOAD_GPA + IMAGE_BYTES - LOAD_OFFSET + BSS_BYTES,
        .entry_addr = LOAD_GPA + 0x100,
    };
}

/* A flat image; all of it from LOAD_OFFSET on is loaded. */
static void make_image(uint8_t image[static IMAGE_BYTES], const struct multiboot_header *header)
{
    for (unsigned i = 0; i < IMAGE_BYTES; i++)
        image[i] = (uint8_t)(i * 5 + 3);
    memcpy(image + HEADER_OFFSET, header, sizeof *header);
}

static void rig_with(struct boot_rig *rig, const struct multiboot_header *header)
{
    uint8_t image[IMAGE_BYTES];

    make_image(image, header);
    boot_rig_init(rig, BOOT_RIG_MIB(64));
    boot_rig_set_kernel(rig, image, sizeof image);
}

static void expect_failure(const struct multiboot_header *header, const char *text)
{
    struct boot_rig rig;

    rig_with(&rig, header);
    boot_rig_fail(&rig, text);
    boot_rig_free(&rig);
}

static void an_image_with_addresses_is_loaded_there_and_entered_in_32_bit_mode(void **unused)
{
    const struct multiboot_header header = make_header(MULTIBOOT_HEADER_HAS_ADDRESSES);
    uint8_t image[IMAGE_BYTES];
    struct boot_rig rig;

    (void)unused;
    rig_with(&rig, &header);
    boot_rig_load(&rig);
    make_image(image, &header);
    assert_memory_equal(boot_rig_at(&rig, LOAD_GPA, IMAGE_BYTES), image + LOAD_OFFSET,
                        IMAGE_BYTES - LOAD_OFFSET);
    assert_int_equal(rig.entry.mode, BOOT_MODE_PROTECTED);
    assert_int_equal(rig.entry.rip, LOAD_GPA + 0x100);
    assert_int_equal(rig.entry.rax, 0x2badb002);
    assert_int_equal(rig.entry.rbx, LAYOUT_BOOT_INFO_GPA);
    boot_rig_free(&rig);
}

static void load_end_0_means_all_of_the_file_and_bss_end_0_means_no_bss(void **unused)
{
    struct multiboot_header header = make_header(MULTIBOOT_HEADER_HAS_ADDRESSES);
    uint8_t image[IMAGE_BYTES];
    struct boot_rig rig;

    (void)unused;
    header.load_end_addr = header.bss_end_addr = 0;
    rig_with(&rig, &header);
    boot_rig_load(&rig);
    make_image(image, &header);
    assert_memory_equal(boot_rig_at(&rig, LOAD_GPA, IMAGE_BYTES), image + LOAD_OFFSET,
                        IMAGE_BYTES - LOAD_OFFSET);
    boot_rig_free(&rig);
}

static void the_initrd_stays_clear_of_the_bss(void **unused)
{
    struct multiboot_header header = make_header(MULTIBOOT_HEADER_HAS_ADDRESSES);
    struct boot_rig rig;

    (void)unused;
    header.bss_end_addr = 0x3ffe001;
    rig_with(&rig, &header);
    boot_rig_set_initrd(&rig, 4096);
    boot_rig_load(&rig);
    boot_rig_set_initrd(&rig, 4097);
    boot_rig_fail(&rig, "initrd: the initrd does not fit in --memory 64M beside the kernel: 65 MiB "
                        "are needed; use --memory 65M or more");
    boot_rig_free(&rig);
}

static void information_has_memory_command_line_map_and_loader_name(void **unused)
{
    const struct multiboot_header header = make_header(MULTIBOOT_HEADER_HAS_ADDRESSES);
    const struct multiboot_mmap_entry *mmap;
    const struct multiboot_info *info;
    struct boot_rig rig;

    (void)unused;
    rig_with(&rig, &header);
    rig.request.command_line = "loglvl=all com1=115200";
    boot_rig_load(&rig);
    info = boot_rig_at(&rig, rig.entry.rbx, sizeof *info);
    assert_int_equal(info->flags, 1 | 1 << 2 | 1 << 6 | 1 << 9);
    assert_int_equal(info->mem_lower_kib, 639);
    assert_int_equal(info->mem_upper_kib, 63 * 1024);
    assert_string_equal(boot_rig_at(&rig, info->cmdline, 100), "kernel loglvl=all com1=115200");
    assert_string_equal(boot_rig_at(&rig, info->boot_loader_name, 10), "minivmm");
    assert_int_equal(info->mmap_length, 4 * 24);
    mmap = boot_rig_at(&rig, info->mmap_addr, info->mmap_length);
    assert_int_equal(mmap[0].size, 20);
    assert_int_equal(mmap[0].length, 0x9fc00);
    assert_int_equal(mmap[1].type, E820_RESERVED);
    assert_int_equal(mmap[3].base_addr, 0x100000);
    assert_int_equal(mmap[3].length, BOOT_RIG_MIB(63));
    assert_int_equal(mmap[3].type, E820_RAM);
    boot_rig_free(&rig);
}

static void the_initrd_is_a_page_aligned_module(void **unused)
{
    const uint32_t flags =
        MULTIBOOT_HEADER_HAS_ADDRESSES | MULTIBOOT_HEADER_PAGE_ALIGN | MULTIBOOT_HEADER_MEMORY;
    const struct multiboot_header header = make_header(flags);
    const struct multiboot_module *module;
    const struct multiboot_info *info;
    struct boot_rig rig;

    (void)unused;
    rig_with(&rig, &header);
    boot_rig_set_initrd(&rig, 5001);
    boot_rig_load(&rig);
    info = boot_rig_at(&rig, rig.entry.rbx, sizeof *info);
    assert_true((info->flags & MULTIBOOT_INFO_MODULES) != 0);
    assert_int_equal(info->mods_count, 1);
    module = boot_rig_at(&rig, info->mods_addr, sizeof *module);
    assert_int_equal(module->mod_start % 4096, 0);
    assert_int_equal(module->mod_end - module->mod_start, 5001);
    assert_true(boot_rig_has_initrd(&rig, module->mod_start, 5001));
    boot_rig_free(&rig);
}

static void the_header_is_found_only_aligned_and_whole_in_the_first_8_kib(void **unused)
{
    static const struct {
        size_t offset;
        bool found;
    } cases[] = {{0, true}, {4, true}, {8192 - 32, true}, {8192, false}, {6, false}, {7, false}};
    const char *unknown = "kernel: not a bzImage, an ELF vmlinux or a Multiboot image (it starts "
                          "with 00 00 00 00)";

    (void)unused;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct multiboot_header header = make_header(MULTIBOOT_HEADER_HAS_ADDRESSES);
        uint8_t image[16384] = {0};
        struct boot_rig rig;

        header.header_addr = header.load_addr + (uint32_t)cases[i].offset;
        header.load_end_addr = header.bss_end_addr = 0;
        memcpy(image + cases[i].offset, &header, sizeof header);
        boot_rig_init(&rig, BOOT_RIG_MIB(64));
        boot_rig_set_kernel(&rig, image, sizeof image);
        if (cases[i].found)
            boot_rig_load(&rig);
        else
            boot_rig_fail(&rig, unknown);
        boot_rig_free(&rig);
    }
}

static void a_header_cut_off_by_the_end_of_the_search_or_file_is_an_error(void **unused)
{
    const uint32_t cut_in_checksum[] = {0x1badb002, -0x1badb002u};
    const struct multiboot_header header = make_header(MULTIBOOT_HEADER_HAS_ADDRESSES);
    uint8_t image[16384] = {0};
    struct boot_rig rig;

    (void)unused;
    memcpy(image + 8192 - 28, &header, sizeof header);
    boot_rig_init(&rig, BOOT_RIG_MIB(64));
    boot_rig_set_kernel(&rig, image, sizeof image);
    boot_rig_fail(&rig, "kernel: truncated Multiboot header at offset 8164");
    boot_rig_set_kernel(&rig, &header, sizeof header - 1);
    boot_rig_fail(&rig, "kernel: truncated Multiboot header at offset 0");
    boot_rig_set_kernel(&rig, cut_in_checksum, sizeof cut_in_checksum);
    boot_rig_fail(&rig,
                  "kernel: not a bzImage, an ELF vmlinux or a Multiboot image (it starts with "
                  "02 b0 ad 1b)");
    boot_rig_free(&rig);
}

static void a_header_whose_sum_is_not_0_is_none(void **unused)
{
    struct multiboot_header header = make_header(MULTIBOOT_HEADER_HAS_ADDRESSES);

    (void)unused;
    header.checksum++;
    expect_failure(&header, "kernel: not a bzImage, an ELF vmlinux or a Multiboot image (it starts "
                            "with 03 08 0d 12)");
}

static void a_requirement_that_is_not_met_is_an_error_and_an_option_is_not(void **unused)
{
    struct multiboot_header header = make_header(MULTIBOOT_HEADER_HAS_ADDRESSES | 1 << 2);
    struct boot_rig rig;

    (void)unused;
    expect_failure(&header, "kernel: its Multiboot header requires what this machine does not have "
                            "(flags 0x4: a video mode)");
    header = make_header(MULTIBOOT_HEADER_HAS_ADDRESSES | 1 << 15 | 1 << 3 | 3);
    expect_failure(&header, "kernel: its Multiboot header requires what this machine does not have "
                            "(flags 0x8008)");
    header = make_header(MULTIBOOT_HEADER_HAS_ADDRESSES | 0xfffe0000);
    rig_with(&rig, &header);
    boot_rig_load(&rig);
    boot_rig_free(&rig);
}

static void each_address_that_lies_is_an_error(void **unused)
{
    static const struct {
        uint32_t header_addr, load_addr, load_end_addr, bss_end_addr, entry_addr;
        const char *text;
    } cases[] = {
        {0x100000, 0x100004, 0, 0, 0x100004,
         "kernel: damaged Multiboot header: load_addr 0x100004 does not go with header_addr "
         "0x100000 at offset 64"},
        {0x100041, 0x100000, 0, 0, 0x100000,
         "kernel: damaged Multiboot header: load_addr 0x100000 does not go with header_addr "
         "0x100041 at offset 64"},
        {0x100000, 0x100000, 0xfffff, 0, 0x100000,
         "kernel: damaged Multiboot header: load_addr 0x100000, load_end_addr 0xfffff, "
         "bss_end_addr 0x0 do not ascend"},
        {0x100000, 0x100000, 0x100100, 0x1000ff, 0x100000,
         "kernel: damaged Multiboot header: load_addr 0x100000, load_end_addr 0x100100, "
         "bss_end_addr 0x1000ff do not ascend"},
        {0x100040, 0x100000, 0x100401, 0, 0x100000,
         "kernel: truncated: 1025 bytes at offset 0 are missing; get the file again"},
        {0x7c40, 0x7c00, 0, 0, 0x7c00,
         "kernel: the image is to be at 0x7c00 to 0x8000, but below 1 MiB only 0x8000 to 0x9fc00 "
         "is free for images"},
        {0x4000000, 0x4000000, 0x4000004, 0, 0x4000000,
         "kernel: the kernel does not fit in --memory 64M: it needs 65 MiB; use --memory 65M or "
         "more"},
        {0x100000, 0x100000, 0x100010, 0xf0000000, 0x100000,
         "kernel: the image is to be at 0x100000 to 0xf0000000, but images must lie below 3 GiB"},
        {0xffffffff, 0xffffffff, 0, 0, 0xffffffff,
         "kernel: the image is to be at 0xffffffff to 0x1000003bf, but images must lie below 3 "
         "GiB"},
        {0x100000, 0x100000, 0x100100, 0x100200, 0x100200,
         "kernel: damaged Multiboot header: entry_addr 0x100200 is outside of the image"},
        {0x100000, 0x100000, 0x100100, 0x100200, 0xfffff,
         "kernel: damaged Multiboot header: entry_addr 0xfffff is outside of the image"},
    };

    (void)unused;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct multiboot_header header = make_header(MULTIBOOT_HEADER_HAS_ADDRESSES);

        header.header_addr = cases[i].header_addr;
        header.load_addr = cases[i].load_addr;
        header.load_end_addr = cases[i].load_end_addr;
        header.bss_end_addr = cases[i].bss_end_addr;
        header.entry_addr = cases[i].entry_addr;
        expect_failure(&header, cases[i].text);
    }
}

static void without_addresses_the_file_must_be_elf(void **unused)
{
    const struct multiboot_header header = make_header(0);

    (void)unused;
    expect_failure(&header, "kernel: a Multiboot header without load addresses in a file that is "
                            "not ELF");
}

/* A 32-bit ELF file: a text segment with the header in it. */
struct elf_file {
    Elf32_Ehdr header;
    Elf32_Phdr segment;
    struct multiboot_header multiboot;
    uint8_t text[256];
};

static struct elf_file make_elf_file(uint32_t flags)
{
    return (struct elf_file){
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB,
                               EV_CURRENT},
                   .e_type = ET_EXEC,
                   .e_machine = EM_386,
                   .e_version = EV_CURRENT,
                   .e_entry = 0x200010,
                   .e_phoff = offsetof(struct elf_file, segment),
                   .e_phentsize = sizeof(Elf32_Phdr),
                   .e_phnum = 1},
        .segment = {.p_type = PT_LOAD,
                    .p_offset = offsetof(struct elf_file, multiboot),
                    .p_vaddr = 0xc0200000,
                    .p_paddr = 0x200000,
                    .p_filesz = sizeof(struct multiboot_header) + 256,
                    .p_memsz = 0x1000},
        .multiboot = make_header(flags),
        .text = {0x90, 0xf4},
    };
}

static void without_addresses_an_elf_file_is_loaded_by_its_segments(void **unused)
{
    const struct elf_file file = make_elf_file(MULTIBOOT_HEADER_MEMORY);
    struct boot_rig rig;

    (void)unused;
    boot_rig_init(&rig, BOOT_RIG_MIB(64));
    boot_rig_set_kernel(&rig, &file, sizeof file);
    boot_rig_load(&rig);
    assert_int_equal(rig.entry.mode, BOOT_MODE_PROTECTED);
    assert_int_equal(rig.entry.rip, 0x200010);
    assert_int_equal(rig.entry.rax, 0x2badb002);
    assert_memory_equal(boot_rig_at(&rig, 0x200000, file.segment.p_filesz), &file.multiboot,
                        file.segment.p_filesz);
    boot_rig_free(&rig);
}

static void with_addresses_those_go_before_the_segments(void **unused)
{
    struct elf_file file = make_elf_file(MULTIBOOT_HEADER_HAS_ADDRESSES);
    struct boot_rig rig;

    (void)unused;
    file.multiboot.header_addr = file.multiboot.load_addr = 0x300000;
    file.multiboot.load_end_addr = file.multiboot.bss_end_addr = 0;
    file.multiboot.entry_addr = 0x300020;
    boot_rig_init(&rig, BOOT_RIG_MIB(64));
    boot_rig_set_kernel(&rig, &file, sizeof file);
    boot_rig_load(&rig);
    assert_int_equal(rig.entry.rip, 0x300020);
    assert_memory_equal(boot_rig_at(&rig, 0x300020, 2), "\x90\xf4", 2);
    boot_rig_free(&rig);
}

static void a_command_line_with_the_name_longer_than_its_area_is_an_error(void **unused)
{
    static char line[LAYOUT_COMMAND_LINE_BYTES];
    const struct multiboot_header header = make_header(MULTIBOOT_HEADER_HAS_ADDRESSES);
    struct boot_rig rig;

    (void)unused;
    memset(line, 'x', sizeof line - 1 - strlen("kernel "));
    rig_with(&rig, &header);
    rig.request.command_line = line;
    boot_rig_load(&rig);
    line[strlen(line)] = 'x';
    boot_rig_fail(&rig, "kernel: the command line has 20480 bytes, but there is room for 20479; "
                        "shorten it");
    boot_rig_free(&rig);
}

static void an_image_cut_off_anywhere_is_an_error(void **unused)
{
    const struct multiboot_header header = make_header(MULTIBOOT_HEADER_HAS_ADDRESSES);
    const struct elf_file file = make_elf_file(0);
    uint8_t image[IMAGE_BYTES];
    struct boot_rig rig;

    (void)unused;
    make_image(image, &header);
    boot_rig_init(&rig, BOOT_RIG_MIB(64));
    boot_rig_sweep_truncation(&rig, image, sizeof image, sizeof image);
    boot_rig_sweep_truncation(&rig, (const uint8_t *)&file, sizeof file, sizeof file);
    boot_rig_free(&rig);
}

static void a_header_with_any_byte_damaged_loads_or_is_an_error(void **unused)
{
    struct elf_file file = make_elf_file(MULTIBOOT_HEADER_HAS_ADDRESSES);
    struct boot_rig rig;

    (void)unused;
    file.multiboot.header_addr = file.multiboot.load_addr;
    boot_rig_init(&rig, BOOT_RIG_MIB(64));
    boot_rig_sweep_damage(&rig, (const uint8_t *)&file, sizeof file, 0,
                          offsetof(struct elf_file, text) - 1);
    boot_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_with_addresses_is_loaded_there_and_entered_in_32_bit_mode),
        cmocka_unit_test(load_end_0_means_all_of_the_file_and_bss_end_0_means_no_bss),
        cmocka_unit_test(the_initrd_stays_clear_of_the_bss),
        cmocka_unit_test(information_has_memory_command_line_map_and_loader_name),
        cmocka_unit_test(the_initrd_is_a_page_aligned_module),
        cmocka_unit_test(the_header_is_found_only_aligned_and_whole_in_the_first_8_kib),
        cmocka_unit_test(a_header_cut_off_by_the_end_of_the_search_or_file_is_an_error),
        cmocka_unit_test(a_header_whose_sum_is_not_0_is_none),
        cmocka_unit_test(a_requirement_that_is_not_met_is_an_error_and_an_option_is_not),
        cmocka_unit_test(each_address_that_lies_is_an_error),
        cmocka_unit_test(without_addresses_the_file_must_be_elf),
        cmocka_unit_test(without_addresses_an_elf_file_is_loaded_by_its_segments),
        cmocka_unit_test(with_addresses_those_go_before_the_segments),
        cmocka_unit_test(a_command_line_with_the_name_longer_than_its_area_is_an_error),
        cmocka_unit_test(an_image_cut_off_anywhere_is_an_error),
        cmocka_unit_test(a_header_with_any_byte_damaged_loads_or_is_an_error),
    };

    return cmocka_run_group_tests_name("multiboot", tests, NULL, NULL);
}
