/* SPDX-License-Identifier: BSD-2-Clause */
/* vmclock in a machine: what its page says of the host's clocks, and when it is new. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/restore_rig.h"
#include "tests/unit/said.h"
#include "vmm/machine/machine_acpi.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_pause.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/machine_tsc.h"
#include "vmm/machine/machine_vmclock.h"

#define SEC UINT64_C(1000000000)
/* What reading clocks takes here, and 2 ppm of the rate for the seconds of a test. */
#define SLACK_NS 20000

static struct restore_rig rig;
static struct machine *const machine = &rig.rig.machine;
static const struct pause_names names = {"a test", "a test"};

/* A test changes rig.rig.config and the host before it calls begin. */
static int setup(void **unused)
{
    (void)unused;
    memset(&rig, 0, sizeof rig);
    rig.memory_fd = -1;
    machine_rig_begin(&rig.rig);
    rig.rig.config.vmclock = VMCLOCK_TAI;
    rig.rig.config.on_resume = ON_RESUME_FREEZE;
    rig.rig.host.tai_offset = (struct tai_offset_choice){.source = TAI_OFFSET_NUMBER, .sec = 37};
    fake_kvm.can_intercept_hypercalls = true;
    fake_clock.ntp.max_error_us = 3000;
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    machine_rig_destroy(&rig.rig);
    restore_rig_end(&rig);
    return 0;
}

static void begin(void)
{
    assert_int_equal(machine_rig_create(&rig.rig), 0);
    machine_tsc_find_out(machine);
    vcpu_clear_kick(&machine->vcpus[0]);
    fake_kvm_forget_calls();
}

/* With threads. Time stands still, so the timer thread does nothing more. */
static void begin_running(void)
{
    assert_int_equal(machine_rig_create(&rig.rig), 0);
    assert_int_equal(machine_start(machine), 0);
    fake_clock_await_wait(1);
}

static const struct vmclock_page *page(void)
{
    return (const struct vmclock_page *)machine_acpi_page(machine, MACHINE_ACPI_VMCLOCK);
}

static uint64_t utc_ns(void)
{
    return fake_clock_ns() + fake_clock.realtime_zero_ns;
}

/* By the TSC that the guest reads now. */
static uint64_t page_utc_ns(void)
{
    return vmclock_time_ns(vmclock_page_time(page(), fake_vcpu_tsc(0))) -
           (uint64_t)page()->tai_offset_sec * SEC;
}

static void assert_page_is(uint64_t ns)
{
    assert_in_range(page_utc_ns(), ns - SLACK_NS, ns + SLACK_NS);
    assert_false((int64_t)(fake_vcpu_tsc(0) - page()->counter_value) < 0);
}

/* The timer thread's update, after so long. */
static void update_after(uint64_t ns)
{
    fake_clock_pass_ns(ns);
    machine_lock(machine);
    machine_time_update(machine, fake_clock_ns());
    machine_unlock(machine);
}

static void a_guest_finds_the_hosts_time_before_it_runs(void **unused)
{
    (void)unused;
    begin();
    assert_int_equal(page()->counter_id, VMCLOCK_COUNTER_X86_TSC);
    assert_int_equal(page()->time_type, VMCLOCK_TIME_TAI);
    assert_int_equal(page()->clock_status, VMCLOCK_STATUS_SYNCHRONIZED);
    assert_in_range(page()->time_maxerror_nanosec, 3000000, 3010000);
    assert_int_equal(page()->seq_count, 2);
    assert_page_is(utc_ns());
}

static void with_utc_it_says_nothing_of_tai(void **unused)
{
    (void)unused;
    rig.rig.config.vmclock = VMCLOCK_UTC;
    begin();
    assert_int_equal(page()->time_type, VMCLOCK_TIME_UTC);
    assert_true((page()->flags & VMCLOCK_FLAG_TAI_OFFSET_VALID) == 0);
    assert_page_is(utc_ns());
}

static void where_nobody_knows_tai_it_is_utc_and_who_asked_is_told(void **unused)
{
    (void)unused;
    rig.rig.host.tai_offset.source = TAI_OFFSET_KERNEL;
    rig.rig.host.vmclock_asked = true;
    begin();
    assert_int_equal(page()->time_type, VMCLOCK_TIME_UTC);
    assert_non_null(strstr(said(), "--vmclock tai: TAI - UTC is not known here"));
    assert_page_is(utc_ns());
}

static void off_is_no_device_and_no_page(void **unused)
{
    static const struct vmclock_page nothing;

    (void)unused;
    rig.rig.config.vmclock = VMCLOCK_OFF;
    begin();
    update_after(SEC);
    assert_null(machine->board.devices[BOARD_VMCLOCK]);
    assert_memory_equal(page(), &nothing, sizeof nothing);
}

/* The rate is known better and better: the page of the start is off by then. */
static void it_is_published_at_most_once_a_second_and_then_not_at_all(void **unused)
{
    uint32_t seq_count;

    (void)unused;
    begin();
    for (unsigned i = 0; i < 9; i++)
        update_after(SEC / 10);
    assert_int_equal(page()->seq_count, 2);
    for (unsigned i = 0; i < 300; i++)
        update_after(SEC);
    seq_count = page()->seq_count;
    assert_true(seq_count < 2 * 100);
    for (unsigned i = 0; i < 10; i++)
        update_after(SEC);
    assert_in_range(page()->seq_count, seq_count, seq_count + 4);
    assert_page_is(utc_ns());
    assert_null(strstr(fake_kvm_calls(), "kvm_vcpu_get_tsc_offset"));
}

static void what_ntp_does_to_the_host_is_in_the_page(void **unused)
{
    uint64_t marker;

    (void)unused;
    begin();
    marker = page()->disruption_marker;
    fake_clock.ntp.leap = VMCLOCK_LEAP_PRE_POS;
    update_after(SEC);
    assert_int_equal(page()->leap_indicator, VMCLOCK_LEAP_PRE_POS);
    fake_clock.ntp.leap = VMCLOCK_LEAP_POS;
    fake_clock.ntp.tai_offset_sec = 1;
    fake_clock.realtime_zero_ns -= SEC;
    update_after(SEC);
    assert_int_equal(page()->leap_indicator, VMCLOCK_LEAP_POS);
    assert_int_equal(page()->tai_offset_sec, 38);
    assert_int_equal(page()->disruption_marker, marker);
    assert_page_is(utc_ns());
    fake_clock.ntp.synchronized = false;
    update_after(SEC);
    assert_int_equal(page()->clock_status, VMCLOCK_STATUS_FREERUNNING);
}

static void a_host_whose_clock_was_set_has_a_new_marker(void **unused)
{
    uint64_t marker;

    (void)unused;
    begin();
    marker = page()->disruption_marker;
    fake_clock.realtime_zero_ns += 2 * SEC;
    update_after(SEC);
    assert_int_equal(page()->disruption_marker, marker + 1);
    assert_page_is(utc_ns());
}

/* A rate that NTP says is taken over before it could be measured. */
static void a_frequency_of_ntps_is_taken_over_at_once(void **unused)
{
    uint64_t period;

    (void)unused;
    begin();
    update_after(SEC);
    period = page()->counter_period_frac_sec;
    fake_clock.ntp.gain_ppt = 100000000;
    fake_clock.ntp.leap = VMCLOCK_LEAP_PRE_POS;
    update_after(SEC);
    assert_in_range(page()->counter_period_frac_sec - period, period / 10000 - period / 1000000,
                    period / 10000 + period / 1000000);
}

static void after_a_freeze_it_tells_the_hosts_time_before_the_guest_runs(void **unused)
{
    uint64_t marker;

    (void)unused;
    begin_running();
    marker = page()->disruption_marker;
    machine_pause(machine, &names);
    fake_clock_pass_ns(100 * SEC);
    fake_kvm_forget_calls();
    machine_resume(machine);
    machine_lock(machine);
    assert_int_equal(page()->disruption_marker, marker + 1);
    assert_non_null(strstr(fake_kvm_calls(), "set_line 16 1\nset_line 16 0\n"));
    assert_page_is(utc_ns());
    machine_unlock(machine);
}

/* The timer thread may publish after that, which is no disruption. */
static void after_an_advance_the_page_is_right_as_it_is(void **unused)
{
    uint64_t marker;

    (void)unused;
    rig.rig.config.on_resume = ON_RESUME_ADVANCE;
    begin_running();
    marker = page()->disruption_marker;
    machine_pause(machine, &names);
    fake_clock_pass_ns(100 * SEC);
    machine_resume(machine);
    machine_lock(machine);
    assert_int_equal(page()->disruption_marker, marker);
    machine_unlock(machine);
}

static void write_tsc(unsigned vcpu, uint64_t value)
{
    struct access access = {
        .space = ACCESS_MSR, .addr = MSR_TSC, .vcpu = vcpu, .is_write = true, .value = value};
    uint64_t now_ns = machine_lock(machine);

    assert_true(board_access(&machine->board, now_ns, &access));
    machine_unlock(machine);
}

static void tscs_that_the_guest_sets_apart_are_unreliable_until_they_agree(void **unused)
{
    struct guest_tsc tsc;
    uint64_t marker;

    (void)unused;
    begin();
    marker = page()->disruption_marker;
    write_tsc(1, 0);
    assert_int_equal(page()->clock_status, VMCLOCK_STATUS_UNRELIABLE);
    assert_int_equal(page()->disruption_marker, marker + 1);
    assert_int_equal(machine_tsc_get(&machine->vcpus[1], &tsc), 0);
    machine_lock(machine);
    machine->board.hooks.set_tsc(machine, 0, &tsc, 0);
    machine_unlock(machine);
    assert_int_equal(page()->clock_status, VMCLOCK_STATUS_SYNCHRONIZED);
    assert_int_equal(page()->disruption_marker, marker + 2);
    assert_page_is(utc_ns());
}

static void with_tscs_that_options_set_apart_there_is_no_counter(void **unused)
{
    (void)unused;
    rig.rig.config.tsc_asked = 1;
    rig.rig.config.tsc[1].offset_ns = 1000000;
    begin();
    assert_int_equal(page()->counter_id, VMCLOCK_COUNTER_INVALID);
    assert_int_equal(page()->clock_status, VMCLOCK_STATUS_UNKNOWN);
}

static void a_tsc_that_contradicts_itself_is_a_disruption(void **unused)
{
    uint64_t marker;

    (void)unused;
    begin();
    update_after(SEC);
    marker = page()->disruption_marker;
    fake_host_set_tsc(&fake_clock.host, fake_host_tsc(&fake_clock.host) + 5 * FAKE_CLOCK_HZ);
    update_after(SEC / 1000);
    assert_int_equal(page()->disruption_marker, marker + 1);
}

static void with_a_false_date_it_tells_that_and_promises_nothing(void **unused)
{
    (void)unused;
    rig.rig.config.rtc_base = RTC_BASE_FIXED;
    rig.rig.config.rtc_start_sec = 2000000000;
    begin();
    assert_page_is(2000000000 * SEC);
    assert_int_equal(page()->clock_status, VMCLOCK_STATUS_FREERUNNING);
    assert_true((page()->flags & VMCLOCK_FLAG_TIME_MAXERROR_VALID) == 0);
    fake_clock.realtime_zero_ns += 7777 * SEC;
    update_after(10 * SEC);
    assert_page_is(2000000010 * SEC);
}

static void a_restored_guest_has_the_hosts_time_a_new_marker_and_generation(void **unused)
{
    struct vmclock_page before;

    (void)unused;
    begin();
    before = *page();
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, 1000 * SEC, RESTORE_FREEZE), 0);
    assert_int_equal(page()->disruption_marker, before.disruption_marker + 1);
    assert_int_equal(page()->vm_generation_counter, before.vm_generation_counter + 1);
    assert_true(page()->seq_count > before.seq_count);
    assert_page_is(utc_ns());
}

static void a_migrated_guest_has_a_new_marker_and_the_same_generation(void **unused)
{
    struct vmclock_page before;

    (void)unused;
    begin();
    before = *page();
    restore_rig_save_and_destroy(&rig);
    rig.request.is_the_same = true;
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_ADVANCE), 0);
    assert_int_equal(page()->disruption_marker, before.disruption_marker + 1);
    assert_int_equal(page()->vm_generation_counter, before.vm_generation_counter);
    assert_page_is(utc_ns());
}

static void a_guest_restored_at_a_date_is_told_that_from_then_on(void **unused)
{
    (void)unused;
    begin();
    restore_rig_save_and_destroy(&rig);
    rig.request.at_sec = 1900000000;
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_AT), 0);
    assert_page_is(1900000000 * SEC);
    machine_destroy(machine);
    fake_kvm_reset();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_guest_finds_the_hosts_time_before_it_runs),
        TEST(with_utc_it_says_nothing_of_tai),
        TEST(where_nobody_knows_tai_it_is_utc_and_who_asked_is_told),
        TEST(off_is_no_device_and_no_page),
        TEST(it_is_published_at_most_once_a_second_and_then_not_at_all),
        TEST(what_ntp_does_to_the_host_is_in_the_page),
        TEST(a_host_whose_clock_was_set_has_a_new_marker),
        TEST(a_frequency_of_ntps_is_taken_over_at_once),
        TEST(after_a_freeze_it_tells_the_hosts_time_before_the_guest_runs),
        TEST(after_an_advance_the_page_is_right_as_it_is),
        TEST(tscs_that_the_guest_sets_apart_are_unreliable_until_they_agree),
        TEST(with_tscs_that_options_set_apart_there_is_no_counter),
        TEST(a_tsc_that_contradicts_itself_is_a_disruption),
        TEST(with_a_false_date_it_tells_that_and_promises_nothing),
        TEST(a_restored_guest_has_the_hosts_time_a_new_marker_and_generation),
        TEST(a_migrated_guest_has_a_new_marker_and_the_same_generation),
        TEST(a_guest_restored_at_a_date_is_told_that_from_then_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
