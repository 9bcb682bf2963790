/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine that is saved and restored: what of time the guest reads then. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/time_math.h"
#include "kvmclock/pvclock.h"
#include "snapshot/host_record.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/restore_rig.h"
#include "tests/unit/said.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/machine/door.h"
#include "vmm/machine/machine_cut.h"
#include "vmm/machine/machine_pause.h"
#include "vmm/machine/machine_tsc.h"

#define MS       UINT64_C(1000000)
#define SEC      NS_PER_SEC
#define PAGE_GPA 0x100000

static struct restore_rig rig;

static const struct pvclock_page *page(void)
{
    return guest_mem_at(&rig.rig.machine.memory, PAGE_GPA, sizeof(struct pvclock_page));
}

static void name_page(void)
{
    door_pass(&rig.rig.machine, &(struct access){.space = ACCESS_MSR,
                                                 .is_write = true,
                                                 .size_bytes = 8,
                                                 .addr = MSR_SYSTEM_TIME,
                                                 .value = PAGE_GPA | 1});
}

static uint64_t kept_offset(unsigned vcpu)
{
    struct guest_tsc tsc;

    assert_int_equal(machine_tsc_recall(&rig.rig.machine.vcpus[vcpu], &tsc), 0);
    return tsc.offset;
}

static void set_host(size_t offset, int64_t value)
{
    uint8_t *at = restore_rig_record(&rig, RECORD_HOST, 0, sizeof(struct host_record));

    memcpy(at + offset, &value, sizeof value);
}

static void after_a_freeze_the_guest_reads_what_it_would_have_read_at_the_save(void **unused)
{
    uint64_t tsc[2], ns;

    (void)unused;
    kvm_vcpu_set_tsc_offset(rig.rig.machine.vcpus[1].fd, 987654321);
    fake_clock_pass_ns(3 * SEC);
    restore_rig_stop(&rig);
    tsc[0] = fake_vcpu_tsc(0);
    tsc[1] = fake_vcpu_tsc(1);
    ns = restore_rig_guest_ns(&rig);
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, 100 * SEC, RESTORE_FREEZE), 0);
    assert_int_equal(fake_vcpu_tsc(0), tsc[0]);
    assert_int_equal(fake_vcpu_tsc(1), tsc[1]);
    assert_int_equal(restore_rig_guest_ns(&rig), ns);
    assert_int_equal(kept_offset(1), fake_vcpu(1)->tsc_offset);
}

static void after_an_advance_on_the_same_boot_every_offset_is_what_it_was(void **unused)
{
    uint64_t tsc, ns, offset, monotonic_ns;

    (void)unused;
    fake_clock_pass_ns(3 * SEC);
    restore_rig_stop(&rig);
    tsc = fake_vcpu_tsc(0);
    offset = fake_vcpu(0)->tsc_offset;
    ns = restore_rig_guest_ns(&rig);
    monotonic_ns = fake_clock_ns();
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, 100 * SEC, RESTORE_ADVANCE), 0);
    assert_int_equal(fake_vcpu(0)->tsc_offset, offset);
    assert_in_range(fake_vcpu_tsc(0) - tsc + 1, (fake_clock_ns() - monotonic_ns) * 5 / 2,
                    (fake_clock_ns() - monotonic_ns) * 5 / 2 + 2);
    assert_in_range(restore_rig_guest_ns(&rig) - ns, 100 * SEC - 100000, 100 * SEC + 100000);
    assert_false(machine_pause_is_behind(&rig.rig.machine));
}

static void a_long_advance_begins_with_one_step(void **unused)
{
    uint64_t ns;

    (void)unused;
    restore_rig_stop(&rig);
    ns = restore_rig_guest_ns(&rig);
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, 2000 * SEC, RESTORE_ADVANCE), 0);
    assert_in_range(restore_rig_guest_ns(&rig) - ns, MACHINE_PAUSE_STEP_NS - MS,
                    MACHINE_PAUSE_STEP_NS + MS);
    assert_true(machine_pause_is_behind(&rig.rig.machine));
}

/* What setting KVM's clock takes is lost, and no step is made for it. */
static void with_kvms_own_clock_a_short_advance_is_at_an_end(void **unused)
{
    (void)unused;
    machine_rig_destroy(&rig.rig);
    machine_rig_begin(&rig.rig);
    rig.rig.config.kvmclock = KVMCLOCK_KERNEL;
    assert_int_equal(machine_rig_create(&rig.rig), 0);
    restore_rig_save_and_destroy(&rig);
    fake_kvm.clock_call_ns = 4 * MS;
    assert_int_equal(restore_rig_restore_after(&rig, 100 * SEC, RESTORE_ADVANCE), 0);
    assert_false(machine_pause_is_behind(&rig.rig.machine));
}

static void on_another_boot_guest_time_goes_on_by_the_difference_of_utc(void **unused)
{
    uint64_t ns, tsc;

    (void)unused;
    fake_clock_pass_ns(3 * SEC);
    restore_rig_stop(&rig);
    ns = restore_rig_guest_ns(&rig);
    tsc = fake_vcpu_tsc(0);
    restore_rig_save_and_destroy(&rig);
    restore_rig_be_another_boot(&rig);
    fake_clock.realtime_zero_ns += 40 * SEC;
    assert_int_equal(restore_rig_restore_after(&rig, 60 * SEC, RESTORE_ADVANCE), 0);
    assert_in_range(restore_rig_guest_ns(&rig) - ns, 100 * SEC - 10 * MS, 100 * SEC + 10 * MS);
    assert_in_range(fake_vcpu_tsc(0) - tsc, 99 * FAKE_CLOCK_HZ, 101 * FAKE_CLOCK_HZ);
    assert_non_null(strstr(
        said(), "saved: guest time goes on by 100.000 s by UTC, which the hosts know to 20.0 us"));
}

static void on_another_boot_a_freeze_is_as_exact(void **unused)
{
    uint64_t ns, tsc;

    (void)unused;
    fake_clock_pass_ns(3 * SEC);
    restore_rig_stop(&rig);
    ns = restore_rig_guest_ns(&rig);
    tsc = fake_vcpu_tsc(0);
    restore_rig_save_and_destroy(&rig);
    restore_rig_be_another_boot(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, 60 * SEC, RESTORE_FREEZE), 0);
    assert_int_equal(restore_rig_guest_ns(&rig), ns);
    assert_int_equal(fake_vcpu_tsc(0), tsc);
}

static uint64_t realtime_ns(void)
{
    return fake_clock_ns() + fake_clock.realtime_zero_ns;
}

/* The rate is known to some parts per million, and so is the part of the gap after the reading. */
static void on_another_boot_the_restore_itself_takes_nothing_from_guest_time(void **unused)
{
    uint64_t ns, wall_ns;

    (void)unused;
    fake_clock_pass_ns(3 * SEC);
    restore_rig_stop(&rig);
    ns = restore_rig_guest_ns(&rig);
    wall_ns = realtime_ns();
    restore_rig_save_and_destroy(&rig);
    restore_rig_be_another_boot(&rig);
    fake_kvm.create_vm_ns = 80 * MS;
    assert_int_equal(restore_rig_restore_after(&rig, 60 * SEC, RESTORE_ADVANCE), 0);
    assert_in_range(restore_rig_guest_ns(&rig) - ns + 10000, realtime_ns() - wall_ns,
                    realtime_ns() - wall_ns + 20000);
}

/* What has passed is counted from the cut on, by clocks that were read then. */
static void a_host_that_sleeps_in_the_pause_before_the_save_has_slept(void **unused)
{
    uint64_t ns;

    (void)unused;
    restore_rig_stop(&rig);
    ns = restore_rig_guest_ns(&rig);
    fake_clock.slept_ns = 50 * SEC;
    fake_clock.realtime_zero_ns += 50 * SEC;
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, 10 * SEC, RESTORE_ADVANCE), 0);
    assert_in_range(restore_rig_guest_ns(&rig) - ns, 60 * SEC - 10 * MS, 60 * SEC + 10 * MS);
}

static void a_host_that_has_slept_counts_as_another_boot(void **unused)
{
    uint64_t ns;

    (void)unused;
    restore_rig_stop(&rig);
    ns = restore_rig_guest_ns(&rig);
    restore_rig_save_and_destroy(&rig);
    fake_clock.slept_ns = 50 * SEC;
    fake_clock.realtime_zero_ns += 50 * SEC;
    assert_int_equal(restore_rig_restore_after(&rig, 10 * SEC, RESTORE_ADVANCE), 0);
    assert_in_range(restore_rig_guest_ns(&rig) - ns, 60 * SEC - 10 * MS, 60 * SEC + 10 * MS);
}

static void a_clock_that_is_behind_the_save_is_refused(void **unused)
{
    (void)unused;
    restore_rig_save_and_destroy(&rig);
    restore_rig_be_another_boot(&rig);
    fake_clock.realtime_zero_ns -= 100 * SEC;
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_ADVANCE), -EINVAL);
    assert_non_null(strstr(said(), "saved: --time advance: this host's clock is 99.000 s behind "
                                   "that of the save; set the clock, or use --time freeze\n"));
    fake_kvm_reset();
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
}

static void a_save_of_another_age_is_refused(void **unused)
{
    static const int64_t times_ns[] = {INT64_MIN, 0, INT64_MAX};

    (void)unused;
    restore_rig_save_and_destroy(&rig);
    restore_rig_be_another_boot(&rig);
    for (unsigned i = 0; i < sizeof times_ns / sizeof times_ns[0]; i++) {
        set_host(offsetof(struct host_record, realtime_ns), times_ns[i]);
        assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_ADVANCE), -EINVAL);
        assert_non_null(strstr(said(),
                               "--time advance: by this host's clock guest time would go on "
                               "by more than 36 years; set the clock, or use --time "
                               "freeze\n"));
        fake_kvm_reset();
    }
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
}

/* The clocks of two hosts may be apart by what both do not know. */
static void a_clock_that_is_behind_by_less_than_the_bound_is_taken_as_not_behind(void **unused)
{
    uint64_t ns;

    (void)unused;
    restore_rig_stop(&rig);
    ns = restore_rig_guest_ns(&rig);
    restore_rig_save_and_destroy(&rig);
    restore_rig_be_another_boot(&rig);
    set_host(offsetof(struct host_record, max_error_us), 1000000);
    fake_clock.realtime_zero_ns -= 1900 * MS;
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_ADVANCE), 0);
    assert_in_range(restore_rig_guest_ns(&rig) - ns, 0, 10 * MS);
    assert_false(machine_pause_is_behind(&rig.rig.machine));
    assert_non_null(strstr(said(), "saved: guest time goes on by 0 ns by UTC, which the hosts know "
                                   "to 1.000 s"));
}

static void a_kvm_that_ignores_offsets_can_only_advance_on_the_same_boot(void **unused)
{
    (void)unused;
    rig.rig.machine.tsc.offsets_work = false;
    restore_rig_save_and_destroy(&rig);
    fake_kvm.ignores_tsc_offsets = true;
    assert_int_not_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    assert_non_null(strstr(said(),
                           "saved: this KVM ignores TSC offsets, so the guest's TSC goes on "
                           "with the host's: use --time advance"));
    fake_kvm_reset();
    fake_kvm.ignores_tsc_offsets = true;
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_ADVANCE), 0);
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_tsc_offset"), 0);
}

static void on_another_boot_it_is_found_out_and_refused(void **unused)
{
    (void)unused;
    restore_rig_save_and_destroy(&rig);
    restore_rig_be_another_boot(&rig);
    fake_kvm.ignores_tsc_offsets = true;
    assert_int_not_equal(restore_rig_restore_after(&rig, SEC, RESTORE_ADVANCE), 0);
    assert_non_null(strstr(said(), "it can be restored on the boot on which it was saved only"));
    fake_kvm_reset();
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_ADVANCE), 0);
}

static void the_guest_is_told_that_it_was_stopped_and_its_page_is_right(void **unused)
{
    uint64_t ns;

    (void)unused;
    name_page();
    fake_clock_pass_ns(3 * SEC);
    restore_rig_stop(&rig);
    ns = restore_rig_guest_ns(&rig);
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, 7 * SEC, RESTORE_FREEZE), 0);
    assert_true((page()->flags & PVCLOCK_GUEST_STOPPED) != 0);
    assert_true((page()->flags & PVCLOCK_TSC_STABLE) != 0);
    assert_int_equal(pvclock_read_ns(page(), fake_vcpu_tsc(0)), ns);
    fake_clock_pass_ns(SEC);
    assert_in_range(pvclock_read_ns(page(), fake_vcpu_tsc(0)) - restore_rig_guest_ns(&rig) + 1, 0,
                    2);
}

static void another_date_moves_the_rtc_and_the_wall_time_and_not_guest_time(void **unused)
{
    uint64_t ns;
    int64_t shown_ns;

    (void)unused;
    fake_clock_pass_ns(3 * SEC);
    restore_rig_stop(&rig);
    ns = restore_rig_guest_ns(&rig);
    restore_rig_save_and_destroy(&rig);
    rig.request.at_sec = 2000000000;
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_AT), 0);
    assert_int_equal(restore_rig_guest_ns(&rig), ns);
    assert_int_equal(rig.rig.machine.board.kvmclock.clock.wiring.wall_zero_ns,
                     2000000000 * SEC - ns);
    assert_true(rtc_wall_ns(&rig.rig.machine.board.rtc, ns, &shown_ns));
    assert_in_range(shown_ns, 1999999999 * SEC, 2000000001 * SEC);
}

static void a_date_by_which_the_guest_would_have_started_before_1970_is_refused(void **unused)
{
    (void)unused;
    fake_clock_pass_ns(3 * SEC);
    restore_rig_save_and_destroy(&rig);
    rig.request.at_sec = 2;
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_AT), -EINVAL);
    assert_string_equal(said(), "minivmm: saved: --time at=: the guest has run for 4 s, so its "
                                "start would lie before 1970; use a later date\n");
    fake_kvm_reset();
    rig.request.at_sec = 4;
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_AT), 0);
}

/* As far as the fault jump goes. */
static void a_guest_at_the_end_of_its_time_is_restored(void **unused)
{
    struct machine *machine = &rig.rig.machine;
    uint64_t guest_ns;

    (void)unused;
    machine_lock(machine);
    machine_cut_take(machine);
    assert_true(machine_cut_jump(machine, MACHINE_CUT_LATEST_NS - SEC));
    machine_unlock(machine);
    fake_clock_pass_ns(2 * SEC);
    guest_ns = restore_rig_guest_ns(&rig);
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    assert_in_range(restore_rig_guest_ns(&rig) - guest_ns, 0, SEC);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, restore_rig_setup, restore_rig_teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(after_a_freeze_the_guest_reads_what_it_would_have_read_at_the_save),
        TEST(after_an_advance_on_the_same_boot_every_offset_is_what_it_was),
        TEST(a_long_advance_begins_with_one_step),
        TEST(with_kvms_own_clock_a_short_advance_is_at_an_end),
        TEST(on_another_boot_guest_time_goes_on_by_the_difference_of_utc),
        TEST(on_another_boot_a_freeze_is_as_exact),
        TEST(on_another_boot_the_restore_itself_takes_nothing_from_guest_time),
        TEST(a_host_that_sleeps_in_the_pause_before_the_save_has_slept),
        TEST(a_host_that_has_slept_counts_as_another_boot),
        TEST(a_clock_that_is_behind_the_save_is_refused),
        TEST(a_save_of_another_age_is_refused),
        TEST(a_clock_that_is_behind_by_less_than_the_bound_is_taken_as_not_behind),
        TEST(a_kvm_that_ignores_offsets_can_only_advance_on_the_same_boot),
        TEST(on_another_boot_it_is_found_out_and_refused),
        TEST(the_guest_is_told_that_it_was_stopped_and_its_page_is_right),
        TEST(another_date_moves_the_rtc_and_the_wall_time_and_not_guest_time),
        TEST(a_date_by_which_the_guest_would_have_started_before_1970_is_refused),
        TEST(a_guest_at_the_end_of_its_time_is_restored),
    };

    return cmocka_run_group_tests_name("restore_time", tests, NULL, NULL);
}
