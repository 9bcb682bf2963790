/* SPDX-License-Identifier: BSD-2-Clause */
/* A whole machine saved to a file: what gives way to the end of a run, and a second save. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/restore_rig.h"
#include "tests/unit/said.h"
#include "vmm/host/snapshot_file.h"
#include "vmm/machine/machine_snapshot.h"

#define DATA_GPA    0x500000
#define WRITTEN_GPA 0x900000

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

/* After "go" it runs at the target too; before, it is not for a snapshot to end the run. */
static void a_guest_that_is_being_migrated_is_not_saved(void **unused)
{
    struct machine *machine = &rig.rig.machine;

    (void)unused;
    restore_rig_stop(&rig);
    machine->pause.active = machine->pause.is_moving = true;
    assert_int_equal(machine_snapshot(machine, path, SNAPSHOT_THEN_QUIT), -ECANCELED);
    assert_non_null(strstr(said(), "/file: not saved, as the guest is being migrated\n"));
    assert_int_equal(access(path, F_OK), -1);
    assert_false(machine_is_ending(machine));
    machine->pause.is_moving = false;
    assert_int_equal(machine_snapshot(machine, path, SNAPSHOT_THEN_GO), 0);
    assert_is_whole();
}

/* As that of the fault freeze is. */
static void a_pause_that_would_end_by_itself_stays_if_that_is_asked_for(void **unused)
{
    struct machine *machine = &rig.rig.machine;

    (void)unused;
    restore_rig_stop(&rig);
    machine->pause.ends_ns = 1;
    assert_int_equal(machine_snapshot(machine, path, SNAPSHOT_THEN_GO), 0);
    assert_int_equal(machine->pause.ends_ns, 1);
    assert_int_equal(machine_snapshot(machine, path, SNAPSHOT_THEN_STOP), 0);
    assert_int_equal(machine->pause.ends_ns, 0);
    assert_true(machine->pause.active);
}

/* Of 64 MiB, a page with data. */
static void save_in_a_file_with_holes(void)
{
    static const uint8_t page[4096] = {[5] = 0x5a};

    restore_rig_save_and_destroy(&rig);
    assert_int_equal(ftruncate(rig.memory_fd, 0), 0);
    assert_int_equal(ftruncate(rig.memory_fd, 64 << 20), 0);
    assert_int_equal(pwrite(rig.memory_fd, page, sizeof page, DATA_GPA), sizeof page);
}

static blkcnt_t blocks(int fd)
{
    struct stat status;

    assert_int_equal(fstat(fd, &status), 0);
    return status.st_blocks;
}

/* A page that is looked at where the file has a hole becomes one of it; a checksum is of a chunk.
 */
static void a_second_save_looks_at_what_is_in_the_first_or_was_written_since(void **unused)
{
    struct machine *machine = &rig.rig.machine;
    struct snapshot_file file;
    uint8_t bytes[2];

    (void)unused;
    save_in_a_file_with_holes();
    assert_int_equal(restore_rig_restore_after(&rig, 1, RESTORE_FREEZE), 0);
    restore_rig_stop(&rig);
    *(uint8_t *)guest_mem_at(&machine->memory, WRITTEN_GPA, 1) = 0xa5;
    assert_int_equal(machine_snapshot(machine, path, SNAPSHOT_THEN_GO), 0);
    assert_in_range(blocks(rig.memory_fd), 1, 2 * ELF_CORE_CHUNK_BYTES / 512);
    assert_is_whole();
    assert_int_equal(snapshot_file_open(&file, path), 0);
    pread(file.fd, bytes, 1, (off_t)file.core.regions[0].file_offset + DATA_GPA + 5);
    pread(file.fd, bytes + 1, 1, (off_t)file.core.regions[0].file_offset + WRITTEN_GPA);
    snapshot_file_close(&file);
    assert_int_equal(bytes[0], 0x5a);
    assert_int_equal(bytes[1], 0xa5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_end_of_the_run_that_waits_is_not_kept_waiting),
        TEST(a_guest_that_is_being_migrated_is_not_saved),
        TEST(a_pause_that_would_end_by_itself_stays_if_that_is_asked_for),
        TEST(a_second_save_looks_at_what_is_in_the_first_or_was_written_since),
    };

    return cmocka_run_group_tests_name("machine_snapshot", tests, NULL, NULL);
}
