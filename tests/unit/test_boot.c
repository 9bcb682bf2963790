/* SPDX-License-Identifier: BSD-2-Clause */
/* What boot_load refuses before any loader is chosen. */
#include "tests/unit/unit.h"

#include "tests/unit/boot_rig.h"

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
    expect_failure("#!/bin/sh\n", 10,
                   "kernel: not a bzImage, an ELF vmlinux or a Multiboot image (it starts with 23 "
                   "21 2f 62)");
    expect_failure("x", 1,
                   "kernel: not a bzImage, an ELF vmlinux or a Multiboot image (it starts with 78 "
                   "00 00 00)");
}

static void a_compressed_file_is_an_error_that_says_what_to_do(void **unused)
{
    (void)unused;
    expect_failure("\x1f\x8b\x08\x00", 4,
                   "kernel: not a bzImage, an ELF vmlinux or a Multiboot image (it starts with 1f "
                   "8b 08 00: gzip; unpack it first)");
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
        cmocka_unit_test(a_compressed_file_is_an_error_that_says_what_to_do),
        cmocka_unit_test(too_little_memory_for_any_kernel_is_an_error),
        cmocka_unit_test(a_long_line_is_cut_off_and_terminated),
    };

    return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
