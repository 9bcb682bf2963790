/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts that are lost, late, doubled or too many, on their way from a device of a machine. */
#include "tests/unit/unit.h"

#include <string.h>

#include "devices/pc/hpet.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_fault.h"
#include "vmm/machine/machine_pause.h"
#include "vmm/machine/machine_save.h"
#include "vmm/machine/machine_timers.h"

#define MS UINT64_C(1000000)
/* The PIT's, 11932 ticks of it, rounded up. */
#define PERIOD_NS 10000153

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static char line[FAULT_ERROR_BYTES];

static bool apply(const char *words)
{
    return machine_rig_apply_fault(&rig, words, line);
}

/* What is due after so long has come, also what the timer thread was first to see. */
static void run_for(uint64_t ns)
{
    uint64_t now_ns;

    fake_clock_pass_ns(ns);
    now_ns = machine_lock(machine);
    machine_run_timers(machine, now_ns);
    machine_unlock(machine);
    fake_clock_await_wait(0);
}

static void out(uint16_t port, uint8_t value)
{
    struct access access = {ACCESS_PORT, true, 1, 0, port, value};
    uint64_t now_ns = machine_lock(machine);

    board_access(&machine->board, now_ns, &access);
    machine_unlock(machine);
}

/* Half of a period from now until the first tick, at 100 Hz; nothing has come yet. */
static void start(void)
{
    assert_int_equal(machine_rig_create(&rig), 0);
    machine_rig_start(&rig);
    out(0x43, 0x34);
    out(0x40, 0x9c);
    out(0x40, 0x2e);
    run_for(PERIOD_NS / 2);
    fake_kvm_forget_calls();
}

/* How often this has been told to the interrupt controllers. */
static unsigned count(const char *call)
{
    unsigned times = 0;

    for (const char *at = fake_kvm_calls(); (at = strstr(at, call)) != NULL; at++)
        times++;
    return times;
}

static uint32_t owed(void)
{
    return machine->board.pit.state.ticks.owed;
}

static void run_ticks(unsigned ticks)
{
    for (unsigned i = 0; i < ticks; i++)
        run_for(PERIOD_NS);
}

/* By the default of --lost-ticks every tick comes, if a guest tells of each or of none. */
static void a_lost_tick_is_not_made_up_for(void **unused)
{
    (void)unused;
    start();
    assert_true(apply("irq.drop device=pit every=2"));
    run_ticks(10);
    assert_int_equal(count("set_line 0 1\n"), 5);
    for (unsigned i = 0; i < 200; i++) {
        unsigned rises = count("set_line 0 1\n");

        fake_kvm_forget_calls();
        run_ticks(1);
        rises = count("set_line 0 1\n");
        machine_lock(machine);
        if (rises > 0)
            board_eoi(&machine->board, machine_now(machine), 0, rises);
        machine_unlock(machine);
        assert_int_equal(rises, i % 2 == 0);
        assert_int_equal(owed(), 0);
    }
}

static void a_rule_ends_by_itself_or_by_a_share_of_nothing_and_leaves_no_trace(void **unused)
{
    (void)unused;
    start();
    assert_true(apply("irq.drop gsi=0 p=100% for=5s"));
    assert_true(apply("irq.drop device=rtc"));
    run_ticks(5);
    assert_int_equal(count("set_line 0 1\n"), 0);
    assert_string_equal(machine_save_obstacle(machine),
                        "an interrupt is lost, late, doubled or in a storm (irq.*), which no "
                        "snapshot and no migration takes along");
    assert_true(machine_rig_end_fault(&rig, "irq.drop gsi=0 p=100% for=5s", line));
    run_ticks(5);
    assert_int_equal(count("set_line 0 1\n"), 5);
    assert_true(machine->board.pit_irq.drive != machine->board.hooks.drive_irq);
    assert_true(apply("irq.drop device=rtc p=0%"));
    assert_true(machine->board.pit_irq.drive == machine->board.hooks.drive_irq);
    assert_null(machine_save_obstacle(machine));
}

static void a_late_tick_comes_by_guest_time_and_not_in_a_pause(void **unused)
{
    (void)unused;
    start();
    assert_true(apply("irq.delay gsi=0 by=3ms"));
    run_for(PERIOD_NS);
    assert_int_equal(count("set_line 0 1\n"), 0);
    run_for(2 * MS);
    assert_int_equal(count("set_line 0 1\n"), 0);
    assert_true(machine_pause_quietly(machine));
    run_for(1000 * MS);
    machine_resume_quietly(machine);
    assert_int_equal(count("set_line 0 1\n"), 0);
    run_for(MS);
    assert_int_equal(count("set_line 0 1\n"), 1);
    assert_true(count("set_line 0 0\n") >= 1);
    assert_true(apply("irq.delay gsi=0 by=3ms p=0%"));
    run_for(PERIOD_NS - 3 * MS);
    assert_int_equal(count("set_line 0 1\n"), 2);
}

static void a_doubled_tick_comes_once_more(void **unused)
{
    (void)unused;
    start();
    assert_true(apply("irq.dup device=pit"));
    run_for(PERIOD_NS);
    assert_int_equal(count("set_line 0 1\n"), 1);
    run_for(MS);
    assert_int_equal(count("set_line 0 1\n"), 2);
    assert_true(apply("irq.delay device=pit by=2ms"));
    run_for(PERIOD_NS - MS);
    assert_int_equal(count("set_line 0 1\n"), 2);
    run_for(2 * MS);
    assert_int_equal(count("set_line 0 1\n"), 3);
    run_for(MS);
    assert_int_equal(count("set_line 0 1\n"), 4);
}

static void a_line_pulses_in_a_storm_and_keeps_its_level(void **unused)
{
    (void)unused;
    start();
    assert_true(apply("irq.storm gsi=4 hz=1000 for=1s"));
    for (unsigned i = 0; i < 4; i++)
        run_for(MS);
    assert_int_equal(count("set_line 4 1\n"), 4);
    assert_int_equal(count("set_line 4 0\n"), 4);
    machine_lock(machine);
    irq_line_set(&machine->board.com1_irq, true);
    machine_unlock(machine);
    fake_kvm_forget_calls();
    run_for(MS);
    run_for(20 * MS);
    assert_int_equal(count("set_line 4 0\n"), 2);
    assert_int_equal(count("set_line 4 1\n"), 2);
    assert_true(machine_rig_end_fault(&rig, "irq.storm gsi=4 hz=1000 for=1s", line));
    fake_kvm_forget_calls();
    run_for(20 * MS);
    assert_int_equal(count("set_line 4 "), 0);
}

static void send_message(uint32_t data)
{
    const struct hpet_wiring *wiring = &machine->board.hpet.wiring;

    machine_lock(machine);
    wiring->message(wiring->ctx, 0xfee00000, data);
    machine_unlock(machine);
}

static void the_hpet_has_its_messages_and_in_legacy_replacement_the_pit_s_line(void **unused)
{
    (void)unused;
    start();
    assert_true(apply("irq.drop device=hpet"));
    assert_true(apply("irq.delay device=pit by=1ms"));
    send_message(1);
    assert_int_equal(count("send_message"), 0);
    machine_lock(machine);
    machine->board.hpet.state.config = 3;
    irq_line_set(&machine->board.hpet_irq0, true);
    machine_unlock(machine);
    assert_int_equal(count("set_line 0 1\n"), 0);
    machine_lock(machine);
    irq_line_set(&machine->board.hpet_irq0, false);
    machine->board.hpet.state.config = 1;
    machine_unlock(machine);
    assert_true(apply("irq.drop device=hpet p=0%"));
    assert_true(apply("irq.dup device=hpet by=2ms"));
    send_message(2);
    run_for(2 * MS);
    assert_int_equal(count("send_message 0xfee00000 0x2\n"), 2);
}

static void so_many_rules_and_storms_can_go_on(void **unused)
{
    char words[64];

    (void)unused;
    start();
    for (unsigned i = 0; i < DELIVERY_RULES_MAX; i++) {
        snprintf(words, sizeof words, "irq.drop gsi=%u every=1000", i + 1);
        assert_true(apply(words));
    }
    assert_false(apply("irq.delay gsi=0 by=1ms"));
    assert_string_equal(line, "irq.delay: 16 are going on, and more cannot");
    for (unsigned i = 0; i < DELIVERY_STORMS_MAX; i++) {
        snprintf(words, sizeof words, "irq.storm gsi=%u hz=1 for=1s", i + 10);
        assert_true(apply(words));
    }
    assert_false(apply("irq.storm gsi=9 hz=1 for=1s"));
    assert_string_equal(line, "irq.storm: 8 are going on, and more cannot");
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, machine_rig_setup, machine_rig_teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_lost_tick_is_not_made_up_for),
        TEST(a_rule_ends_by_itself_or_by_a_share_of_nothing_and_leaves_no_trace),
        TEST(a_late_tick_comes_by_guest_time_and_not_in_a_pause),
        TEST(a_doubled_tick_comes_once_more),
        TEST(a_line_pulses_in_a_storm_and_keeps_its_level),
        TEST(the_hpet_has_its_messages_and_in_legacy_replacement_the_pit_s_line),
        TEST(so_many_rules_and_storms_can_go_on),
    };

    return cmocka_run_group_tests_name("irq_fault", tests, NULL, NULL);
}
