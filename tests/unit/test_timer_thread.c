/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The timer thread, in its own thread and with time as a number: for what it waits, and when it
 * fires. Also built with TSan.
 */
#include "tests/unit/unit.h"

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/machine_rig.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/timer_thread.h"

#define MS         UINT64_C(1000000)
#define LAST_RANKS 1000000
/* Between guest time and the host's clock, of whose rate guest time knows a bound. */
#define SLACK_NS 2000

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static struct timer timers[2];
static unsigned fired[2];
static uint64_t deadlines[2];
/* How often the timer thread has gone to wait when a test begins. */
static unsigned waits;

static void on_fire(void *ctx, uint64_t deadline_ns)
{
    unsigned which = (unsigned)((struct timer *)ctx - timers);

    fired[which]++;
    deadlines[which] = deadline_ns;
}

/* The test's thread waits for the timer thread to wait again; returns for how long. */
static uint64_t advance(uint64_t ns)
{
    unsigned before = fake_clock_waits();

    fake_clock_advance_ns(ns);
    return fake_clock_await_wait(before + 1) - fake_clock_ns();
}

static uint64_t update_in_ns(void)
{
    return machine_time_due_monotonic_ns(machine) - fake_clock_ns();
}

/*
 * Without the timers of the board, and with the update of guest time, of which the first ones come
 * after milliseconds, far away.
 */
static int setup(void **unused)
{
    (void)unused;
    machine_rig_make(&rig);
    while (machine->board.timers.first != NULL)
        timerq_cancel(&machine->board.timers, machine->board.timers.first);
    for (unsigned i = 0; i < 2; i++) {
        timer_init(&timers[i], LAST_RANKS + i, on_fire, &timers[i]);
        fired[i] = 0;
    }
    assert_int_equal(timer_thread_start(machine), 0);
    fake_clock_await_wait(1);
    while (update_in_ns() < 100 * MS)
        advance(update_in_ns());
    waits = fake_clock_waits();
    return 0;
}

/* Arms a timer for that time from now. */
static void arm(unsigned which, uint64_t delta_ns)
{
    uint64_t now_ns = machine_lock(machine);

    timerq_arm(&machine->board.timers, &timers[which], now_ns + delta_ns);
    machine_unlock(machine);
}

static void expect_about(uint64_t ns, uint64_t expected_ns)
{
    assert_in_range(ns, expected_ns - SLACK_NS, expected_ns + SLACK_NS);
}

static void without_a_timer_it_waits_for_the_update_of_guest_time(void **unused)
{
    uint64_t update_ns = machine_time_due_monotonic_ns(machine);

    (void)unused;
    assert_int_equal(fake_clock_await_wait(waits), update_ns);
    advance(update_in_ns());
    assert_true(machine_time_due_monotonic_ns(machine) > update_ns);
}

/* The thread waits, so nobody else looks at the clock. */
static void an_update_comes_although_the_tsc_has_fallen_back(void **unused)
{
    uint64_t before_ns = machine_lock(machine), left_ns = update_in_ns();

    (void)unused;
    machine_unlock(machine);
    fake_host_set_tsc(&fake_clock.host, 1000);
    advance(left_ns);
    assert_in_range(machine_lock(machine), before_ns + left_ns - MS, before_ns + left_ns + MS);
    machine_unlock(machine);
}

static void an_earlier_deadline_wakes_it_and_a_later_one_does_not(void **unused)
{
    (void)unused;
    arm(0, 20 * MS);
    expect_about(fake_clock_await_wait(waits + 1) - fake_clock_ns(), 20 * MS);
    arm(1, 30 * MS);
    arm(1, 25 * MS);
    arm(1, 10 * MS);
    expect_about(fake_clock_await_wait(waits + 2) - fake_clock_ns(), 10 * MS);
    assert_int_equal(fake_clock_waits(), waits + 2);
    assert_int_equal(fired[0] + fired[1], 0);
}

static void it_fires_what_is_due_at_its_own_deadline_and_then_rests(void **unused)
{
    uint64_t armed_ns;

    (void)unused;
    arm(0, 10 * MS);
    armed_ns = timers[0].deadline_ns;
    arm(1, 10 * MS + 3 * SLACK_NS);
    fake_clock_await_wait(waits + 1);
    expect_about(advance(10 * MS + SLACK_NS), TIMER_REST_NS);
    assert_int_equal(fired[0], 1);
    assert_int_equal(deadlines[0], armed_ns);
    assert_int_equal(fired[1], 0);
    advance(TIMER_REST_NS + SLACK_NS);
    assert_int_equal(fired[1], 1);
    assert_int_equal(fired[0], 1);
}

static void while_the_machine_is_paused_it_fires_nothing(void **unused)
{
    (void)unused;
    arm(0, 10 * MS);
    fake_clock_await_wait(waits + 1);
    machine_lock(machine);
    machine->pause.active = true;
    machine_unlock(machine);
    advance(20 * MS);
    advance(10 * NS_PER_SEC);
    assert_int_equal(fired[0], 0);
    machine_lock(machine);
    machine->pause.active = false;
    machine_unlock(machine);
    advance(0);
    assert_int_equal(fired[0], 1);
}

static void it_ends_with_the_machine(void **unused)
{
    (void)unused;
    machine_end(machine, EXIT_STATUS_OK, "%s", "");
    fake_clock_advance_ns(0);
    timer_thread_join(machine);
    assert_false(machine->timer_thread_started);
}

#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, setup, machine_rig_teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_timer_it_waits_for_the_update_of_guest_time),
        TEST(an_update_comes_although_the_tsc_has_fallen_back),
        TEST(an_earlier_deadline_wakes_it_and_a_later_one_does_not),
        TEST(it_fires_what_is_due_at_its_own_deadline_and_then_rests),
        TEST(while_the_machine_is_paused_it_fires_nothing),
        TEST(it_ends_with_the_machine),
    };

    return cmocka_run_group_tests_name("timer_thread", tests, NULL, NULL);
}
