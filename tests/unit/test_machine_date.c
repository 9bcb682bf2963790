/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine whose guest time follows the host's date: what it is away by, and what is said. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/restore_rig.h"
#include "tests/unit/said.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine_pause.h"
#include "vmm/machine/machine_record.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/machine_tsc.h"

#define SEC NS_PER_SEC
#define MS  UINT64_C(1000000)
/* What a few readings of the clocks and a rate of some 10^-8 leave open. */
#define SLACK_NS 10000
#define PPM      100000
#define PAGE_GPA 0x1000

static struct restore_rig rig;
static struct machine *const machine = &rig.rig.machine;
static uint64_t latest_ns;

/* For that long, with each update when it is due. Guest time never goes back. */
static void run_ms(unsigned ms)
{
    for (; ms > 0; ms -= 10) {
        uint64_t now_ns;

        fake_clock_pass_ns(10 * MS);
        now_ns = machine_lock(machine);
        assert_true(now_ns > latest_ns);
        latest_ns = now_ns;
        if (host_monotonic_ns() >= machine_time_due_monotonic_ns(machine))
            machine_time_update(machine, host_monotonic_ns());
        machine_unlock(machine);
    }
}

static void begin(bool rtc_follows_host)
{
    rig = (struct restore_rig){.memory_fd = -1};
    machine_rig_begin(&rig.rig);
    rig.rig.config.kvmclock_follow = KVMCLOCK_FOLLOW_REALTIME;
    rig.rig.config.follow_max_ppm = PPM;
    rig.rig.config.rtc_follows_host = rtc_follows_host;
    assert_int_equal(machine_rig_create(&rig.rig), 0);
    latest_ns = 0;
    run_ms(5000);
    said();
    log_set_verbose(true);
}

static int setup(void **unused)
{
    (void)unused;
    begin(false);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    log_set_verbose(false);
    restore_rig_destroy(&rig);
    return 0;
}

/* How far guest time is behind the host's date. */
static int64_t left_ns(void)
{
    uint64_t guest_ns = machine_lock(machine);
    int64_t left;

    assert_true(machine_time_left_ns(machine, fake_clock.realtime_zero_ns + fake_clock_ns(),
                                     guest_ns, &left));
    machine_unlock(machine);
    return left;
}

static void assert_left(int64_t expected_ns)
{
    assert_in_range(left_ns() - expected_ns + SLACK_NS, 0, 2 * SLACK_NS);
}

static void a_guest_begins_at_the_hosts_date_and_stays_there(void **unused)
{
    (void)unused;
    assert_left(0);
    run_ms(20000);
    assert_left(0);
    assert_null(strstr(said(), "date"));
}

static void a_date_that_is_set_is_reached_by_a_rate_and_said(void **unused)
{
    char expected[160];

    (void)unused;
    for (int sign = -1; sign <= 1; sign += 2) {
        fake_clock.realtime_zero_ns += (uint64_t)(sign * 200 * (int64_t)MS);
        assert_left(sign * 200 * (int64_t)MS);
        run_ms(1100);
        snprintf(expected, sizeof expected,
                 "guest time is 0.200000 s %s the host's date; it goes there by up to 100000 ppm\n",
                 sign > 0 ? "behind" : "ahead of");
        assert_non_null(strstr(said(), expected));
        machine_time_report(machine);
        assert_non_null(strstr(said(), "the host's date; it goes there by up to 100000 ppm\n"));
        run_ms(5000);
        assert_non_null(strstr(said(), "guest time is at the host's date again\n"));
        assert_left(0);
        machine_time_report(machine);
        assert_null(strstr(said(), "date"));
    }
}

static void save_and_restore(enum restore_time time, uint64_t after_ns)
{
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, after_ns, time), 0);
    machine_resume_quietly(machine);
}

/* The guest's own wall clock is late by the pause, whatever kvm-clock's could tell. */
static void after_a_freeze_guest_time_goes_to_the_date_and_wall_zero_stays(void **unused)
{
    uint64_t wall_zero_ns;

    (void)unused;
    teardown(NULL);
    begin(true);
    wall_zero_ns = machine->wall_zero_ns;
    save_and_restore(RESTORE_FREEZE, SEC);
    assert_in_range(left_ns(), SEC, SEC + 20 * MS);
    assert_int_equal(machine->board.kvmclock.clock.wiring.wall_zero_ns, wall_zero_ns);
    run_ms(15000);
    assert_left(0);
}

static void another_boot_goes_to_the_date_as_well(void **unused)
{
    (void)unused;
    restore_rig_stop(&rig);
    restore_rig_save_and_destroy(&rig);
    restore_rig_be_another_boot(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    machine_resume_quietly(machine);
    assert_in_range(left_ns(), SEC, SEC + 100 * MS);
    run_ms(15000);
    assert_left(0);
}

/* What it goes on by is not at the rate that takes guest time to the date, however long it was. */
static void a_pause_or_a_restore_with_advance_does_not_pass_the_date(void **unused)
{
    (void)unused;
    rig.rig.config.on_resume = ON_RESUME_ADVANCE;
    for (int sign = -1; sign <= 1; sign += 2) {
        int64_t before_ns;

        fake_clock.realtime_zero_ns += (uint64_t)(sign * 2000 * (int64_t)MS);
        run_ms(1100);
        before_ns = left_ns();
        restore_rig_stop(&rig);
        fake_clock_pass_ns(60 * SEC);
        machine_resume_quietly(machine);
        assert_left(before_ns);
        run_ms(25000);
        assert_left(0);
    }
    fake_clock.realtime_zero_ns += 2 * SEC;
    run_ms(1100);
    save_and_restore(RESTORE_ADVANCE, 60 * SEC);
    assert_in_range(left_ns(), SEC, 2 * SEC);
    run_ms(25000);
    assert_left(0);
}

static uint64_t page_ns(void)
{
    const uint8_t *ram = machine->memory.regions[0].host;

    return pvclock_read_ns((const void *)(ram + PAGE_GPA), fake_vcpu_tsc(0));
}

/* It goes to a date that is far ahead by 10 %, and the update is late by nearly a second. */
static void a_fall_and_a_late_update_take_a_guest_that_is_fast_not_back(void **unused)
{
    struct guest_tsc tsc;
    uint64_t before_ns;

    (void)unused;
    assert_int_equal(machine_tsc_get(&machine->vcpus[0], &tsc), 0);
    kvmclock_write_msr(&machine->board.kvmclock.clock, 0, MSR_SYSTEM_TIME, PAGE_GPA | 1, &tsc);
    fake_clock.realtime_zero_ns += 3600 * SEC;
    run_ms(3400);
    while (host_monotonic_ns() < machine->time.based_monotonic_ns + 1990 * MS)
        fake_clock_pass_ns(MS);
    before_ns = page_ns();
    /* As KVM does it, the guest's own TSC does not fall. */
    fake_vcpu(0)->tsc_offset += fake_host_tsc(&fake_clock.host) - 1000;
    fake_host_set_tsc(&fake_clock.host, 1000);
    machine_lock(machine);
    machine_time_update(machine, host_monotonic_ns());
    machine_unlock(machine);
    assert_true(page_ns() >= before_ns);
}

static void a_date_of_ones_own_is_kept_at_its_distance(void **unused)
{
    int64_t left;

    (void)unused;
    rig.request.at_sec = 1000000000;
    save_and_restore(RESTORE_AT, SEC);
    assert_false(machine_time_left_ns(machine, 0, 0, &left));
    run_ms(5000);
    assert_left(0);
    fake_clock.realtime_zero_ns += 100 * MS;
    run_ms(5000);
    assert_left(0);
}

/* A stranger's file. */
static void a_date_that_cannot_be_is_refused(void **unused)
{
    struct timebase_record record;
    uint8_t *at;

    (void)unused;
    restore_rig_save_and_destroy(&rig);
    at = restore_rig_record(&rig, RECORD_TIMEBASE, 0, sizeof record);
    memcpy(&record, at, sizeof record);
    record.clock_zero_ns = UINT64_MAX;
    memcpy(at, &record, sizeof record);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), -EINVAL);
    assert_non_null(strstr(said(), "no time can be as it says"));
    record.clock_zero_ns = 0;
    memcpy(at, &record, sizeof record);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    machine_resume_quietly(machine);
    run_ms(5000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_guest_begins_at_the_hosts_date_and_stays_there),
        TEST(a_date_that_is_set_is_reached_by_a_rate_and_said),
        TEST(after_a_freeze_guest_time_goes_to_the_date_and_wall_zero_stays),
        TEST(another_boot_goes_to_the_date_as_well),
        TEST(a_pause_or_a_restore_with_advance_does_not_pass_the_date),
        TEST(a_fall_and_a_late_update_take_a_guest_that_is_fast_not_back),
        TEST(a_date_of_ones_own_is_kept_at_its_distance),
        TEST(a_date_that_cannot_be_is_refused),
    };

    return cmocka_run_group_tests_name("machine_date", tests, NULL, NULL);
}
