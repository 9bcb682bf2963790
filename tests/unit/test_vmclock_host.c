/* SPDX-License-Identifier: BSD-2-Clause */
/* vmclock in a machine: what the host's clocks, its NTP and TAI do to the page. */
#include "tests/unit/vmclock_rig.h"

#include "tests/unit/said.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine_vmclock.h"

#define TRILLION INT64_C(1000000000000)

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

/* As where an NTP client takes back what it has told the kernel. */
static void tai_stays_known_when_the_kernel_forgets_it(void **unused)
{
    (void)unused;
    rig.rig.host.tai_offset.source = TAI_OFFSET_KERNEL;
    fake_clock.ntp.tai_offset_sec = 37;
    begin();
    fake_clock.ntp.tai_offset_sec = 0;
    fake_clock.ntp.leap = VMCLOCK_LEAP_PRE_POS;
    update_after(SEC);
    assert_int_equal(page()->leap_indicator, VMCLOCK_LEAP_PRE_POS);
    assert_int_equal(page()->tai_offset_sec, 37);
    assert_page_is(utc_ns());
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

/* adjtimex may fail from some moment on: nothing is known, and nothing has changed. */
static void where_adjtimex_fails_the_rate_stays(void **unused)
{
    uint64_t period;

    (void)unused;
    fake_clock.ntp.gain_ppt = 100000000;
    begin();
    update_after(SEC);
    period = page()->counter_period_frac_sec;
    fake_clock.ntp = (struct host_ntp){.gain_ppt = -TRILLION};
    update_after(SEC);
    assert_int_equal(page()->clock_status, VMCLOCK_STATUS_FREERUNNING);
    assert_in_range(page()->counter_period_frac_sec, period - period / 1000000,
                    period + period / 1000000);
    assert_page_is(utc_ns());
}

/* As while a guest is on its way: what is measured then is the mean of two rates. */
static void a_change_before_the_first_page_is_in_its_errors(void **unused)
{
    const uint64_t faster_hz = FAKE_CLOCK_HZ + FAKE_CLOCK_HZ / 10000;
    uint64_t error, true_period;

    (void)unused;
    begin();
    update_after(100 * SEC);
    true_period = page()->counter_period_frac_sec;
    fake_host_set_tsc_hz(&fake_clock.host, faster_hz);
    machine->vmclock = (struct machine_vmclock){0};
    assert_int_equal(machine_vmclock_prepare(machine), 0);
    fake_clock_pass_ns(100 * SEC);
    fake_host_set_tsc_hz(&fake_clock.host, FAKE_CLOCK_HZ);
    fake_clock.ntp.gain_ppt = 100000000;
    fake_clock_pass_ns(100 * SEC);
    machine_vmclock_disrupt(machine);
    error = page()->counter_period_esterror_rate_frac_sec;
    assert_in_range(page()->counter_period_frac_sec, true_period - error, true_period + error);
}

/* The new host knows nothing of TAI, and does not say that the page is in UTC: it is not. */
static void a_restored_page_in_tai_keeps_its_offset(void **unused)
{
    (void)unused;
    begin();
    restore_rig_save_and_destroy(&rig);
    rig.rig.host.tai_offset.source = TAI_OFFSET_KERNEL;
    log_set_verbose(true);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_ADVANCE), 0);
    log_set_verbose(false);
    assert_int_equal(page()->tai_offset_sec, 37);
    assert_page_is(utc_ns());
    assert_null(strstr(said(), "so it tells UTC"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(with_utc_it_says_nothing_of_tai),
        TEST(where_nobody_knows_tai_it_is_utc_and_who_asked_is_told),
        TEST(what_ntp_does_to_the_host_is_in_the_page),
        TEST(tai_stays_known_when_the_kernel_forgets_it),
        TEST(a_host_whose_clock_was_set_has_a_new_marker),
        TEST(a_frequency_of_ntps_is_taken_over_at_once),
        TEST(a_change_before_the_first_page_is_in_its_errors),
        TEST(where_adjtimex_fails_the_rate_stays),
        TEST(a_restored_page_in_tai_keeps_its_offset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
