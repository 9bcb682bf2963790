/* SPDX-License-Identifier: BSD-2-Clause */
/* bzImage: every way in which the header, the initrd and the file can lie. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "boot/layout.h"
#include "tests/unit/bzimage_file.h"

/* What a field of the header says, and the line for it. */
static const struct {
    size_t field;
    uint64_t value;
    size_t size_bytes;
    const char *text;
} header_lies[] = {
    {BZIMAGE_FIELD(boot_flag), 0x1234, 2,
     "kernel: damaged bzImage: boot flag 0x1234 is not 0xaa55"},
    {BZIMAGE_FIELD(jump), 0x6a90, 2, "kernel: damaged bzImage: no jump over its header"},
    {BZIMAGE_FIELD(jump), 0x8feb, 2, "kernel: damaged bzImage: no jump over its header"},
    {BZIMAGE_FIELD(jump), 0x61eb, 2, "kernel: damaged bzImage: its header ends at 0x263"},
    {BZIMAGE_FIELD(version), 0x0205, 2,
     "kernel: bzImage with boot protocol 2.05; 2.06 (Linux 2.6.22) or later is needed"},
    {BZIMAGE_FIELD(loadflags), 0, 1, "kernel: a zImage, loaded below 1 MiB; use a bzImage"},
    {BZIMAGE_FIELD(kernel_alignment), 0, 4,
     "kernel: damaged bzImage: kernel_alignment 0x0 is not a power of two"},
    {BZIMAGE_FIELD(kernel_alignment), 0x300000, 4,
     "kernel: damaged bzImage: kernel_alignment 0x300000 is not a power of two"},
    {BZIMAGE_FIELD(setup_sects), 255, 1,
     "kernel: truncated bzImage: 6656 bytes, and its setup code alone has 131072"},
    {BZIMAGE_FIELD(setup_sects), 5, 1,
     "kernel: truncated bzImage: its kernel has 4096 bytes (syssize), the file only 3584 of "
     "them"},
    {BZIMAGE_FIELD(syssize), 0xffffffff, 4,
     "kernel: truncated bzImage: its kernel has 68719476720 bytes (syssize), the file only "
     "4096 "
     "of them"},
    {BZIMAGE_FIELD(syssize), 0x20, 4, "kernel: damaged bzImage: a kernel of 512 bytes"},
    {BZIMAGE_FIELD(payload_offset), 0x801, 4,
     "kernel: damaged bzImage: a payload of 2048 bytes at 2049 in a kernel of 4096"},
    {BZIMAGE_FIELD(payload_length), 0xffffffff, 4,
     "kernel: damaged bzImage: a payload of 4294967295 bytes at 768 in a kernel of 4096"},
    {BZIMAGE_FIELD(pref_address), 0xfffff, 8,
     "kernel: damaged bzImage: preferred address 0xfffff is not in 1 MiB to 3 GiB"},
    {BZIMAGE_FIELD(pref_address), UINT64_MAX, 8,
     "kernel: damaged bzImage: preferred address 0xffffffffffffffff is not in 1 MiB to 3 GiB"},
    {BZIMAGE_FIELD(init_size), 0xffffffff, 4,
     "kernel: the kernel is to be at 0x1000000 to 0x100ffffff, but images must lie below 3 "
     "GiB"},
    {BZIMAGE_FIELD(init_size), 0x3000001, 4,
     "kernel: the kernel does not fit in --memory 64M: it needs 65 MiB; use --memory 65M or "
     "more"},
};

static void each_field_that_lies_is_an_error_that_names_the_file_and_the_lie(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < sizeof header_lies / sizeof header_lies[0]; i++) {
        struct boot_rig rig;

        bzimage_file_rig_with(&rig, header_lies[i].field, header_lies[i].value,
                              header_lies[i].size_bytes);
        boot_rig_fail(&rig, header_lies[i].text);
        boot_rig_free(&rig);
    }
}

static void a_command_line_over_the_kernels_limit_is_an_error(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    bzimage_file_rig_with(&rig, BZIMAGE_FIELD(cmdline_size), 5, 4);
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
    bzimage_file_rig_with(&rig, BZIMAGE_FIELD(cmdline_size), 0xffffffff, 4);
    rig.request.command_line = line;
    boot_rig_fail(&rig, "kernel: the command line has 20480 bytes, but there is room for 20479; "
                        "shorten it");
    line[LAYOUT_COMMAND_LINE_BYTES - 1] = 0;
    boot_rig_load(&rig);
    boot_rig_free(&rig);
}

static void an_initrd_that_is_empty_too_large_or_shorter_than_it_says_is_an_error(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    bzimage_file_rig_init(&rig);
    boot_rig_set_initrd(&rig, 0);
    boot_rig_fail(&rig, "initrd: the initrd is empty");
    boot_rig_set_initrd(&rig, BOOT_RIG_MIB(20));
    boot_rig_fail(&rig, "initrd: the initrd does not fit in --memory 64M beside the kernel: 68 MiB "
                        "are needed; use --memory 68M or more");
    boot_rig_set_initrd(&rig, 100);
    rig.initrd.source.size_bytes = 101;
    boot_rig_fail(&rig, "initrd: truncated: 101 bytes at offset 0 are missing; get the file again");
    rig.initrd.source.size_bytes = UINT64_MAX;
    boot_rig_fail(
        &rig, "initrd: an initrd of 17592186044416 MiB is too large: between the kernel and the "
              "kernel's limit for an initrd at 0x80000000 there are 2000 MiB");
    boot_rig_free(&rig);
}

static void initrds_that_do_not_fit_together_are_an_error(void **unused)
{
    struct boot_module modules[2];
    struct boot_rig rig;

    (void)unused;
    bzimage_file_rig_init(&rig);
    boot_rig_set_initrd(&rig, BOOT_RIG_MIB(10));
    modules[0] = modules[1] = rig.initrd;
    rig.request.modules = modules;
    rig.request.module_count = 2;
    boot_rig_fail(&rig, "initrd: the initrds do not fit in --memory 64M beside the kernel: 68 MiB "
                        "are needed; use --memory 68M or more");
    modules[0].source.size_bytes = modules[1].source.size_bytes = UINT64_MAX;
    boot_rig_fail(&rig, "initrd: initrds of 17592186044416 MiB are too large: between the kernel "
                        "and the kernel's limit for an initrd at 0x80000000 there are 2000 MiB");
    modules[1].source.size_bytes = 0;
    boot_rig_fail(&rig, "initrd: the initrd is empty");
    boot_rig_free(&rig);
}

static void an_initrd_that_no_memory_would_make_fit_is_an_error_that_says_so(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    bzimage_file_rig_with(&rig, BZIMAGE_FIELD(initrd_addr_max), 0x2ffffff, 4);
    boot_rig_set_initrd(&rig, 4096);
    boot_rig_fail(
        &rig, "initrd: an initrd of 1 MiB is too large: between the kernel and the kernel's limit "
              "for an initrd at 0x3000000 there are 0 MiB");
    boot_rig_free(&rig);
}

static void a_file_that_shrank_or_cannot_be_read_is_an_error(void **unused)
{
    struct boot_rig rig;

    (void)unused;
    bzimage_file_rig_init(&rig);
    assert_int_equal(ftruncate(rig.kernel.fd, BZIMAGE_BYTES - 1000), 0);
    boot_rig_fail(&rig, "kernel: truncated: 4096 bytes at offset 2560 are missing; get the file "
                        "again");
    close(rig.kernel.fd);
    rig.kernel.fd = open("/", O_RDONLY | O_DIRECTORY);
    boot_rig_fail(&rig, "kernel: cannot read: Is a directory");
    boot_rig_free(&rig);
}

static void an_image_cut_off_anywhere_is_an_error(void **unused)
{
    uint8_t image[BZIMAGE_BYTES];
    struct boot_rig rig;

    (void)unused;
    bzimage_file_make(image);
    boot_rig_init(&rig, BOOT_RIG_MIB(64));
    boot_rig_sweep_truncation(&rig, image, sizeof image, sizeof image - 15);
    boot_rig_free(&rig);
}

static void a_header_with_any_byte_damaged_loads_or_is_an_error(void **unused)
{
    uint8_t image[BZIMAGE_BYTES];
    struct boot_rig rig;

    (void)unused;
    bzimage_file_make(image);
    boot_rig_init(&rig, BOOT_RIG_MIB(64));
    boot_rig_set_initrd(&rig, 100);
    boot_rig_sweep_damage(&rig, image, sizeof image, BZIMAGE_FIELD(setup_sects),
                          BZIMAGE_HEADER_END - 1);
    boot_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field_that_lies_is_an_error_that_names_the_file_and_the_lie),
        cmocka_unit_test(a_command_line_over_the_kernels_limit_is_an_error),
        cmocka_unit_test(a_command_line_is_limited_by_its_area_whatever_the_kernel_takes),
        cmocka_unit_test(an_initrd_that_is_empty_too_large_or_shorter_than_it_says_is_an_error),
        cmocka_unit_test(initrds_that_do_not_fit_together_are_an_error),
        cmocka_unit_test(an_initrd_that_no_memory_would_make_fit_is_an_error_that_says_so),
        cmocka_unit_test(a_file_that_shrank_or_cannot_be_read_is_an_error),
        cmocka_unit_test(an_image_cut_off_anywhere_is_an_error),
        cmocka_unit_test(a_header_with_any_byte_damaged_loads_or_is_an_error),
    };

    return cmocka_run_group_tests_name("bzimage_errors", tests, NULL, NULL);
}
