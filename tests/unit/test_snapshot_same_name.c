/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two runs that save to one name on a file system that knows no files without a name: both use the
 * name beside it, and the later one takes it from the one before.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/said.h"
#include "tests/unit/snapshot_rig.h"
#include "vmm/host/snapshot_file.h"

/* Wherever the folder is, as on such a file system. */
static void begin(struct snapshot_save *save, const struct snapshot_rig *rig)
{
    assert_int_equal(snapshot_save_begin(save, rig->path, true), 0);
    close(save->fd);
    unlink(save->saving);
    save->fd = open(save->saving, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    assert_true(save->fd >= 0);
    save->is_named = true;
}

static int end(struct snapshot_save *save, const struct snapshot_rig *rig)
{
    int result = snapshot_save_memory(save, &rig->memory, rig->records, rig->records_bytes);

    return result == 0 ? snapshot_save_end(save) : result;
}

static void assert_is_whole(const struct snapshot_rig *rig)
{
    struct snapshot_file file;

    assert_int_equal(snapshot_file_open(&file, rig->path), 0);
    assert_int_equal(snapshot_file_verify(&file), 0);
    snapshot_file_close(&file);
}

static void assert_said_why(void)
{
    const char *line = strstr(said(), ": not saved");

    assert_non_null(line);
    assert_string_equal(line, ": not saved, as another run saves to the same name\n");
}

static void the_first_does_not_publish_the_half_of_the_second(void **state)
{
    const struct snapshot_rig *rig = *state;
    struct snapshot_save first, second;

    begin(&first, rig);
    begin(&second, rig);
    assert_int_equal(end(&first, rig), -EALREADY);
    assert_said_why();
    assert_int_equal(access(rig->path, F_OK), -1);
    assert_int_equal(end(&second, rig), 0);
    assert_is_whole(rig);
}

static void the_first_does_not_replace_what_the_second_has_saved(void **state)
{
    const struct snapshot_rig *rig = *state;
    struct snapshot_save first, second;

    begin(&first, rig);
    begin(&second, rig);
    assert_int_equal(end(&second, rig), 0);
    assert_int_equal(end(&first, rig), -EALREADY);
    assert_said_why();
    assert_is_whole(rig);
}

static void a_first_that_is_given_up_leaves_the_second_its_name(void **state)
{
    const struct snapshot_rig *rig = *state;
    struct snapshot_save first, second;

    begin(&first, rig);
    begin(&second, rig);
    snapshot_save_cancel(&first);
    assert_int_equal(end(&second, rig), 0);
    assert_is_whole(rig);
}

static void one_alone_has_its_name(void **state)
{
    const struct snapshot_rig *rig = *state;
    struct snapshot_save save;

    begin(&save, rig);
    assert_int_equal(end(&save, rig), 0);
    assert_is_whole(rig);
    begin(&save, rig);
    snapshot_save_cancel(&save);
    assert_int_equal(access(save.saving, F_OK), -1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, snapshot_rig_make, snapshot_rig_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_does_not_publish_the_half_of_the_second),
        TEST(the_first_does_not_replace_what_the_second_has_saved),
        TEST(a_first_that_is_given_up_leaves_the_second_its_name),
        TEST(one_alone_has_its_name),
    };

    return cmocka_run_group_tests_name("snapshot_same_name", tests, NULL, NULL);
}
