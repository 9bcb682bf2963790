/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's disks: what is under way, and who waits for it. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "tests/unit/virtio_rig.h"
#include "vmm/machine/machine_disk.h"

#define DISK_BYTES 4096
#define HEADER_GPA RIG_BUFFERS_GPA
#define DATA_GPA   (RIG_BUFFERS_GPA + 0x1000)
#define STATUS_GPA (RIG_BUFFERS_GPA + 0x100)

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
/* The driver's view of the guest's lowest memory, from which it is copied. */
static struct virtio_rig driver;

static void make_file(char path[static PATH_MAX])
{
    uint8_t bytes[DISK_BYTES];
    int fd;

    strcpy(path, "/tmp/test_machine_disk.XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    memset(bytes, 0x77, sizeof bytes);
    assert_int_equal(write(fd, bytes, sizeof bytes), sizeof bytes);
    close(fd);
}

static int set_up(void **unused)
{
    (void)unused;
    machine_rig_begin(&rig);
    rig.config.disk_count = 1;
    rig.host.disk_count = 1;
    make_file(rig.host.disks[0].path);
    virtio_rig_init(&driver);
    return 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    machine_rig_destroy(&rig);
    unlink(rig.host.disks[0].path);
    return 0;
}

static uint8_t *guest_at(uint64_t gpa)
{
    return guest_mem_at(&machine->memory, gpa, 1);
}

/* A guest whose driver has asked for the first sector. */
static void begin_read(void)
{
    struct device *dev;

    assert_int_equal(machine_rig_create(&rig), 0);
    assert_int_equal(machine_disk_start(machine), 0);
    dev = machine->board.devices[BOARD_DISK_0];
    rig_desc(&driver, RIG_DESC_GPA, 0, HEADER_GPA, 16, RIG_NEXT, 1);
    rig_desc(&driver, RIG_DESC_GPA, 1, DATA_GPA, 512, RIG_NEXT | RIG_WRITE, 2);
    rig_desc(&driver, RIG_DESC_GPA, 2, STATUS_GPA, 1, RIG_WRITE, 0);
    driver.memory[STATUS_GPA] = 0xee;
    rig_make_available(&driver, 0);
    memcpy(guest_at(RIG_DESC_GPA), driver.memory + RIG_DESC_GPA, RIG_MEMORY_BYTES - RIG_DESC_GPA);
    machine_lock(machine);
    rig_start(dev, VIRTIO_COMMON_FEATURES);
    rig_write(dev, VIRTIO_QUEUE_NOTIFY, 0);
    assert_true(machine_disk_is_busy(machine));
}

static void end(void)
{
    machine_unlock(machine);
}

static void whoever_drains_has_nothing_under_way_and_the_guest_knows(void **unused)
{
    (void)unused;
    begin_read();
    machine_disk_drain(machine);
    assert_false(machine_disk_is_busy(machine));
    assert_int_equal(virtio_in_flight(&machine->board.disks[0].virtio), 0);
    assert_int_equal(*guest_at(STATUS_GPA), 0);
    assert_int_equal(*guest_at(DATA_GPA + 511), 0x77);
    assert_int_equal(*guest_at(RIG_USED_GPA + 2), 1);
    assert_true(page_set_has(&machine->device_pages, DATA_GPA / 4096));
    end();
}

static void a_guest_that_resets_a_disk_at_work_stays_out_until_it_is_done(void **unused)
{
    (void)unused;
    begin_read();
    rig_write(machine->board.devices[BOARD_DISK_0], VIRTIO_STATUS, 0);
    for (unsigned i = 0; i < MACHINE_RIG_CPUS; i++)
        assert_int_equal(machine->vcpus[i].stalls, VCPU_STALL_DISK);
    assert_true(machine_disk_is_busy(machine));
    machine_disk_drain(machine);
    for (unsigned i = 0; i < MACHINE_RIG_CPUS; i++)
        assert_int_equal(machine->vcpus[i].stalls, 0);
    assert_int_equal(*guest_at(STATUS_GPA), 0xee);
    assert_int_equal(*guest_at(RIG_USED_GPA + 2), 0);
    end();
}

static void a_guest_has_the_disks_that_it_had(void **unused)
{
    (void)unused;
    rig.config.disk_count = 2;
    assert_int_equal(machine_rig_create(&rig), -EINVAL);
    assert_string_equal(said(), "minivmm: the guest has 2 disks, and --disk names 1; name each, in "
                                "the same order\n");
    rig.config.disk_count = 1;
    assert_int_equal(machine_rig_create(&rig), 0);
    assert_true(machine_disk_is_written(machine));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whoever_drains_has_nothing_under_way_and_the_guest_knows),
        TEST(a_guest_that_resets_a_disk_at_work_stays_out_until_it_is_done),
        TEST(a_guest_has_the_disks_that_it_had),
    };

    return cmocka_run_group_tests_name("machine_disk", tests, NULL, NULL);
}
