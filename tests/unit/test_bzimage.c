/* bzImage: where it is loaded, what the zero page says, and every way in which its header can lie.
 */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <asm/bootparam.h>

#include "boot/e820.h"
#include "boot/layout.h"
#include "tests/unit/boot_rig.h"

#define SETUP_BYTES  (5 * 512)
#define SYSTEM_BYTES 0x1000
#define IMAGE_BYTES  (SETUP_BYTES + SYSTEM_BYTES)
#define PREF_GPA     0x1000000
#define INIT_BYTES   0x2000000
#define HEADER_END   0x26c

/* Offset in the file of a field of the setup header. */
#define FIELD(name) offsetof(struct boot_params, hdr.name)

static void make_image(uint8_t image[static IMAGE_BYTES])
{
    struct setup_header header = {
        .setup_sects = 4,
        .syssize = SYSTEM_BYTES / 16,
        .boot_flag = 0xaa55,
        .jump = 0xeb | (HEADER_END - 0x202) << 8,
        .header = 0x53726448,
        .version = 0x020f,
        .loadflags = LOADED_HIGH,
        .initrd_addr_max = 0x7fffffff,
        .kernel_alignment = 0x200000,
        .relocatable_kernel = 1,
        .xloadflags = XLF_KERNEL_64,
        .cmdline_size = 2047,
        .payload_offset = 0x300,
        .payload_length = 0x800,
        .pref_address = PREF_GPA,
        .init_size = INIT_BYTES,
        .handover_offset = 0x1234,
    };

    memset(image, 0xee, SETUP_BYTES);
    memcpy(image + FIELD(setup_sects), &header, HEADER_END - FIELD(setup_sects));
    for (unsigned i = 0; i < SYSTEM_BYTES; i++)
        image[SETUP_BYTES + i] = (uint8_t)(i * 7 + 1);
}

/* 64 MiB of memory and the image, with one field of its header changed. */
static void rig_with(struct boot_rig *rig, size_t field, uint64_t value, size_t size_bytes)
{
    uint8_t image[IMAGE_BYTES];

    make_image(image);
    memcpy(image + field, &value, size_bytes);
    boot_rig_init(rig, BOOT_RIG_MIB(64));
    boot_rig_set_kernel(rig, image, sizeof image);
}

static void rig_init(struct boot_rig *rig)
{
    rig_with(rig, 0, 0, 0);
}

static const struct boot_params *params_of(const struct boot_rig *rig)
{
    return boot_rig_at(rig, rig->entry.rsi, sizeof(struct boot_params));
}

static void assert_loaded_at(const struct boot_rig *rig, uint64_t gpa)
{
    uint8_t image[IMAGE_BYTES];

    make_image(image);
    assert_memory_equal(boot_rig_at(rig, gpa, SYSTEM_BYTES), image + SETUP_BYTES, SYSTEM_BYTES);
}

static void kernel_is_loaded_at_its_preferred_address_and_entered_in_64_bit_mode(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    rig_init(&rig);
    boot_rig_load(&rig);
    assert_loaded_at(&rig, PREF_GPA);
    assert_int_equal(rig.entry.mode, BOOT_MODE_LONG);
    assert_int_equal(rig.entry.rip, PREF_GPA + 0x200);
    assert_int_equal(rig.entry.rsi, LAYOUT_BOOT_INFO_GPA);
    boot_rig_free(&rig);
}

static void zero_page_has_the_kernels_header_and_what_the_loader_adds(void **unused)
{
    const struct boot_params *params;
    struct boot_rig rig;

    (void)unused;
    rig_init(&rig);
    rig.request.command_line = "console=ttyS0 quiet";
    boot_rig_load(&rig);
    params = params_of(&rig);
    assert_int_equal(params->hdr.version, 0x020f);
    assert_int_equal(params->hdr.init_size, INIT_BYTES);
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
    rig_init(&rig);
    memset(boot_rig_at(&rig, LAYOUT_BOOT_INFO_GPA, 4096), 0x77, 4096);
    boot_rig_load(&rig);
    page = boot_rig_at(&rig, rig.entry.rsi, sizeof(struct boot_params));
    assert_memory_equal(page, zeros, offsetof(struct boot_params, acpi_rsdp_addr));
    assert_int_equal(params_of(&rig)->sentinel, 0);
    assert_memory_equal(page + HEADER_END, zeros,
                        offsetof(struct boot_params, e820_table) - HEADER_END);
    boot_rig_free(&rig);
}

static void bios_data_says_where_conventional_memory_ends(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    rig_init(&rig);
    boot_rig_load(&rig);
    assert_memory_equal(boot_rig_at(&rig, 0x40e, 2), "\xc0\x9f", 2);
    assert_memory_equal(boot_rig_at(&rig, 0x413, 2), "\x7f\x02", 2);
    boot_rig_free(&rig);
}

static void setup_sects_0_means_4(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    rig_with(&rig, FIELD(setup_sects), 0, 1);
    boot_rig_load(&rig);
    assert_loaded_at(&rig, PREF_GPA);
    boot_rig_free(&rig);
}

static void what_follows_syssize_is_not_loaded(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    rig_with(&rig, FIELD(syssize), SYSTEM_BYTES / 16 - 1, 4);
    boot_rig_load(&rig);
    assert_memory_equal(boot_rig_at(&rig, PREF_GPA + SYSTEM_BYTES - 16, 16),
                        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    boot_rig_free(&rig);
}

static void a_syssize_rounded_up_to_16_bytes_is_no_lie(void **unused)
{
    uint8_t image[IMAGE_BYTES];
    struct boot_rig rig;

    (void)unused;
    make_image(image);
    boot_rig_init(&rig, BOOT_RIG_MIB(64));
    boot_rig_set_kernel(&rig, image, sizeof image - 15);
    boot_rig_load(&rig);
    boot_rig_free(&rig);
}

static void preferred_address_0_means_1_mib_rounded_up_to_the_alignment(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    rig_with(&rig, FIELD(pref_address), 0, 8);
    boot_rig_load(&rig);
    assert_loaded_at(&rig, 0x200000);
    boot_rig_free(&rig);
}

static void a_kernel_that_is_not_relocatable_is_loaded_at_1_mib_with_room_to_move(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    rig_with(&rig, FIELD(relocatable_kernel), 0, 1);
    boot_rig_set_initrd(&rig, BOOT_RIG_MIB(16));
    boot_rig_load(&rig);
    assert_loaded_at(&rig, 0x100000);
    assert_int_equal(rig.entry.rip, 0x100200);
    assert_int_equal(params_of(&rig)->hdr.ramdisk_image, PREF_GPA + INIT_BYTES);
    boot_rig_set_initrd(&rig, BOOT_RIG_MIB(16) + 1);
    boot_rig_fail(&rig, "initrd: the initrd does not fit in --memory 64M beside the kernel: 65 MiB "
                        "are needed; use --memory 65M or more");
    boot_rig_free(&rig);
}

static void a_kernel_occupies_what_is_loaded_even_if_it_says_that_it_needs_less(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    rig_with(&rig, FIELD(init_size), 0, 4);
    boot_rig_set_initrd(&rig, BOOT_RIG_MIB(48) - SYSTEM_BYTES);
    boot_rig_load(&rig);
    assert_loaded_at(&rig, PREF_GPA);
    boot_rig_set_initrd(&rig, BOOT_RIG_MIB(48) - SYSTEM_BYTES + 1);
    boot_rig_fail(&rig, "initrd: the initrd does not fit in --memory 64M beside the kernel: 65 MiB "
                        "are needed; use --memory 65M or more");
    boot_rig_free(&rig);
}

static void initrd_ends_at_the_end_of_memory_on_a_page(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    rig_init(&rig);
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
    rig_with(&rig, FIELD(initrd_addr_max), 0x37fffff, 4);
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
    rig_init(&rig);
    rig.initrd = (struct boot_source){"built-in", -1, bytes, sizeof bytes};
    rig.request.initrd = &rig.initrd;
    boot_rig_load(&rig);
    assert_true(boot_rig_has_initrd(&rig, BOOT_RIG_MIB(64) - 4096, sizeof bytes));
    boot_rig_free(&rig);
}

static void with_memory_past_4_gib_all_is_below_the_hole(void **unused)
{
    uint8_t image[IMAGE_BYTES];
    struct boot_rig rig;

    (void)unused;
    make_image(image);
    memset(image + FIELD(initrd_addr_max), 0xff, 4);
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

static void each_field_that_lies_is_an_error_that_names_the_file_and_the_lie(void **unused)
{
    static const struct {
        size_t field;
        uint64_t value;
        size_t size_bytes;
        const char *text;
    } cases[] = {
        {FIELD(boot_flag), 0x1234, 2, "kernel: damaged bzImage: boot flag 0x1234 is not 0xaa55"},
        {FIELD(jump), 0x6a90, 2, "kernel: damaged bzImage: no jump over its header"},
        {FIELD(jump), 0x8feb, 2, "kernel: damaged bzImage: no jump over its header"},
        {FIELD(jump), 0x61eb, 2, "kernel: damaged bzImage: its header ends at 0x263"},
        {FIELD(version), 0x020b, 2,
         "kernel: bzImage with boot protocol 2.11; 2.12 (Linux 3.8) or later is needed"},
        {FIELD(loadflags), 0, 1, "kernel: a zImage, loaded below 1 MiB; use a bzImage"},
        {FIELD(xloadflags), 0xfffe, 2,
         "kernel: a 32-bit kernel, without a 64-bit entry; use an x86-64 one"},
        {FIELD(kernel_alignment), 0, 4,
         "kernel: damaged bzImage: kernel_alignment 0x0 is not a power of two"},
        {FIELD(kernel_alignment), 0x300000, 4,
         "kernel: damaged bzImage: kernel_alignment 0x300000 is not a power of two"},
        {FIELD(setup_sects), 255, 1,
         "kernel: truncated bzImage: 6656 bytes, and its setup code alone has 131072"},
        {FIELD(setup_sects), 5, 1,
         "kernel: truncated bzImage: its kernel has 4096 bytes (syssize), the file only 3584 of "
         "them"},
        {FIELD(syssize), 0xffffffff, 4,
         "kernel: truncated bzImage: its kernel has 68719476720 bytes (syssize), the file only "
         "4096 "
         "of them"},
        {FIELD(syssize), 0x20, 4, "kernel: damaged bzImage: a kernel of 512 bytes"},
        {FIELD(payload_offset), 0x801, 4,
         "kernel: damaged bzImage: a payload of 2048 bytes at 2049 in a kernel of 4096"},
        {FIELD(payload_length), 0xffffffff, 4,
         "kernel: damaged bzImage: a payload of 4294967295 bytes at 768 in a kernel of 4096"},
        {FIELD(pref_address), 0xfffff, 8,
         "kernel: damaged bzImage: preferred address 0xfffff is not in 1 MiB to 3 GiB"},
        {FIELD(pref_address), UINT64_MAX, 8,
         "kernel: damaged bzImage: preferred address 0xffffffffffffffff is not in 1 MiB to 3 GiB"},
        {FIELD(init_size), 0xffffffff, 4,
         "kernel: the kernel is to be at 0x1000000 to 0x100ffffff, but images must lie below 3 "
         "GiB"},
        {FIELD(init_size), 0x3000001, 4,
         "kernel: the kernel does not fit in --memory 64M: it needs 65 MiB; use --memory 65M or "
         "more"},
    };

    (void)unused;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct boot_rig rig;

        rig_with(&rig, cases[i].field, cases[i].value, cases[i].size_bytes);
        boot_rig_fail(&rig, cases[i].text);
        boot_rig_free(&rig);
    }
}

static void a_command_line_over_the_kernels_limit_is_an_error(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    rig_with(&rig, FIELD(cmdline_size), 5, 4);
    rig.request.command_line = "12345";
    boot_rig_load(&rig);
    rig.request.command_line = "123456";
    boot_rig_fail(&rig,
                  "kernel: the command line has 6 bytes, but this kernel takes 5; shorten it");
    boot_rig_free(&rig);
}

static void a_command_line_is_limited_by_its_area_whatever_the_kernel_takes(void **unused)
{
    static char line[LAYOUT_COMMAND_LINE_BYTES + 1];
    struct boot_rig rig;

    (void)unused;
    memset(line, 'x', LAYOUT_COMMAND_LINE_BYTES);
    rig_with(&rig, FIELD(cmdline_size), 0xffffffff, 4);
    rig.request.command_line = line;
    boot_rig_fail(&rig, "kernel: the command line has 65536 bytes, but this kernel takes 65535; "
                        "shorten it");
    line[LAYOUT_COMMAND_LINE_BYTES - 1] = 0;
    boot_rig_load(&rig);
    boot_rig_free(&rig);
}

static void an_initrd_that_is_empty_too_large_or_shorter_than_it_says_is_an_error(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    rig_init(&rig);
    boot_rig_set_initrd(&rig, 0);
    boot_rig_fail(&rig, "initrd: the initrd is empty");
    boot_rig_set_initrd(&rig, BOOT_RIG_MIB(20));
    boot_rig_fail(&rig, "initrd: the initrd does not fit in --memory 64M beside the kernel: 68 MiB "
                        "are needed; use --memory 68M or more");
    boot_rig_set_initrd(&rig, 100);
    rig.initrd.size_bytes = 101;
    boot_rig_fail(&rig, "initrd: truncated: 101 bytes at offset 0 are missing; get the file again");
    rig.initrd.size_bytes = UINT64_MAX;
    boot_rig_fail(&rig,
                  "initrd: an initrd of 17592186044416 MiB is too large: kernel takes one from "
                  "0x3000000 to 0x80000000; use a smaller one");
    boot_rig_free(&rig);
}

static void an_initrd_that_no_memory_would_make_fit_is_an_error_that_says_so(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    rig_with(&rig, FIELD(initrd_addr_max), 0x2ffffff, 4);
    boot_rig_set_initrd(&rig, 4096);
    boot_rig_fail(&rig,
                  "initrd: an initrd of 1 MiB is too large: kernel takes one from 0x3000000 to "
                  "0x3000000; use a smaller one");
    boot_rig_free(&rig);
}

static void a_file_that_shrank_or_cannot_be_read_is_an_error(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    rig_init(&rig);
    assert_int_equal(ftruncate(rig.kernel.fd, IMAGE_BYTES - 1000), 0);
    boot_rig_fail(&rig, "kernel: truncated: 4096 bytes at offset 2560 are missing; get the file "
                        "again");
    close(rig.kernel.fd);
    rig.kernel.fd = open("/", O_RDONLY | O_DIRECTORY);
    boot_rig_fail(&rig, "kernel: cannot read: Is a directory");
    boot_rig_free(&rig);
}

static void an_image_cut_off_anywhere_is_an_error(void **unused)
{
    uint8_t image[IMAGE_BYTES];
    struct boot_rig rig;

    (void)unused;
    make_image(image);
    boot_rig_init(&rig, BOOT_RIG_MIB(64));
    boot_rig_sweep_truncation(&rig, image, sizeof image, sizeof image - 15);
    boot_rig_free(&rig);
}

static void a_header_with_any_byte_damaged_loads_or_is_an_error(void **unused)
{
    uint8_t image[IMAGE_BYTES];
    struct boot_rig rig;

    (void)unused;
    make_image(image);
    boot_rig_init(&rig, BOOT_RIG_MIB(64));
    boot_rig_set_initrd(&rig, 100);
    boot_rig_sweep_damage(&rig, image, sizeof image, FIELD(setup_sects), HEADER_END - 1);
    boot_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernel_is_loaded_at_its_preferred_address_and_entered_in_64_bit_mode),
        cmocka_unit_test(zero_page_has_the_kernels_header_and_what_the_loader_adds),
        cmocka_unit_test(nothing_of_the_file_but_the_header_gets_into_the_zero_page),
        cmocka_unit_test(bios_data_says_where_conventional_memory_ends),
        cmocka_unit_test(setup_sects_0_means_4),
        cmocka_unit_test(what_follows_syssize_is_not_loaded),
        cmocka_unit_test(a_syssize_rounded_up_to_16_bytes_is_no_lie),
        cmocka_unit_test(preferred_address_0_means_1_mib_rounded_up_to_the_alignment),
        cmocka_unit_test(a_kernel_that_is_not_relocatable_is_loaded_at_1_mib_with_room_to_move),
        cmocka_unit_test(a_kernel_occupies_what_is_loaded_even_if_it_says_that_it_needs_less),
        cmocka_unit_test(initrd_ends_at_the_end_of_memory_on_a_page),
        cmocka_unit_test(initrd_ends_below_initrd_addr_max),
        cmocka_unit_test(initrd_from_memory_is_loaded_as_one_from_a_file),
        cmocka_unit_test(with_memory_past_4_gib_all_is_below_the_hole),
        cmocka_unit_test(each_field_that_lies_is_an_error_that_names_the_file_and_the_lie),
        cmocka_unit_test(a_command_line_over_the_kernels_limit_is_an_error),
        cmocka_unit_test(a_command_line_is_limited_by_its_area_whatever_the_kernel_takes),
        cmocka_unit_test(an_initrd_that_is_empty_too_large_or_shorter_than_it_says_is_an_error),
        cmocka_unit_test(an_initrd_that_no_memory_would_make_fit_is_an_error_that_says_so),
        cmocka_unit_test(a_file_that_shrank_or_cannot_be_read_is_an_error),
        cmocka_unit_test(an_image_cut_off_anywhere_is_an_error),
        cmocka_unit_test(a_header_with_any_byte_damaged_loads_or_is_an_error),
    };

    return cmocka_run_group_tests_name("bzimage", tests, NULL, NULL);
}
