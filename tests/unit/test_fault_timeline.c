/* SPDX-License-Identifier: BSD-2-Clause */
/* --at: faults come at their guest times, or are refused before the start. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/cmd/fault_timeline.h"
#include "vmm/cmd/run_control.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_time.h"

#define SEC     NS_PER_SEC
#define HOUR_NS (3600 * SEC)
/* Calls that read clocks take time, and a thread may make some. */
#define SLACK_NS 1000000

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static struct fault_timeline timeline;
static struct run_control run;
static struct event_loop loop;

static int setup(void **unused)
{
    (void)unused;
    machine_rig_begin(&rig);
    run = (struct run_control){0};
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    run_control_close(&run);
    machine_rig_destroy(&rig);
    return 0;
}

/* The entries are separated by ';'. */
static int open_timeline(const char *entries, bool has_past)
{
    struct fault_schedule schedule = {0};
    struct scheduled_fault entry;
    struct text error;
    char words[256], line[FAULT_ERROR_BYTES];
    char *at = words;

    snprintf(words, sizeof words, "%s", entries);
    for (char *one; (one = strsep(&at, ";")) != NULL;) {
        text_init(&error, line, sizeof line);
        assert_true(scheduled_fault_from_words(one, &entry, &error));
        assert_true(fault_schedule_add(&schedule, &entry));
    }
    return fault_timeline_open(&timeline, machine, &schedule, has_past);
}

static void start_timeline(const char *entries)
{
    assert_int_equal(machine_rig_create(&rig), 0);
    assert_int_equal(open_timeline(entries, false), 0);
    assert_int_equal(machine_start(machine), 0);
    fake_clock_await_wait(1);
    event_loop_init(&loop);
    assert_int_equal(run_control_attach(&run, machine, &loop), 0);
    assert_int_equal(fault_timeline_attach(&timeline, &loop, &run), 0);
    run_control_follow_pause(&run);
    said();
}

/* The rate of guest time is measured to some 10^-8: a little more than that. */
static void turn_after(uint64_t ns)
{
    fake_clock_pass_ns(ns + 10000);
    event_loop_turn(&loop, 0);
}

static void faults_come_at_their_guest_times(void **unused)
{
    (void)unused;
    start_timeline("5s jump by=1h;2s jump by=1s");
    turn_after(SEC);
    assert_in_range(machine_rig_guest_ns(&rig), SEC, SEC + 10 * SLACK_NS);
    turn_after(SEC);
    assert_in_range(machine_rig_guest_ns(&rig), 3 * SEC, 3 * SEC + 10 * SLACK_NS);
    turn_after(SEC);
    assert_in_range(machine_rig_guest_ns(&rig), 4 * SEC, 4 * SEC + 10 * SLACK_NS);
    turn_after(SEC);
    assert_in_range(machine_rig_guest_ns(&rig), 5 * SEC + HOUR_NS,
                    5 * SEC + HOUR_NS + 10 * SLACK_NS);
}

/* It goes to the host's date, at up to a tenth faster than the host's clocks. */
static void a_guest_time_that_hurries_is_not_missed(void **unused)
{
    (void)unused;
    rig.config.kvmclock_follow = KVMCLOCK_FOLLOW_REALTIME;
    rig.config.follow_max_ppm = 100000;
    start_timeline("100s jump by=1h");
    machine_lock(machine);
    fake_clock.realtime_zero_ns += 1000 * SEC;
    fake_clock_pass_ns(SEC);
    machine_time_update(machine, fake_clock_ns());
    machine_unlock(machine);
    turn_after(93 * SEC);
    assert_in_range(machine_rig_guest_ns(&rig), HOUR_NS + 102 * SEC, HOUR_NS + 104 * SEC);
}

static void in_a_pause_none_comes(void **unused)
{
    static const struct pause_names names = {"SIGUSR1", "SIGUSR2"};

    (void)unused;
    start_timeline("2s jump by=1h");
    assert_true(run_control_pause(&run, &names));
    turn_after(10 * SEC);
    assert_in_range(machine_rig_guest_ns(&rig), 0, 10 * SLACK_NS);
    assert_true(run_control_resume(&run));
    turn_after(SEC);
    assert_in_range(machine_rig_guest_ns(&rig), SEC, SEC + 10 * SLACK_NS);
    turn_after(SEC);
    assert_in_range(machine_rig_guest_ns(&rig), 2 * SEC + HOUR_NS,
                    2 * SEC + HOUR_NS + 10 * SLACK_NS);
}

static void a_jump_brings_what_it_jumps_over(void **unused)
{
    (void)unused;
    start_timeline("1s jump by=1h;2s jump by=1h");
    turn_after(SEC);
    event_loop_turn(&loop, 0);
    assert_in_range(machine_rig_guest_ns(&rig), SEC + 2 * HOUR_NS,
                    SEC + 2 * HOUR_NS + 10 * SLACK_NS);
}

/* Its rate: -10^9 while it stands. */
static int64_t hpet_ppb(void)
{
    int64_t ppb;

    machine_lock(machine);
    ppb = machine->board.lenses[BOARD_HPET].lens.ppb;
    machine_unlock(machine);
    return ppb;
}

static void a_fault_that_lasts_so_long_is_over_by_itself(void **unused)
{
    (void)unused;
    start_timeline("1s hpet.rate ppb=5;2s hpet.stick for=3s");
    turn_after(2 * SEC);
    event_loop_turn(&loop, 0);
    assert_int_equal(hpet_ppb(), LENS_STANDS_PPB);
    turn_after(2 * SEC);
    assert_int_equal(hpet_ppb(), LENS_STANDS_PPB);
    turn_after(SEC);
    assert_int_equal(hpet_ppb(), 5);
}

/* The end of the first would come at 4 s, in the midst of the second. */
static void one_that_comes_again_ends_when_the_later_one_does(void **unused)
{
    (void)unused;
    start_timeline("1s hpet.stick for=3s;3s hpet.stick for=3s");
    turn_after(SEC);
    turn_after(2 * SEC);
    turn_after(2 * SEC);
    assert_int_equal(hpet_ppb(), LENS_STANDS_PPB);
    turn_after(SEC);
    assert_int_equal(hpet_ppb(), 0);
}

static void in_a_pause_none_is_over(void **unused)
{
    static const struct pause_names names = {"SIGUSR1", "SIGUSR2"};

    (void)unused;
    start_timeline("1s hpet.stick for=1s");
    turn_after(SEC);
    assert_true(run_control_pause(&run, &names));
    turn_after(10 * SEC);
    assert_int_equal(hpet_ppb(), LENS_STANDS_PPB);
    assert_true(run_control_resume(&run));
    turn_after(SEC);
    assert_int_equal(hpet_ppb(), 0);
}

static void one_that_cannot_be_done_ends_the_run(void **unused)
{
    (void)unused;
    start_timeline("0s jump by=3650d;0s jump by=3650d");
    machine_lock(machine);
    live_clock_begin(&machine->live);
    kvmclock_jump(&machine->board.kvmclock.clock, machine->timebase.host_tsc,
                  live_clock_raise(&machine->live, UINT64_C(95) * 365 * 86400 * SEC));
    machine_unlock(machine);
    turn_after(SEC);
    assert_true(machine_is_ending(machine));
    assert_int_equal(machine->end_status, EXIT_STATUS_HOST_ERROR);
    assert_string_equal(machine->end_text,
                        "--at '0s jump by=3650d': jump: guest time ends at 36500d");
    turn_after(SEC);
}

static void what_this_host_cannot_do_is_refused_before_the_start(void **unused)
{
    (void)unused;
    fake_kvm.ignores_tsc_offsets = true;
    assert_int_equal(machine_rig_create(&rig), 0);
    said();
    assert_true(open_timeline("5s jump by=1h", false) < 0);
    assert_string_equal(said(),
                        "minivmm: --at '5s jump by=1h': jump needs TSC offsets that take effect, "
                        "and this KVM ignores them; minivmm doctor says more\n");
}

static void what_is_past_for_a_restored_guest_is_refused(void **unused)
{
    (void)unused;
    assert_int_equal(machine_rig_create(&rig), 0);
    fake_clock_pass_ns(10 * SEC);
    said();
    assert_true(open_timeline("11s jump by=1h;5s jump by=1h", true) < 0);
    assert_non_null(
        strstr(said(), "minivmm: --at '5s jump by=1h': guest time is past it, at 10.0"));
    assert_int_equal(open_timeline("11s jump by=1h", true), 0);
    assert_int_equal(open_timeline("0s jump by=1h", false), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(faults_come_at_their_guest_times, setup, teardown),
        cmocka_unit_test_setup_teardown(a_guest_time_that_hurries_is_not_missed, setup, teardown),
        cmocka_unit_test_setup_teardown(in_a_pause_none_comes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_jump_brings_what_it_jumps_over, setup, teardown),
        cmocka_unit_test_setup_teardown(a_fault_that_lasts_so_long_is_over_by_itself, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(one_that_comes_again_ends_when_the_later_one_does, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(in_a_pause_none_is_over, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_cannot_be_done_ends_the_run, setup, teardown),
        cmocka_unit_test_setup_teardown(what_this_host_cannot_do_is_refused_before_the_start, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_past_for_a_restored_guest_is_refused, setup,
                                        teardown),
    };

    return cmocka_run_group_tests_name("fault_timeline", tests, NULL, NULL);
}
