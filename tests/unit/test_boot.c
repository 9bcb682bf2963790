/* SPDX-License-Identifier: BSD-2-Clause */
/* What boot_load refuses before any loader is chosen. */
#include "tests/unit/unit.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/elf_file.h"

static void expect_failure(const void *bytes, size_t size_bytes, const char *text)
{
    struct boot_rig rig;

    boot_rig_init(&rig, BOOT_RIG_MIB(16));
    boot_rig_set_kernel(&rig, bytes, size_bytes);
    boot_rig_fail(&rig, text);
    boot_rig_free(&rig);
}

static void an_empty_file_is_an_error(void **unused)
{
    (void)unused;
    expect_failure("", 0, "kernel: the file is empty");
}

static void a_file_that_is_no_kernel_is_an_error_that_says_how_it_starts(void **unused)
{
    (void)unused;
    expect_failure("\x01\x02\x03\x04\x05", 5,
                   "kernel: not a bzImage, an ELF vmlinux or a Multiboot image (it starts with 01 "
                   "02 03 04)");
    expect_failure("x", 1,
                   "kernel: a text, not a bzImage, an ELF vmlinux or a Multiboot image (it starts "
                   "with 78 00 00 00)");
}

static void a_packed_file_is_an_error_with_the_command_that_unpacks_it(void **unused)
{
    static const struct {
        const char *bytes, *command;
    } packed[] = {
        {"\x1f\x8b\x08\x04", "gzip -dc"}, {"\xfd\x37zXZ", "xz -dc"},
        {"\x28\xb5\x2f\xfd", "zstd -dc"}, {"\x04\x22\x4d\x18", "lz4 -dc"},
        {"\x02\x21\x4c\x18", "lz4 -dc"},  {"BZh91AY", "bzip2 -dc"},
        {"\x89LZO", "lzop -dc"},
    };

    (void)unused;
    for (unsigned i = 0; i < sizeof packed / sizeof packed[0]; i++) {
        char line[200];

        snprintf(line, sizeof line,
                 "kernel: a packed file; unpack it, or give <(%s kernel) in its place",
                 packed[i].command);
        expect_failure(packed[i].bytes, strlen(packed[i].bytes), line);
    }
}

/* What lzma begins a file with has NULs in it. */
static void a_file_packed_by_lzma_is_told_by_three_bytes(void **unused)
{
    static const char begin[] = "\x5d\0\0\x80\0";

    (void)unused;
    expect_failure(begin, sizeof begin,
                   "kernel: a packed file; unpack it, or give <(lzma -dc kernel) in its place");
    expect_failure("\x5d\0\1", 3,
                   "kernel: not a bzImage, an ELF vmlinux or a Multiboot image (it starts with 5d "
                   "00 01 00)");
}

static void the_name_of_a_packed_file_is_quoted_for_the_shell(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    boot_rig_init(&rig, BOOT_RIG_MIB(16));
    boot_rig_set_kernel(&rig, "\x1f\x8b\x08\x00", 4);
    rig.kernel.name = "my kernel.gz";
    boot_rig_fail(&rig, "my kernel.gz: a packed file; unpack it, or give <(gzip -dc 'my "
                        "kernel.gz') in its place");
    boot_rig_free(&rig);
}

/* Offset and bytes by which a file is told, and what it is said to be. */
static const struct {
    unsigned offset;
    const char *bytes, *what;
} other_kinds[] = {
    {0x38, "ARM\x64", "a Linux kernel for 64-bit Arm"},
    {0x38, "RSC\x05", "a Linux kernel for RISC-V"},
    {0x24, "\x18\x28\x6f\x01", "a Linux kernel for 32-bit Arm"},
    {0, "MZ", "an EFI or Windows program (PE) without a Linux boot header"},
    {0, "070701", "an initramfs (cpio archive)"},
    {0, "\x27\x05\x19\x56", "a U-Boot image (uImage)"},
    {0, "\xd0\x0d\xfe\xed", "a device tree or a U-Boot image (FIT)"},
    {0, "ANDROID!", "an Android boot image"},
    {0x8001, "CD001", "an image of a CD (ISO 9660)"},
    {0, "QFI\xfb", "an image of a disk (qcow2)"},
    {0x40, "\x7f\x10\xda\xbe", "an image of a disk (VDI)"},
    {0x200, "EFI PART", "an image of a disk (GPT)"},
    {0x438, "\x53\xef", "a file system (ext2, ext3 or ext4)"},
    {0x1fe, "\x55\xaa", "a boot sector, an image of a disk, or a Linux before boot protocol 2.00"},
    {0x28, "_FVH", "UEFI firmware"},
    {0, "!<arch>\n", "a Debian package or a library (ar archive)"},
    {0x101, "ustar", "a tar archive"},
};

static void what_people_take_for_a_kernel_is_called_what_it_is(void **unused)
{
    static uint8_t image[0x9000];

    (void)unused;
    for (unsigned i = 0; i < sizeof other_kinds / sizeof other_kinds[0]; i++) {
        struct boot_rig rig;
        char line[200];

        memset(image, 0, sizeof image);
        memcpy(image + other_kinds[i].offset, other_kinds[i].bytes, strlen(other_kinds[i].bytes));
        boot_rig_init(&rig, BOOT_RIG_MIB(16));
        boot_rig_set_kernel(&rig, image, sizeof image);
        assert_true(boot_load(&rig.request, &rig.entry, &rig.error) < 0);
        snprintf(line, sizeof line, "kernel: %s, not a kernel for this machine; ",
                 other_kinds[i].what);
        rig.error.text[strlen(line)] = '\0';
        assert_string_equal(rig.error.text, line);
        boot_rig_free(&rig);
    }
}

/* A CD that can be booted from a disk as well has a boot sector. */
static void of_two_signatures_the_one_that_says_more_counts(void **unused)
{
    static uint8_t image[0x9000];

    (void)unused;
    memcpy(image + 0x1fe, "\x55\xaa", 2);
    memcpy(image + 0x8001, "CD001", 5);
    expect_failure(image, sizeof image,
                   "kernel: an image of a CD (ISO 9660), not a kernel for this machine; there is "
                   "no disk here: give the kernel that is on it");
}

static void a_multiboot_2_header_is_found_aligned_to_8_bytes_and_by_its_sum(void **unused)
{
    static uint8_t image[0x9000];
    uint32_t header[] = {0xe85250d6, 0, 24, -(0xe85250d6 + 24), 0, 8};

    (void)unused;
    memset(image, 1, sizeof image);
    memcpy(image + 0x7fe8, header, sizeof header);
    expect_failure(image, sizeof image,
                   "kernel: a Multiboot 2 image; build it with a Multiboot 1 header or a PVH note");
    expect_failure(image + 4, sizeof image - 4,
                   "kernel: not a bzImage, an ELF vmlinux or a Multiboot image (it starts with 01 "
                   "01 01 01)");
    header[3]++;
    memcpy(image + 0x7fe8, header, sizeof header);
    expect_failure(image, sizeof image,
                   "kernel: not a bzImage, an ELF vmlinux or a Multiboot image (it starts with 01 "
                   "01 01 01)");
}

static void an_elf_file_with_a_multiboot_2_header_is_not_entered_as_linux(void **unused)
{
    const uint32_t header[] = {0xe85250d6, 0, 16, -(0xe85250d6 + 16)};
    struct elf_file image = elf_file_make();

    (void)unused;
    memcpy(image.text, header, sizeof header);
    assert_int_equal(offsetof(struct elf_file, text) % 8, 0);
    elf_file_fail(&image,
                  "kernel: a Multiboot 2 image; build it with a Multiboot 1 header or a PVH note");
}

static void too_little_memory_for_any_kernel_is_an_error(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    boot_rig_init(&rig, BOOT_RIG_MIB(1));
    boot_rig_set_kernel(&rig, "x", 1);
    boot_rig_fail(&rig, "a guest needs memory of 2 MiB; use --memory 2M or more");
    boot_rig_free(&rig);
}

static void a_long_line_is_cut_off_and_terminated(void **unused)
{
    struct boot_error error = {0};

    (void)unused;
    assert_int_equal(boot_fail(&error, 22, "%02000d", 7), -22);
    assert_int_equal(error.text[sizeof error.text - 2], '0');
    assert_int_equal(error.text[sizeof error.text - 1], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_is_an_error),
        cmocka_unit_test(a_file_that_is_no_kernel_is_an_error_that_says_how_it_starts),
        cmocka_unit_test(a_packed_file_is_an_error_with_the_command_that_unpacks_it),
        cmocka_unit_test(a_file_packed_by_lzma_is_told_by_three_bytes),
        cmocka_unit_test(the_name_of_a_packed_file_is_quoted_for_the_shell),
        cmocka_unit_test(what_people_take_for_a_kernel_is_called_what_it_is),
        cmocka_unit_test(of_two_signatures_the_one_that_says_more_counts),
        cmocka_unit_test(a_multiboot_2_header_is_found_aligned_to_8_bytes_and_by_its_sum),
        cmocka_unit_test(an_elf_file_with_a_multiboot_2_header_is_not_entered_as_linux),
        cmocka_unit_test(too_little_memory_for_any_kernel_is_an_error),
        cmocka_unit_test(a_long_line_is_cut_off_and_terminated),
    };

    return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
