/* SPDX-License-Identifier: BSD-2-Clause */
/* Pause and resume of a machine that runs: what guest time does, and what the user is told. */
#include "tests/unit/unit.h"

#include <sched.h>
#include <string.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/host/host_clock.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_pause.h"
#include "vmm/machine/machine_tsc.h"
#include "vmm/machine/quiesce.h"

#define SEC       NS_PER_SEC
#define PORT_EXIT 0xf4
#define STEP_SEC  (MACHINE_PAUSE_STEP_NS / NS_PER_SEC)
/* The rate is measured to some 10^-8, and calls that read clocks take time. */
#define SLACK_NS 1000000

static struct machine_rig rig;
/* As they are at a pause. */
static uint64_t tsc, ns;

static void start(enum on_resume on_resume, bool offsets_work)
{
    rig.config.on_resume = on_resume;
    fake_kvm.ignores_tsc_offsets = !offsets_work;
    assert_int_equal(machine_rig_create(&rig), 0);
    machine_tsc_offsets_work(&rig.machine);
    assert_int_equal(machine_start(&rig.machine), 0);
    fake_clock_await_wait(1);
    said();
}

static bool pause_it(void)
{
    static const struct pause_names names = {"SIGUSR1", "SIGUSR2"};

    return machine_pause(&rig.machine, &names);
}

static bool resume_it(void)
{
    return machine_resume(&rig.machine);
}

static uint64_t guest_ns(void)
{
    uint64_t now_ns = machine_lock(&rig.machine);

    machine_unlock(&rig.machine);
    return now_ns;
}

/* Nothing of the guest runs, so TSC and guest time are those of one instant. */
static void look(void)
{
    tsc = fake_vcpu_tsc(0);
    ns = guest_ns();
}

static void pause_for(uint64_t length_ns)
{
    pause_it();
    look();
    fake_clock_pass_ns(length_ns);
}

/* By so much guest time has gone on in every clock since the pause. */
static void assert_gone_on(uint64_t sec)
{
    assert_in_range(guest_ns() + SLACK_NS, ns + sec * SEC, ns + sec * SEC + 2 * SLACK_NS);
    assert_in_range(fake_vcpu_tsc(0) + SLACK_NS, tsc + sec * FAKE_CLOCK_HZ,
                    tsc + sec * FAKE_CLOCK_HZ + 2 * SLACK_NS);
    assert_int_equal(fake_vcpu(1)->tsc_offset, fake_vcpu(0)->tsc_offset);
}

static void a_guest_finds_no_time_missing_after_a_freeze(void **unused)
{
    (void)unused;
    start(ON_RESUME_FREEZE, true);
    pause_for(5000 * SEC);
    assert_int_equal(guest_ns(), ns);
    resume_it();
    assert_gone_on(0);
    assert_string_equal(said(),
                        "minivmm: paused by SIGUSR1, SIGUSR2 resumes; guest time stands still\n"
                        "minivmm: resumed after 5000.000 s, in which guest time stood still\n");
}

static void with_the_hosts_rtc_wall_time_goes_on_in_a_freeze(void **unused)
{
    uint64_t wall_zero_ns;

    (void)unused;
    rig.config.rtc_follows_host = true;
    start(ON_RESUME_FREEZE, true);
    wall_zero_ns = rig.machine.board.kvmclock.clock.wiring.wall_zero_ns;
    pause_for(100 * SEC);
    resume_it();
    assert_in_range(rig.machine.board.kvmclock.clock.wiring.wall_zero_ns - wall_zero_ns,
                    100 * SEC - SLACK_NS, 100 * SEC + SLACK_NS);
}

static void an_advance_of_less_than_a_step_is_made_at_once(void **unused)
{
    uint64_t offset;

    (void)unused;
    start(ON_RESUME_ADVANCE, true);
    offset = fake_vcpu(0)->tsc_offset;
    pause_for((STEP_SEC - 1) * SEC);
    resume_it();
    assert_false(machine_pause_is_behind(&rig.machine));
    assert_int_equal(machine_pause_due_monotonic_ns(&rig.machine), TIME_NEVER_NS);
    assert_gone_on(STEP_SEC - 1);
    assert_int_equal(fake_vcpu(0)->tsc_offset, offset);
    assert_string_equal(said(), "minivmm: paused by SIGUSR1, SIGUSR2 resumes; guest time goes on\n"
                                "minivmm: resumed after 499.000 s, in which guest time went on\n");
}

/* The host is suspended in the pause, say: its TSC begins anew. */
static void pause_in_which_the_tsc_falls(void)
{
    fake_clock_pass_ns(100 * SEC);
    pause_for(50 * SEC);
    fake_host_set_tsc(&fake_clock.host, 1000);
}

static void a_tsc_that_falls_back_in_a_pause_is_none_of_a_frozen_guest_s_business(void **unused)
{
    uint64_t wall_zero_ns;

    (void)unused;
    rig.config.rtc_follows_host = true;
    start(ON_RESUME_FREEZE, true);
    wall_zero_ns = rig.machine.board.kvmclock.clock.wiring.wall_zero_ns;
    pause_in_which_the_tsc_falls();
    resume_it();
    assert_gone_on(0);
    assert_in_range(rig.machine.board.kvmclock.clock.wiring.wall_zero_ns - wall_zero_ns + SLACK_NS,
                    50 * SEC, 50 * SEC + 2 * SLACK_NS);
}

static void a_guest_that_advances_then_goes_on_by_the_host_s_clock(void **unused)
{
    (void)unused;
    start(ON_RESUME_ADVANCE, true);
    pause_in_which_the_tsc_falls();
    resume_it();
    assert_false(machine_pause_is_behind(&rig.machine));
    assert_gone_on(50);
}

static void await_run(void)
{
    bool left = false;

    while (!left) {
        sched_yield();
        machine_lock(&rig.machine);
        left = quiesce_all_have_left(&rig.machine);
        machine_unlock(&rig.machine);
    }
}

/* The guest runs until the next step is due, which is then made. */
static void step(void)
{
    uint64_t due_ns = machine_pause_due_monotonic_ns(&rig.machine);

    await_run();
    machine_pause_step(&rig.machine);
    fake_clock_pass_ns(due_ns - host_monotonic_ns());
    machine_pause_step(&rig.machine);
}

/* Once the guest has run for its time. The timer thread may have read clocks since. */
static void assert_next_step_is_due(void)
{
    assert_in_range(machine_pause_due_monotonic_ns(&rig.machine) + SLACK_NS,
                    host_monotonic_ns() + MACHINE_PAUSE_BETWEEN_NS,
                    host_monotonic_ns() + MACHINE_PAUSE_BETWEEN_NS + SLACK_NS);
}

static void a_long_one_is_made_in_steps(void **unused)
{
    uint64_t offset;

    (void)unused;
    start(ON_RESUME_ADVANCE, true);
    offset = fake_vcpu(0)->tsc_offset;
    pause_for(5000 * SEC);
    resume_it();
    for (uint64_t sec = STEP_SEC; sec < 5000; sec += STEP_SEC) {
        assert_true(machine_pause_is_behind(&rig.machine));
        assert_gone_on(sec);
        assert_next_step_is_due();
        step();
        ns += MACHINE_PAUSE_BETWEEN_NS;
        tsc += MACHINE_PAUSE_BETWEEN_NS * 5 / 2;
    }
    assert_gone_on(5000);
    if (machine_pause_is_behind(&rig.machine))
        step();
    assert_false(machine_pause_is_behind(&rig.machine));
    assert_int_equal(fake_vcpu(0)->tsc_offset, offset);
    assert_int_equal(fake_vcpu(1)->tsc_offset, offset);
    assert_string_equal(said(), "minivmm: paused by SIGUSR1, SIGUSR2 resumes; guest time goes on\n"
                                "minivmm: resumed after 5000.000 s, in which guest time went on, "
                                "500 s of it by now and the rest in such steps at once\n");
}

/* Setting KVM's clock takes time, by which guest time is late; that is no step of its own. */
static void with_kvms_own_clock_the_last_step_is_the_last(void **unused)
{
    (void)unused;
    rig.config.kvmclock = KVMCLOCK_KERNEL;
    start(ON_RESUME_ADVANCE, true);
    fake_kvm.clock_call_ns = 4 * SEC / 1000;
    pause_for((STEP_SEC + 1) * SEC);
    resume_it();
    assert_true(machine_pause_is_behind(&rig.machine));
    step();
    assert_false(machine_pause_is_behind(&rig.machine));
    assert_int_equal(machine_pause_due_monotonic_ns(&rig.machine), TIME_NEVER_NS);
}

static void no_step_comes_before_the_guest_has_run(void **unused)
{
    (void)unused;
    start(ON_RESUME_ADVANCE, true);
    pause_for(1200 * SEC);
    resume_it();
    await_run();
    rig.machine.quiesce.held_vcpus++;
    fake_clock_pass_ns(MACHINE_PAUSE_BETWEEN_NS);
    machine_pause_step(&rig.machine);
    rig.machine.quiesce.held_vcpus--;
    ns += MACHINE_PAUSE_BETWEEN_NS;
    tsc += MACHINE_PAUSE_BETWEEN_NS * 5 / 2;
    assert_gone_on(STEP_SEC);
    assert_next_step_is_due();
}

/* The guest runs for as long, from the last step or resume. */
static void run_for(uint64_t run_ns)
{
    await_run();
    fake_clock_pass_ns(run_ns);
    ns += run_ns;
    tsc += run_ns * 5 / 2;
}

static void a_pause_between_two_steps_adds_to_what_is_left(void **unused)
{
    (void)unused;
    start(ON_RESUME_ADVANCE, true);
    pause_for(700 * SEC);
    resume_it();
    run_for(MACHINE_PAUSE_BETWEEN_NS);
    pause_it();
    assert_int_equal(machine_pause_due_monotonic_ns(&rig.machine), TIME_NEVER_NS);
    fake_clock_pass_ns(700 * SEC);
    machine_pause_step(&rig.machine);
    resume_it();
    assert_gone_on(2 * STEP_SEC);
    step();
    ns += MACHINE_PAUSE_BETWEEN_NS;
    tsc += MACHINE_PAUSE_BETWEEN_NS * 5 / 2;
    assert_gone_on(1400);
    assert_false(machine_pause_is_behind(&rig.machine));
}

static void a_pause_between_two_steps_takes_nothing_from_the_run_between_them(void **unused)
{
    (void)unused;
    start(ON_RESUME_ADVANCE, true);
    pause_for(1200 * SEC);
    resume_it();
    run_for(MACHINE_PAUSE_BETWEEN_NS / 4);
    pause_it();
    fake_clock_pass_ns(SEC);
    resume_it();
    assert_gone_on(STEP_SEC);
    assert_in_range(machine_pause_due_monotonic_ns(&rig.machine) + SLACK_NS,
                    host_monotonic_ns() + MACHINE_PAUSE_BETWEEN_NS * 3 / 4,
                    host_monotonic_ns() + MACHINE_PAUSE_BETWEEN_NS * 3 / 4 + SLACK_NS);
    run_for(MACHINE_PAUSE_BETWEEN_NS * 3 / 4);
    pause_it();
    resume_it();
    assert_gone_on(2 * STEP_SEC);
    assert_next_step_is_due();
}

static void nor_does_one_before_the_guest_has_run(void **unused)
{
    (void)unused;
    start(ON_RESUME_ADVANCE, true);
    pause_for(1200 * SEC);
    resume_it();
    run_for(MACHINE_PAUSE_BETWEEN_NS);
    machine_lock(&rig.machine);
    rig.machine.quiesce.held_vcpus++;
    machine_unlock(&rig.machine);
    pause_it();
    machine_lock(&rig.machine);
    rig.machine.quiesce.held_vcpus--;
    machine_unlock(&rig.machine);
    resume_it();
    assert_gone_on(STEP_SEC);
    assert_next_step_is_due();
}

static void where_offsets_do_nothing_there_is_one_step_and_a_word_of_it(void **unused)
{
    (void)unused;
    start(ON_RESUME_ADVANCE, false);
    pause_for(5000 * SEC);
    resume_it();
    assert_false(machine_pause_is_behind(&rig.machine));
    assert_gone_on(5000);
    assert_non_null(strstr(said(), "went on in one step, as this KVM ignores TSC offsets: Linux "
                                   "before 6.10 may read wrong times\n"));
}

static void where_offsets_do_nothing_the_tsc_goes_on_in_a_freeze(void **unused)
{
    (void)unused;
    start(ON_RESUME_FREEZE, false);
    pause_for(10 * SEC);
    resume_it();
    assert_in_range(guest_ns(), ns, ns + SLACK_NS);
    assert_true(fake_vcpu_tsc(0) >= tsc + 10 * FAKE_CLOCK_HZ);
    assert_non_null(
        strstr(said(), "stood still; the TSC went on, as this KVM ignores TSC offsets\n"));
}

static void what_there_is_nothing_to_do_for_is_harmless(void **unused)
{
    (void)unused;
    start(ON_RESUME_FREEZE, true);
    assert_false(resume_it());
    assert_true(pause_it());
    said();
    assert_false(pause_it());
    machine_pause_step(&rig.machine);
    assert_string_equal(said(), "");
    assert_true(resume_it());
    said();
    assert_false(resume_it());
    assert_string_equal(said(), "");
}

static void a_machine_that_ends_in_the_pause_is_not_paused(void **unused)
{
    bool pending = false;

    (void)unused;
    start(ON_RESUME_FREEZE, true);
    machine_lock(&rig.machine);
    fake_vcpu_play(0, fake_out(PORT_EXIT, 1, 0x10));
    while (!pending) {
        sched_yield();
        fake_kvm_lock();
        pending = fake_vcpu(0)->pending;
        fake_kvm_unlock();
    }
    machine_unlock(&rig.machine);
    assert_false(pause_it());
    assert_false(rig.machine.pause.active);
    assert_true(machine_is_ending(&rig.machine));
    assert_string_equal(said(), "");
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, machine_rig_setup, machine_rig_teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_guest_finds_no_time_missing_after_a_freeze),
        TEST(with_the_hosts_rtc_wall_time_goes_on_in_a_freeze),
        TEST(a_tsc_that_falls_back_in_a_pause_is_none_of_a_frozen_guest_s_business),
        TEST(a_guest_that_advances_then_goes_on_by_the_host_s_clock),
        TEST(an_advance_of_less_than_a_step_is_made_at_once),
        TEST(a_long_one_is_made_in_steps),
        TEST(with_kvms_own_clock_the_last_step_is_the_last),
        TEST(no_step_comes_before_the_guest_has_run),
        TEST(a_pause_between_two_steps_adds_to_what_is_left),
        TEST(a_pause_between_two_steps_takes_nothing_from_the_run_between_them),
        TEST(nor_does_one_before_the_guest_has_run),
        TEST(where_offsets_do_nothing_there_is_one_step_and_a_word_of_it),
        TEST(where_offsets_do_nothing_the_tsc_goes_on_in_a_freeze),
        TEST(what_there_is_nothing_to_do_for_is_harmless),
        TEST(a_machine_that_ends_in_the_pause_is_not_paused),
    };

    return cmocka_run_group_tests_name("machine_pause", tests, NULL, NULL);
}
