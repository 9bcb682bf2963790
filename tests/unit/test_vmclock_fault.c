/* SPDX-License-Identifier: BSD-2-Clause */
/* vmclock that is wrong on purpose: what its page says is the fault's, and its protocol holds. */
#include "tests/unit/vmclock_rig.h"

#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_fault.h"
#include "vmm/machine/machine_save.h"
#include "vmm/machine/machine_timers.h"

#define HOUR (3600 * SEC)

static char line[FAULT_ERROR_BYTES];

static bool apply(const char *words)
{
    return machine_rig_apply_fault(&rig.rig, words, line);
}

static void start(void)
{
    assert_int_equal(machine_rig_create(&rig.rig), 0);
    machine_rig_start(&rig.rig);
}

/* As a guest finds it: the timer's thread, which a fault wakes, may be about to publish. */
static const struct vmclock_page *told(void)
{
    static struct vmclock_page copy;

    machine_lock(machine);
    copy = *page();
    machine_unlock(machine);
    return &copy;
}

/* How far the page is ahead of the host. */
static int64_t ahead_ns(void)
{
    int64_t ns;

    machine_lock(machine);
    ns = (int64_t)(page_utc_ns() - utc_ns());
    machine_unlock(machine);
    return ns;
}

static void assert_ahead(int64_t ns)
{
    assert_in_range(ahead_ns() - ns + SLACK_NS, 0, 2 * SLACK_NS);
}

static void a_step_comes_at_once_with_a_new_marker(void **unused)
{
    uint64_t marker;

    (void)unused;
    start();
    marker = told()->disruption_marker;
    assert_true(apply("vmclock.step by=1h"));
    assert_ahead(HOUR);
    assert_int_equal(told()->disruption_marker, marker + 1);
    update_after(2 * SEC);
    assert_ahead(HOUR);
    assert_int_equal(told()->disruption_marker, marker + 1);
    assert_true(apply("vmclock.step by=-1h"));
    assert_ahead(0);
    assert_int_equal(told()->disruption_marker, marker + 2);
    assert_null(machine_save_obstacle(machine));
}

static void a_stale_marker_does_not_tell_of_it(void **unused)
{
    uint64_t marker;

    (void)unused;
    start();
    marker = told()->disruption_marker;
    assert_true(apply("vmclock.step by=-1h marker=stale"));
    assert_ahead(-(int64_t)HOUR);
    for (unsigned i = 0; i < 20; i++)
        update_after(SEC);
    assert_ahead(-(int64_t)HOUR);
    assert_int_equal(told()->disruption_marker, marker);
    assert_string_equal(machine_save_obstacle(machine),
                        "vmclock tells a wrong time (vmclock), which no snapshot and no migration "
                        "takes along");
}

/* Between two publications the guest goes on by the page's own rate, once that is well known. */
static void a_rate_is_in_the_page(void **unused)
{
    (void)unused;
    start();
    for (unsigned i = 0; i < 100; i++)
        update_after(SEC);
    assert_true(apply("vmclock.rate ppb=1000000"));
    fake_clock_pass_ns(10 * SEC);
    assert_ahead(SEC / 100);
    update_after(0);
    assert_ahead(SEC / 100);
    assert_true(apply("vmclock.rate ppb=0"));
    fake_clock_pass_ns(10 * SEC);
    assert_ahead(SEC / 100);
}

static void a_page_that_stands_goes_on_from_there(void **unused)
{
    (void)unused;
    start();
    assert_true(apply("vmclock.stick for=5s"));
    assert_int_equal(told()->counter_period_frac_sec, 0);
    update_after(5 * SEC);
    assert_ahead(-5 * (int64_t)SEC);
    assert_true(machine_rig_end_fault(&rig.rig, "vmclock.stick for=5s", line));
    update_after(5 * SEC);
    assert_ahead(-5 * (int64_t)SEC);
}

static void a_marker_can_be_new_without_a_reason(void **unused)
{
    uint64_t marker;

    (void)unused;
    start();
    marker = told()->disruption_marker;
    assert_true(apply("vmclock.marker"));
    assert_int_equal(told()->disruption_marker, marker + 1);
    assert_ahead(0);
}

static void a_status_is_what_was_asked_for_until_its_end(void **unused)
{
    uint64_t marker;

    (void)unused;
    start();
    marker = told()->disruption_marker;
    assert_true(apply("vmclock.status status=unreliable for=5s"));
    assert_int_equal(told()->clock_status, VMCLOCK_STATUS_UNRELIABLE);
    update_after(2 * SEC);
    assert_int_equal(told()->clock_status, VMCLOCK_STATUS_UNRELIABLE);
    assert_true(machine_rig_end_fault(&rig.rig, "vmclock.status status=unreliable for=5s", line));
    assert_int_equal(told()->clock_status, VMCLOCK_STATUS_SYNCHRONIZED);
    assert_int_equal(told()->disruption_marker, marker);
}

/* A step that the true bounds explain, which those that the page tells do not. */
static void bounds_can_lie(void **unused)
{
    uint64_t marker;

    (void)unused;
    start();
    marker = told()->disruption_marker;
    assert_true(apply("vmclock.error max=1ns"));
    assert_int_equal(told()->time_maxerror_nanosec, 1);
    assert_int_equal(told()->time_esterror_nanosec, 1);
    assert_true(apply("vmclock.step by=1ms"));
    assert_ahead(SEC / 1000);
    assert_int_equal(told()->time_maxerror_nanosec, 1);
    assert_int_equal(told()->disruption_marker, marker);
    assert_true(machine_rig_end_fault(&rig.rig, "vmclock.error max=1ns for=1s", line));
    assert_in_range(told()->time_maxerror_nanosec, 3000000, 3010000);
}

/* As a turn of the timer thread. */
static void pass_and_run_timers(uint64_t ns)
{
    uint64_t now_ns;

    fake_clock_pass_ns(ns);
    now_ns = machine_lock(machine);
    machine_run_timers(machine, now_ns);
    machine_unlock(machine);
}

static void a_leap_second_is_announced_and_then_there_is_one(void **unused)
{
    uint64_t marker;

    (void)unused;
    start();
    marker = told()->disruption_marker;
    assert_true(apply("leap kind=insert in=10s"));
    assert_int_equal(told()->leap_indicator, VMCLOCK_LEAP_PRE_POS);
    assert_int_equal(told()->tai_offset_sec, 37);
    assert_false(apply("leap kind=delete in=1s"));
    assert_string_equal(line, "leap: one is announced, and no other before that is over");
    pass_and_run_timers(9 * SEC);
    assert_int_equal(told()->leap_indicator, VMCLOCK_LEAP_PRE_POS);
    pass_and_run_timers(3 * SEC / 2);
    assert_int_equal(told()->leap_indicator, VMCLOCK_LEAP_POS);
    assert_int_equal(told()->tai_offset_sec, 38);
    assert_ahead(-(int64_t)SEC);
    pass_and_run_timers(SEC);
    assert_int_equal(told()->leap_indicator, VMCLOCK_LEAP_POST_POS);
    for (unsigned i = 0; i < 5; i++)
        update_after(SEC);
    assert_int_equal(told()->tai_offset_sec, 38);
    assert_ahead(-(int64_t)SEC);
    assert_int_equal(told()->disruption_marker, marker);
}

static void a_second_that_is_left_out_takes_no_time(void **unused)
{
    (void)unused;
    start();
    assert_true(apply("leap kind=delete in=10s"));
    assert_int_equal(told()->leap_indicator, VMCLOCK_LEAP_PRE_NEG);
    pass_and_run_timers(11 * SEC);
    assert_int_equal(told()->leap_indicator, VMCLOCK_LEAP_POST_NEG);
    assert_int_equal(told()->tai_offset_sec, 36);
    assert_ahead(SEC);
    assert_true(apply("leap kind=insert in=10s"));
    pass_and_run_timers(11 * SEC);
    assert_int_equal(told()->tai_offset_sec, 37);
    assert_ahead(0);
}

/* In UTC the page itself steps. */
static void a_leap_second_is_a_step_of_utc(void **unused)
{
    (void)unused;
    rig.rig.config.vmclock = VMCLOCK_UTC;
    start();
    assert_true(apply("leap kind=insert in=10s"));
    pass_and_run_timers(11 * SEC);
    assert_int_equal(told()->tai_offset_sec, 0);
    assert_ahead(-(int64_t)SEC);
}

static void a_step_of_the_wall_clock_is_vmclock_s_too(void **unused)
{
    uint64_t wall_ns;

    (void)unused;
    start();
    wall_ns = machine->board.kvmclock.clock.wiring.wall_zero_ns;
    assert_true(apply("wall.step by=-1h"));
    assert_ahead(-(int64_t)HOUR);
    assert_int_equal(wall_ns - machine->board.kvmclock.clock.wiring.wall_zero_ns, HOUR);
}

/* Which follows kvm-clock's: it does not step twice. */
static void a_guest_s_own_date_steps_once(void **unused)
{
    (void)unused;
    rig.rig.config.rtc_base = RTC_BASE_FIXED;
    rig.rig.config.rtc_start_sec = 1000000000;
    start();
    assert_true(apply("wall.step by=1h"));
    assert_in_range(ahead_ns() + (int64_t)utc_ns(), UINT64_C(1000003600) * SEC,
                    UINT64_C(1000003601) * SEC);
    assert_null(machine_save_obstacle(machine));
}

/* What a guest is told then is test_hypercall's. */
static void ptp_kvm_has_faults_of_its_own(void **unused)
{
    const struct date_fault *ptp = &machine->dates.ptp;

    (void)unused;
    start();
    assert_true(apply("ptp.step by=-1h"));
    assert_int_equal(ptp->step_ns, -(int64_t)HOUR);
    assert_true(apply("ptp.rate ppb=5"));
    assert_int_equal(ptp->lens.ppb, 5);
    assert_true(apply("ptp.stick for=5s"));
    assert_int_equal(ptp->lens.ppb, LENS_STANDS_PPB);
    assert_true(machine_rig_end_fault(&rig.rig, "ptp.stick for=5s", line));
    assert_int_equal(ptp->lens.ppb, 5);
    assert_false(date_fault_is_wrong(&machine->dates.vmclock));
    assert_ahead(0);
}

static void a_machine_without_vmclock_has_none_of_these(void **unused)
{
    (void)unused;
    rig.rig.config.vmclock = VMCLOCK_OFF;
    start();
    assert_false(apply("vmclock.marker"));
    assert_string_equal(line, "vmclock.marker: this machine has no vmclock");
}

static void a_date_that_is_none_is_refused(void **unused)
{
    (void)unused;
    start();
    for (unsigned i = 0; i < 6 && apply("vmclock.step by=-3650d"); i++)
        ;
    assert_string_equal(line, "vmclock.step: dates are those from 1970 to 2261");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_step_comes_at_once_with_a_new_marker),
        TEST(a_stale_marker_does_not_tell_of_it),
        TEST(a_rate_is_in_the_page),
        TEST(a_page_that_stands_goes_on_from_there),
        TEST(a_marker_can_be_new_without_a_reason),
        TEST(a_status_is_what_was_asked_for_until_its_end),
        TEST(bounds_can_lie),
        TEST(a_leap_second_is_announced_and_then_there_is_one),
        TEST(a_second_that_is_left_out_takes_no_time),
        TEST(a_leap_second_is_a_step_of_utc),
        TEST(a_step_of_the_wall_clock_is_vmclock_s_too),
        TEST(a_guest_s_own_date_steps_once),
        TEST(ptp_kvm_has_faults_of_its_own),
        TEST(a_machine_without_vmclock_has_none_of_these),
        TEST(a_date_that_is_none_is_refused),
    };

    return cmocka_run_group_tests_name("vmclock_fault", tests, NULL, NULL);
}
