/* SPDX-License-Identifier: BSD-2-Clause */
/* The RTC of a machine that is restored; and records of the first format, which has less of it. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/restore_rig.h"
#include "tests/unit/said.h"
#include "vmm/host/nvram_file.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_event.h"

#define SEC           NS_PER_SEC
#define DAY_NS        (24 * 3600 * (int64_t)SEC)
#define YEARS_NS(n)   ((n)*365 * DAY_NS)
#define KEPT_FILE     "tests/unit/snapshots/records-1.0"
#define KEPT_MAX      65536
#define KEPT_GUEST_NS UINT64_C(3000000000)

static struct restore_rig rig;
static struct machine *const machine = &rig.rig.machine;
static struct machine_events events;

static void set_rtc(unsigned index, unsigned value)
{
    uint64_t now_ns = machine_lock(machine);

    bus_write(&machine->board.buses[ACCESS_PORT], now_ns, 0x70, 1, index);
    bus_write(&machine->board.buses[ACCESS_PORT], now_ns, 0x71, 1, value);
    machine_unlock(machine);
}

/* The guest sets the day, of 1970-01-11, and a second passes; what is told of it. */
static int64_t told_of_day(unsigned day)
{
    events = (struct machine_events){0};
    machine->events = &events;
    set_rtc(7, day);
    fake_clock_pass_ns(2 * SEC);
    timerq_run(&machine->board.timers, machine_lock(machine));
    machine_unlock(machine);
    return machine_rig_event(&rig.rig, &events).value;
}

static void a_date_that_is_set_after_a_restore_is_told_against_base(void **unused)
{
    int64_t told_ns;

    (void)unused;
    machine_rig_destroy(&rig.rig);
    machine_rig_begin(&rig.rig);
    rig.rig.config.rtc_base = RTC_BASE_FIXED;
    rig.rig.config.rtc_start_sec = 10 * 24 * 3600;
    assert_int_equal(machine_rig_create(&rig.rig), 0);
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_ADVANCE), 0);
    told_ns = told_of_day(0x12);
    assert_in_range(told_ns + DAY_NS, 2 * DAY_NS - 2 * (int64_t)SEC, 2 * DAY_NS + 2 * (int64_t)SEC);
}

/* The fake clock is in 2023. */
static void a_date_of_two_centuries_on_is_saved_and_restored(void **unused)
{
    int64_t offset_ns;

    (void)unused;
    set_rtc(0x32, 0x21);
    set_rtc(9, 0x98);
    offset_ns = machine->rtc.offset_ns;
    assert_in_range(offset_ns, YEARS_NS(175), YEARS_NS(176));
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_ADVANCE), 0);
    assert_int_equal(machine->rtc.offset_ns, offset_ns);
}

static uint8_t read_rtc(unsigned index)
{
    uint64_t now_ns = machine_lock(machine);
    uint8_t value;

    bus_write(&machine->board.buses[ACCESS_PORT], now_ns, 0x70, 1, index);
    value = (uint8_t)bus_read(&machine->board.buses[ACCESS_PORT], now_ns, 0x71, 1);
    machine_unlock(machine);
    return value;
}

/* The file held something else, which is of no account. */
static void the_memory_is_the_snapshots_and_a_file_gets_it_at_the_end(void **unused)
{
    struct nvram_image image = {.rtc_offset_ns = 77};
    char folder[] = "/tmp/restore-rtc-XXXXXX";
    bool found;

    (void)unused;
    assert_non_null(mkdtemp(folder));
    set_rtc(0x40, 0x5a);
    restore_rig_save_and_destroy(&rig);
    snprintf(rig.rig.host.rtc_nvram_path, sizeof rig.rig.host.rtc_nvram_path, "%s/nvram", folder);
    assert_int_equal(nvram_file_save(rig.rig.host.rtc_nvram_path, &image), 0);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    assert_int_equal(read_rtc(0x40), 0x5a);
    assert_int_equal(machine_start(machine), 0);
    machine_destroy(machine);
    assert_int_equal(nvram_file_load(rig.rig.host.rtc_nvram_path, &image, &found), 0);
    assert_int_equal(image.bytes[0x40 - RTC_NVRAM_FIRST], 0x5a);
    assert_int_equal(image.rtc_offset_ns, 0);
    assert_int_equal(unlink(rig.rig.host.rtc_nvram_path), 0);
    assert_int_equal(rmdir(folder), 0);
    rig.rig.host.rtc_nvram_path[0] = '\0';
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
}

/* The fake clock's date is 14 November 2023, 1.7e9 s since 1970. */
static void another_date_is_one_by_base(void **unused)
{
    (void)unused;
    restore_rig_save_and_destroy(&rig);
    rig.request.at_sec = 10 * 24 * 3600;
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_AT), 0);
    assert_in_range(-machine->rtc.offset_ns / (int64_t)SEC, 1700000000 - 864000,
                    1700000010 - 864000);
    assert_int_equal(machine->rtc.base_offset_ns, machine->rtc.offset_ns);
}

/* What the first minivmm with snapshots wrote, of a machine as this one on the fake KVM. */
static void records_of_format_1_0_become_a_machine(void **unused)
{
    int fd = open(KEPT_FILE, O_RDONLY);
    ssize_t count;

    (void)unused;
    restore_rig_save_and_destroy(&rig);
    free(rig.records);
    rig.records = malloc(KEPT_MAX);
    assert_true(fd >= 0);
    count = read(fd, rig.records, KEPT_MAX);
    close(fd);
    assert_in_range(count, 20000, KEPT_MAX - 1);
    rig.size_bytes = (size_t)count;
    if (restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE) != 0)
        fail_msg("%s: %s", KEPT_FILE, said());
    assert_in_range(machine_now(machine), KEPT_GUEST_NS, KEPT_GUEST_NS + SEC);
    assert_int_equal(machine->rtc.base_offset_ns, 0);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, restore_rig_setup, restore_rig_teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_date_that_is_set_after_a_restore_is_told_against_base),
        TEST(a_date_of_two_centuries_on_is_saved_and_restored),
        TEST(the_memory_is_the_snapshots_and_a_file_gets_it_at_the_end),
        TEST(another_date_is_one_by_base),
        TEST(records_of_format_1_0_become_a_machine),
    };

    return cmocka_run_group_tests_name("restore_rtc", tests, NULL, NULL);
}
