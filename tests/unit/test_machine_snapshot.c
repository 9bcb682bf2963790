/* SPDX-License-Identifier: BSD-2-Clause */
/* A whole machine saved to a file: what gives way to the end of a run. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/restore_rig.h"
#include "tests/unit/said.h"
#include "vmm/host/snapshot_file.h"
#include "vmm/machine/machine_snapshot.h"

static struct restore_rig rig;
static char folder[32], path[64];

static int setup(void **unused)
{
    (void)unused;
    restore_rig_make(&rig);
    strcpy(folder, "/tmp/machine-snapshot-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    restore_rig_destroy(&rig);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
    return 0;
}

static void assert_is_whole(void)
{
    struct snapshot_file file;

    assert_int_equal(snapshot_file_open(&file, path), 0);
    assert_int_equal(snapshot_file_verify(&file), 0);
    snapshot_file_close(&file);
}

static bool answers(void *ctx)
{
    return *(bool *)ctx;
}

static void an_end_of_the_run_that_waits_is_not_kept_waiting(void **unused)
{
    struct machine *machine = &rig.rig.machine;
    bool is_due = true;

    (void)unused;
    machine->end_watch = (struct machine_end_watch){answers, &is_due};
    restore_rig_stop(&rig);
    assert_int_equal(machine_snapshot(machine, path, SNAPSHOT_THEN_QUIT), -ECANCELED);
    assert_non_null(strstr(said(), "/file: not saved, as the run is ending\n"));
    assert_int_equal(access(path, F_OK), -1);
    assert_false(machine_is_ending(machine));
    is_due = false;
    assert_int_equal(machine_snapshot(machine, path, SNAPSHOT_THEN_GO), 0);
    assert_is_whole();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_end_of_the_run_that_waits_is_not_kept_waiting),
    };

    return cmocka_run_group_tests_name("machine_snapshot", tests, NULL, NULL);
}
