/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest of a scenario on the fake KVM: its faults come by time and by line, and its end ends it.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "timelab/scenario_read.h"
#include "vmm/cmd/experiment_session.h"
#include "vmm/cmd/fault_timeline.h"
#include "vmm/cmd/run_control.h"
#include "vmm/machine/exit_status.h"
#include "vmm/machine/machine_create.h"

#define SEC NS_PER_SEC
/* Calls that read clocks take time, and a thread may make some. */
#define SLACK_NS (10 * 1000000)

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static struct scenario scenario;
static struct experiment_session session;
static struct fault_timeline timeline;
static struct run_control run;
static struct event_loop loop;

static int setup(void **unused)
{
    (void)unused;
    machine_rig_begin(&rig);
    run = (struct run_control){0};
    timeline = (struct fault_timeline){.machine = machine};
    memset(&session, 0, sizeof session);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    experiment_session_detach(&session);
    run_control_close(&run);
    machine_rig_destroy(&rig);
    scenario_close(&scenario);
    return 0;
}

static int attach(const char *rest)
{
    char text[2048], line[SCENARIO_ERROR_BYTES];
    struct text error;

    snprintf(text, sizeof text, "{\"scenario\":1,\"guests\":{\"a\":{}},%s}", rest);
    text_init(&error, line, sizeof line);
    if (!scenario_read(&scenario, text, strlen(text), &error))
        fail_msg("%s", line);
    assert_int_equal(machine_rig_create(&rig), 0);
    event_loop_init(&loop);
    experiment_session_init(&session, &scenario, 0);
    return experiment_session_attach(&session, machine, &timeline, &loop);
}

static void start(const char *rest)
{
    assert_int_equal(attach(rest), 0);
    assert_int_equal(machine_start(machine), 0);
    fake_clock_await_wait(1);
    assert_int_equal(run_control_attach(&run, machine, &loop), 0);
    assert_int_equal(fault_timeline_attach(&timeline, &loop, &run), 0);
    run_control_follow_pause(&run);
    said();
}

/* The rate of guest time is measured to some 10^-8: a little more than that. */
static void turn_after(uint64_t ns)
{
    fake_clock_pass_ns(ns + 10000);
    for (unsigned i = 0; i < 4; i++)
        event_loop_turn(&loop, 0);
}

/* The guest writes it to its console now. */
static void say(const char *line)
{
    machine_lock(machine);
    for (; *line != '\0'; line++)
        machine->console_tap.byte(machine->console_tap.ctx, (uint8_t)*line);
    machine_unlock(machine);
    turn_after(0);
}

static void assert_done(unsigned entry, uint64_t at_ns)
{
    assert_true(session.record.entries[entry].is_done);
    assert_in_range(session.record.entries[entry].at_ns, at_ns, at_ns + SLACK_NS);
}

#define ENTRY(when, by) "{" when ",\"fault\":\"hpet.step\",\"by\":\"" by "\"}"

static void faults_come_at_their_times_and_the_end_ends_the_run(void **unused)
{
    (void)unused;
    start("\"end\":\"3s\",\"timeline\":[" ENTRY("\"at\":\"2s\"", "2ms") "," ENTRY("\"at\":\"1s\"",
                                                                                  "1ms") "]");
    turn_after(SEC);
    assert_done(1, SEC);
    assert_false(session.record.entries[0].is_done);
    turn_after(SEC);
    assert_done(0, 2 * SEC);
    assert_false(machine_is_ending(machine));
    turn_after(SEC);
    assert_true(machine_is_ending(machine));
    assert_int_equal(machine->end_status, EXIT_STATUS_OK);
    experiment_session_detach(&session);
    assert_in_range(session.record.end_ns, 3 * SEC, 3 * SEC + SLACK_NS);
}

static void a_fault_waits_for_its_line_and_then_for_its_time(void **unused)
{
    (void)unused;
    start("\"end\":\"fault1+1s\",\"timeline\":[" ENTRY("\"after\":\"dmesg~^go\",\"plus\":\"2s\"",
                                                       "1ms") "]");
    turn_after(5 * SEC);
    say("do not go\n");
    say("go");
    turn_after(3 * SEC);
    assert_false(session.record.entries[0].is_done);
    say(" on\n");
    assert_done(0, 8 * SEC);
    say("go\n");
    turn_after(SEC / 2);
    assert_false(machine_is_ending(machine));
    turn_after(SEC);
    assert_true(machine_is_ending(machine));
    assert_string_equal(guest_lines_text(session.record.lines, 1), "go on");
}

static void boot_is_when_the_kernels_clock_started(void **unused)
{
    (void)unused;
    start("\"timeline\":[" ENTRY("\"at\":\"boot+4s\"", "1ms") "]");
    turn_after(3 * SEC);
    say("[    0.000000] Linux version\n");
    say("[    2.000000] later, and sooner\n");
    turn_after(SEC);
    assert_false(session.record.entries[0].is_done);
    turn_after(SEC);
    assert_done(0, 5 * SEC);
}

static void what_the_host_cannot_do_is_refused_before_the_start(void **unused)
{
    (void)unused;
    rig.config.hpet_timers = 0;
    assert_true(attach("\"timeline\":[" ENTRY("\"at\":\"1s\"", "1ms") "]") < 0);
    assert_non_null(strstr(said(), "'1s hpet.step by=1ms': hpet.step: this machine has no HPET"));
}

static void with_best_effort_it_is_left_out(void **unused)
{
    (void)unused;
    rig.config.hpet_timers = 0;
    start("\"best-effort\":true,\"timeline\":[" ENTRY("\"at\":\"1s\"", "1ms") "]");
    turn_after(2 * SEC);
    assert_true(session.record.entries[0].is_skipped);
    assert_string_equal(session.record.entries[0].why, "hpet.step: this machine has no HPET");
    assert_false(machine_is_ending(machine));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(faults_come_at_their_times_and_the_end_ends_the_run, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_fault_waits_for_its_line_and_then_for_its_time, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(boot_is_when_the_kernels_clock_started, setup, teardown),
        cmocka_unit_test_setup_teardown(what_the_host_cannot_do_is_refused_before_the_start, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(with_best_effort_it_is_left_out, setup, teardown),
    };

    return cmocka_run_group_tests_name("experiment_session", tests, NULL, NULL);
}
