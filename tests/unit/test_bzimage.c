/* SPDX-License-Identifier: BSD-2-Clause */
/* bzImage: where kernel and initrd are loaded, and what the zero page says. */
#include "tests/unit/unit.h"

#include <string.h>

#include "boot/layout.h"
#include "tests/unit/bzimage_file.h"

static const struct boot_params *params_of(const struct boot_rig *rig)
{
    return boot_rig_at(rig, rig->entry.rsi, sizeof(struct boot_params));
}

static void assert_loaded_at(const struct boot_rig *rig, uint64_t gpa)
{
    uint8_t image[BZIMAGE_BYTES];

    bzimage_file_make(image);
    assert_memory_equal(boot_rig_at(rig, gpa, BZIMAGE_SYSTEM_BYTES), image + BZIMAGE_SETUP_BYTES,
                        BZIMAGE_SYSTEM_BYTES);
}

static void kernel_is_loaded_at_its_preferred_address_and_entered_in_64_bit_mode(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    bzimage_file_rig_init(&rig);
    boot_rig_load(&rig);
    assert_loaded_at(&rig, BZIMAGE_PREF_GPA);
    assert_int_equal(rig.entry.mode, BOOT_MODE_LONG);
    assert_int_equal(rig.entry.rip, BZIMAGE_PREF_GPA + 0x200);
    assert_int_equal(rig.entry.rsi, LAYOUT_BOOT_INFO_GPA);
    boot_rig_free(&rig);
}

static void a_kernel_without_a_64_bit_entry_is_entered_at_its_start_in_32_bit_mode(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    bzimage_file_rig_with(&rig, BZIMAGE_FIELD(xloadflags), 0xfffe, 2);
    boot_rig_load(&rig);
    assert_loaded_at(&rig, BZIMAGE_PREF_GPA);
    assert_int_equal(rig.entry.mode, BOOT_MODE_PROTECTED);
    assert_int_equal(rig.entry.rip, BZIMAGE_PREF_GPA);
    assert_int_equal(rig.entry.rsi, LAYOUT_BOOT_INFO_GPA);
    assert_int_equal(rig.entry.rax | rig.entry.rbx, 0);
    boot_rig_free(&rig);
}

/* A header of 2.06 ends at 23ch, of 2.08 at 250h. What later versions have there is not looked at.
 */
static void fields_that_came_with_later_protocols_are_not_read(void **unused)
{
    static const uint16_t versions[] = {0x0206, 0x0207, 0x0208, 0x0209};

    (void)unused;
    for (unsigned i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        const struct boot_params *params;
        uint8_t image[BZIMAGE_BYTES];
        struct boot_rig rig;

        bzimage_file_make(image);
        memcpy(image + BZIMAGE_FIELD(version), &versions[i], 2);
        image[BZIMAGE_FIELD(jump) + 1] = versions[i] < 0x0208 ? 0x3a : 0x4e;
        boot_rig_init(&rig, BOOT_RIG_MIB(64));
        boot_rig_set_kernel(&rig, image, sizeof image);
        boot_rig_load(&rig);
        assert_loaded_at(&rig, 0x200000);
        assert_int_equal(rig.entry.mode, BOOT_MODE_PROTECTED);
        params = params_of(&rig);
        assert_int_equal(params->hdr.payload_length, versions[i] < 0x0208 ? 0 : 0x800);
        assert_int_equal(params->hdr.init_size, 0);
        image[BZIMAGE_FIELD(jump) + 1] = 0x6a;
        boot_rig_set_kernel(&rig, image, sizeof image);
        boot_rig_load(&rig);
        assert_loaded_at(&rig, 0x200000);
        image[BZIMAGE_FIELD(jump) + 1] = 0x39;
        boot_rig_set_kernel(&rig, image, sizeof image);
        boot_rig_fail(&rig, "kernel: damaged bzImage: its header ends at 0x23b");
        boot_rig_free(&rig);
    }
}

static void zero_page_has_the_kernels_header_and_what_the_loader_adds(void **unused)
{
    const struct boot_params *params;
    struct boot_rig rig;

    (void)unused;
    bzimage_file_rig_init(&rig);
    rig.request.command_line = "console=ttyS0 quiet";
    boot_rig_load(&rig);
    params = params_of(&rig);
    assert_int_equal(params->hdr.version, 0x020f);
    assert_int_equal(params->hdr.init_size, BZIMAGE_INIT_BYTES);
    assert_int_equal(params->hdr.handover_offset, 0x1234);
    assert_int_equal(params->hdr.type_of_loader, 0xff);
    assert_string_equal(boot_rig_at(&rig, params->hdr.cmd_line_ptr, 100), "console=ttyS0 quiet");
    assert_int_equal(params->hdr.ramdisk_image, 0);
    assert_int_equal(params->hdr.ramdisk_size, 0);
    assert_int_equal(params->acpi_rsdp_addr, BOOT_RIG_RSDP_GPA);
    assert_int_equal(params->e820_entries, 4);
    assert_int_equal(params->e820_table[3].addr, 0x100000);
    assert_int_equal(params->e820_table[3].size, BOOT_RIG_MIB(63));
    boot_rig_free(&rig);
}

static void nothing_of_the_file_but_the_header_gets_into_the_zero_page(void **unused)
{
    const uint8_t zeros[sizeof(struct boot_params)] = {0};
    const uint8_t *page;
    struct boot_rig rig;

    (void)unused;
    bzimage_file_rig_init(&rig);
    memset(boot_rig_at(&rig, LAYOUT_BOOT_INFO_GPA, 4096), 0x77, 4096);
    boot_rig_load(&rig);
    page = boot_rig_at(&rig, rig.entry.rsi, sizeof(struct boot_params));
    assert_memory_equal(page, zeros, offsetof(struct boot_params, acpi_rsdp_addr));
    assert_int_equal(params_of(&rig)->sentinel, 0);
    assert_memory_equal(page + BZIMAGE_HEADER_END, zeros,
                        offsetof(struct boot_params, e820_table) - BZIMAGE_HEADER_END);
    boot_rig_free(&rig);
}

static void setup_sects_0_means_4(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    bzimage_file_rig_with(&rig, BZIMAGE_FIELD(setup_sects), 0, 1);
    boot_rig_load(&rig);
    assert_loaded_at(&rig, BZIMAGE_PREF_GPA);
    boot_rig_free(&rig);
}

static void what_follows_syssize_is_not_loaded(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    bzimage_file_rig_with(&rig, BZIMAGE_FIELD(syssize), BZIMAGE_SYSTEM_BYTES / 16 - 1, 4);
    boot_rig_load(&rig);
    assert_memory_equal(boot_rig_at(&rig, BZIMAGE_PREF_GPA + BZIMAGE_SYSTEM_BYTES - 16, 16),
                        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    boot_rig_free(&rig);
}

static void a_syssize_rounded_up_to_16_bytes_is_no_lie(void **unused)
{
    uint8_t image[BZIMAGE_BYTES];
    struct boot_rig rig;

    (void)unused;
    bzimage_file_make(image);
    boot_rig_init(&rig, BOOT_RIG_MIB(64));
    boot_rig_set_kernel(&rig, image, sizeof image - 15);
    boot_rig_load(&rig);
    boot_rig_free(&rig);
}

static void preferred_address_0_means_1_mib_rounded_up_to_the_alignment(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    bzimage_file_rig_with(&rig, BZIMAGE_FIELD(pref_address), 0, 8);
    boot_rig_load(&rig);
    assert_loaded_at(&rig, 0x200000);
    boot_rig_free(&rig);
}

static void a_kernel_that_is_not_relocatable_is_loaded_at_1_mib_with_room_to_move(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    bzimage_file_rig_with(&rig, BZIMAGE_FIELD(relocatable_kernel), 0, 1);
    boot_rig_set_initrd(&rig, BOOT_RIG_MIB(16));
    boot_rig_load(&rig);
    assert_loaded_at(&rig, 0x100000);
    assert_int_equal(rig.entry.rip, 0x100200);
    assert_int_equal(params_of(&rig)->hdr.ramdisk_image, BZIMAGE_PREF_GPA + BZIMAGE_INIT_BYTES);
    boot_rig_set_initrd(&rig, BOOT_RIG_MIB(16) + 1);
    boot_rig_fail(&rig, "initrd: the initrd does not fit in --memory 64M beside the kernel: 65 MiB "
                        "are needed; use --memory 65M or more");
    boot_rig_free(&rig);
}

static void a_kernel_occupies_what_is_loaded_even_if_it_says_that_it_needs_less(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    bzimage_file_rig_with(&rig, BZIMAGE_FIELD(init_size), 0, 4);
    boot_rig_set_initrd(&rig, BOOT_RIG_MIB(48) - BZIMAGE_SYSTEM_BYTES);
    boot_rig_load(&rig);
    assert_loaded_at(&rig, BZIMAGE_PREF_GPA);
    boot_rig_set_initrd(&rig, BOOT_RIG_MIB(48) - BZIMAGE_SYSTEM_BYTES + 1);
    boot_rig_fail(&rig, "initrd: the initrd does not fit in --memory 64M beside the kernel: 65 MiB "
                        "are needed; use --memory 65M or more");
    boot_rig_free(&rig);
}

static void initrd_ends_at_the_end_of_memory_on_a_page(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    bzimage_file_rig_init(&rig);
    boot_rig_set_initrd(&rig, 5000);
    boot_rig_load(&rig);
    assert_int_equal(params_of(&rig)->hdr.ramdisk_image, BOOT_RIG_MIB(64) - 8192);
    assert_int_equal(params_of(&rig)->hdr.ramdisk_size, 5000);
    assert_true(boot_rig_has_initrd(&rig, BOOT_RIG_MIB(64) - 8192, 5000));
    boot_rig_free(&rig);
}

static void initrd_ends_below_initrd_addr_max(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    bzimage_file_rig_with(&rig, BZIMAGE_FIELD(initrd_addr_max), 0x37fffff, 4);
    boot_rig_set_initrd(&rig, 4096);
    boot_rig_load(&rig);
    assert_int_equal(params_of(&rig)->hdr.ramdisk_image, 0x37ff000);
    boot_rig_free(&rig);
}

static void initrd_from_memory_is_loaded_as_one_from_a_file(void **unused)
{
    static const uint8_t bytes[] = {0x55, 0xaa, 0xaa, 0x55};
    struct boot_rig rig;

    (void)unused;
    bzimage_file_rig_init(&rig);
    rig.initrd = (struct boot_module){{"built-in", -1, bytes, sizeof bytes}, "built-in", ""};
    rig.request.module_count = 1;
    boot_rig_load(&rig);
    assert_true(boot_rig_has_initrd(&rig, BOOT_RIG_MIB(64) - 4096, sizeof bytes));
    boot_rig_free(&rig);
}

/* As Linux unpacks them: archives one after the other, with zeros between them that it skips. */
static void several_initrds_are_one_with_zeros_between_them(void **unused)
{
    const uint64_t start_gpa = BOOT_RIG_MIB(64) - 4 * 4096;
    struct boot_rig rig;

    (void)unused;
    bzimage_file_rig_init(&rig);
    boot_rig_set_modules(&rig);
    boot_rig_load(&rig);
    assert_int_equal(params_of(&rig)->hdr.ramdisk_image, start_gpa);
    assert_int_equal(params_of(&rig)->hdr.ramdisk_size, 3 * 4096 + 5);
    boot_rig_assert_bytes(&rig, start_gpa, 3, 1);
    boot_rig_assert_bytes(&rig, start_gpa + 3, 4096 - 3, 0);
    boot_rig_assert_bytes(&rig, start_gpa + 4096, 4097, 2);
    boot_rig_assert_bytes(&rig, start_gpa + 4096 + 4097, 4095, 0);
    boot_rig_assert_bytes(&rig, start_gpa + 3 * 4096, 5, 3);
    boot_rig_free(&rig);
}

static void linuxs_words_come_before_the_command_line(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    bzimage_file_rig_init(&rig);
    rig.request.linux_words = "console=ttyS0";
    boot_rig_load(&rig);
    assert_string_equal(boot_rig_at(&rig, params_of(&rig)->hdr.cmd_line_ptr, 100), "console=ttyS0");
    rig.request.command_line = "quiet";
    boot_rig_load(&rig);
    assert_string_equal(boot_rig_at(&rig, params_of(&rig)->hdr.cmd_line_ptr, 100),
                        "console=ttyS0 quiet");
    boot_rig_free(&rig);
}

static void with_memory_past_4_gib_all_is_below_the_hole(void **unused)
{
    uint8_t image[BZIMAGE_BYTES];
    struct boot_rig rig;

    (void)unused;
    bzimage_file_make(image);
    memset(image + BZIMAGE_FIELD(initrd_addr_max), 0xff, 4);
    boot_rig_init(&rig, UINT64_C(5) << 30);
    boot_rig_set_kernel(&rig, image, sizeof image);
    boot_rig_set_initrd(&rig, 4096);
    boot_rig_load(&rig);
    assert_int_equal(params_of(&rig)->hdr.ramdisk_image, 0xc0000000 - 4096);
    assert_int_equal(params_of(&rig)->e820_entries, 5);
    assert_int_equal(params_of(&rig)->e820_table[4].addr, UINT64_C(1) << 32);
    assert_int_equal(params_of(&rig)->e820_table[4].size, UINT64_C(2) << 30);
    boot_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernel_is_loaded_at_its_preferred_address_and_entered_in_64_bit_mode),
        cmocka_unit_test(a_kernel_without_a_64_bit_entry_is_entered_at_its_start_in_32_bit_mode),
        cmocka_unit_test(fields_that_came_with_later_protocols_are_not_read),
        cmocka_unit_test(zero_page_has_the_kernels_header_and_what_the_loader_adds),
        cmocka_unit_test(nothing_of_the_file_but_the_header_gets_into_the_zero_page),
        cmocka_unit_test(setup_sects_0_means_4),
        cmocka_unit_test(what_follows_syssize_is_not_loaded),
        cmocka_unit_test(a_syssize_rounded_up_to_16_bytes_is_no_lie),
        cmocka_unit_test(preferred_address_0_means_1_mib_rounded_up_to_the_alignment),
        cmocka_unit_test(a_kernel_that_is_not_relocatable_is_loaded_at_1_mib_with_room_to_move),
        cmocka_unit_test(a_kernel_occupies_what_is_loaded_even_if_it_says_that_it_needs_less),
        cmocka_unit_test(initrd_ends_at_the_end_of_memory_on_a_page),
        cmocka_unit_test(initrd_ends_below_initrd_addr_max),
        cmocka_unit_test(initrd_from_memory_is_loaded_as_one_from_a_file),
        cmocka_unit_test(several_initrds_are_one_with_zeros_between_them),
        cmocka_unit_test(linuxs_words_come_before_the_command_line),
        cmocka_unit_test(with_memory_past_4_gib_all_is_below_the_hole),
    };

    return cmocka_run_group_tests_name("bzimage", tests, NULL, NULL);
}
