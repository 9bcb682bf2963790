/* SPDX-License-Identifier: BSD-2-Clause */
/* What --rng and --disk accept. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/parse_rig.h"

static void there_is_no_virtio_device_by_default(void **unused)
{
    struct options options = parse_good("kernel");

    (void)unused;
    assert_int_equal(options.config.virtio_rng, 0);
    assert_int_equal(options.config.disk_count, 0);
    assert_int_equal(options.host.disk_count, 0);
    assert_int_equal(parse_good("--rng|kernel").config.virtio_rng, 1);
}

static void disks_add_up_in_their_order(void **unused)
{
    struct options options = parse_good("--disk|a.img|--disk|b,c.img,ro|kernel");

    (void)unused;
    assert_int_equal(options.config.disk_count, 2);
    assert_int_equal(options.host.disk_count, 2);
    assert_string_equal(options.host.disks[0].path, "a.img");
    assert_false(options.host.disks[0].is_read_only);
    assert_string_equal(options.host.disks[1].path, "b,c.img");
    assert_true(options.host.disks[1].is_read_only);
}

static void a_fifth_disk_and_one_without_a_name_are_refused(void **unused)
{
    (void)unused;
    parse_good("--disk|1|--disk|2|--disk|3|--disk|4|kernel");
    assert_int_equal(parse("--disk|1|--disk|2|--disk|3|--disk|4|--disk|5|kernel").verdict,
                     OPTIONS_BAD);
    assert_int_equal(parse("--disk||kernel").verdict, OPTIONS_BAD);
    assert_non_null(strstr(parse("--disk||kernel").error, "the name of a file, at most 4 times"));
}

static void a_restore_names_its_disks(void **unused)
{
    (void)unused;
    assert_int_equal(parse_good("restore|--disk|a|snapshot").host.disk_count, 1);
}

static void machines_of_a_matrix_may_only_read_a_disk(void **unused)
{
    (void)unused;
    parse_good("check|--matrix|--disk|a,ro|kernel");
    parse_good("check|--disk|a|kernel");
    assert_string_equal(parse("check|--matrix|--disk|a,ro|--disk|b|kernel").error,
                        "--matrix has many guests: one alone can write a --disk; ,ro shares it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_no_virtio_device_by_default),
        cmocka_unit_test(disks_add_up_in_their_order),
        cmocka_unit_test(a_fifth_disk_and_one_without_a_name_are_refused),
        cmocka_unit_test(a_restore_names_its_disks),
        cmocka_unit_test(machines_of_a_matrix_may_only_read_a_disk),
    };

    return cmocka_run_group_tests_name("virtio_options", tests, NULL, NULL);
}
