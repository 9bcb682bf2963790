/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of clones. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/said.h"
#include "vmm/cmd/clone_paths.h"
#include "vmm/host/host_options.h"

static struct host_options host;

static int setup(void **unused)
{
    (void)unused;
    host = (struct host_options){.console = CONSOLE_STDIO};
    said_begin();
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    said_end();
    return 0;
}

static void without_files_there_is_nothing_to_share(void **unused)
{
    (void)unused;
    assert_true(clone_paths_check(&host, 1000));
    clone_paths_set(&host, 3);
    assert_null(host.report_path);
    assert_null(host.control_path);
    assert_string_equal(host.snapshot_at.path, "");
}

static void each_word_is_the_number(void **unused)
{
    (void)unused;
    host.console = CONSOLE_FILE;
    host.console_path = "%n";
    host.report_path = "run%n/report-%n.txt";
    host.control_path = "%d%%n.sock";
    host.serial2_path = "agent%n";
    strcpy(host.snapshot_at.path, "saved%n");
    assert_true(clone_paths_check(&host, 12));
    clone_paths_set(&host, 12);
    assert_string_equal(host.console_path, "12");
    assert_string_equal(host.report_path, "run12/report-12.txt");
    assert_string_equal(host.control_path, "%d%12.sock");
    assert_string_equal(host.serial2_path, "agent12");
    assert_string_equal(host.snapshot_at.path, "saved12");
}

static void a_file_of_all_is_refused(void **unused)
{
    (void)unused;
    host.report_path = "report%";
    assert_false(clone_paths_check(&host, 2));
    assert_string_equal(said(), "minivmm: --report report% is the same for all clones; with "
                                "--clones put %n, the number of the clone, into the name\n");
    host.report_path = NULL;
    host.console_path = "console";
    assert_true(clone_paths_check(&host, 2));
    host.console = CONSOLE_FILE;
    assert_false(clone_paths_check(&host, 2));
    host.console_path = "/";
    assert_false(clone_paths_check(&host, 2));
}

static void a_device_may_be_shared_but_is_no_socket_and_no_snapshot(void **unused)
{
    (void)unused;
    host.console = CONSOLE_FILE;
    host.console_path = host.report_path = "/dev/null";
    assert_true(clone_paths_check(&host, 2));
    host.control_path = "/dev/null";
    assert_false(clone_paths_check(&host, 2));
    host.control_path = NULL;
    strcpy(host.snapshot_at.path, "/dev/null");
    assert_false(clone_paths_check(&host, 2));
}

static void a_disk_that_is_written_is_a_clones_own(void **unused)
{
    (void)unused;
    host.disk_count = 2;
    strcpy(host.disks[0].path, "root%n.img");
    strcpy(host.disks[1].path, "data.img");
    host.disks[1].is_read_only = true;
    assert_true(clone_paths_check(&host, 12));
    host.disks[1].is_read_only = false;
    assert_false(clone_paths_check(&host, 12));
    assert_non_null(strstr(said(), "--disk data.img is the same for all clones; "));
    clone_paths_set(&host, 12);
    assert_string_equal(host.disks[0].path, "root12.img");
    assert_string_equal(host.disks[1].path, "data.img");
}

static void the_longest_number_has_to_fit(void **unused)
{
    char path[108];

    (void)unused;
    memset(path, 'a', sizeof path);
    strcpy(path + 104, "%n");
    host.control_path = path;
    assert_true(clone_paths_check(&host, 999));
    said();
    assert_false(clone_paths_check(&host, 1000));
    assert_non_null(strstr(said(), "%n: for clone 1000 the name is too long\n"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(without_files_there_is_nothing_to_share),
        TEST(each_word_is_the_number),
        TEST(a_file_of_all_is_refused),
        TEST(a_device_may_be_shared_but_is_no_socket_and_no_snapshot),
        TEST(a_disk_that_is_written_is_a_clones_own),
        TEST(the_longest_number_has_to_fit),
    };

    return cmocka_run_group_tests_name("clone_paths", tests, NULL, NULL);
}
