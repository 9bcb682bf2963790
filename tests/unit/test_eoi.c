/* SPDX-License-Identifier: BSD-2-Clause */
/* Which EOIs are listened to, from when on, and what reaches the chip that waits for them. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_irqchip.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/host/event_loop.h"
#include "vmm/host/log.h"
#include "vmm/machine/door.h"
#include "vmm/machine/eoi.h"
#include "vmm/machine/machine_timers.h"

#define PIT_GSI   0
#define PERIOD_NS 1000000

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static struct event_loop loop;

static void make(enum lost_ticks pit, enum lost_ticks hpet)
{
    machine_rig_begin(&rig);
    rig.config.pit_lost_ticks = (uint8_t)pit;
    rig.config.hpet_lost_ticks = (uint8_t)hpet;
    assert_int_equal(machine_rig_create(&rig), 0);
    event_loop_init(&loop);
    assert_int_equal(eoi_attach(&machine->eoi, &loop, machine), 0);
    fake_kvm_forget_calls();
}

static int setup(void **unused)
{
    (void)unused;
    make(LOST_TICKS_BURST, LOST_TICKS_DROP);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    machine_rig_destroy(&rig);
    log_set_verbose(false);
    return 0;
}

static void turn(void)
{
    assert_int_equal(event_loop_turn(&loop, 0), 0);
}

static void drive(unsigned gsi)
{
    machine_lock(machine);
    eoi_line_driven(&machine->eoi, gsi);
    machine_unlock(machine);
}

static void nothing_is_asked_for_before_the_line_is_driven(void **unused)
{
    (void)unused;
    turn();
    assert_string_equal(fake_kvm_calls(), "");
}

static void the_first_drive_of_a_line_is_asked_for_once_by_the_main_loop(void **unused)
{
    (void)unused;
    drive(PIT_GSI);
    assert_string_equal(fake_kvm_calls(), "");
    drive(PIT_GSI);
    turn();
    drive(PIT_GSI);
    turn();
    assert_string_equal(fake_kvm_calls(), "listen_for_eoi 0\n");
}

static void a_line_whose_lost_ticks_are_dropped_is_not_listened_to(void **unused)
{
    (void)unused;
    drive(20);
    drive(4);
    turn();
    assert_string_equal(fake_kvm_calls(), "");
}

static void all_lines_of_an_hpet_that_makes_up_for_ticks_are_listened_to(void **unused)
{
    (void)unused;
    teardown(NULL);
    make(LOST_TICKS_DROP, LOST_TICKS_SLEW);
    for (unsigned gsi = 0; gsi < FAKE_IRQCHIP_GSIS; gsi++)
        drive(gsi);
    turn();
    assert_int_equal(fake_kvm_count("listen_for_eoi"), BOARD_MAX_EOI_GSIS);
    assert_true(fake_irqchip.eoi_fds[0] >= 0 && fake_irqchip.eoi_fds[8] >= 0);
    assert_int_equal(fake_irqchip.eoi_fds[4], -1);
}

/* The PIT in mode 2 with a period of 1 ms, and its line as the PIC drives it. */
static void start_pit(void)
{
    uint64_t now_ns = machine_lock(machine);

    bus_write(&machine->board.buses[ACCESS_PORT], now_ns, 0x43, 1, 0x34);
    bus_write(&machine->board.buses[ACCESS_PORT], now_ns, 0x40, 1, 1193 & 0xff);
    bus_write(&machine->board.buses[ACCESS_PORT], now_ns, 0x40, 1, 1193 >> 8);
    machine_unlock(machine);
}

/* As the timer thread does. */
static void run_for(uint64_t ns)
{
    uint64_t now_ns;

    fake_clock_pass_ns(ns);
    now_ns = machine_lock(machine);
    machine_run_timers(machine, now_ns);
    machine_unlock(machine);
}

static uint64_t owed(void)
{
    struct tick_counts counts = {0};

    tick_policy_count(&machine->board.pit.state.ticks, &counts);
    return counts.owed;
}

static void eoi(uint64_t times)
{
    fake_irqchip_eoi(PIT_GSI, times);
    turn();
    run_for(0);
}

/* The first notice tells that notices come; after it each tick waits for the EOI of the last. */
static void an_eoi_delivers_the_next_tick_that_is_owed(void **unused)
{
    unsigned edges;

    (void)unused;
    start_pit();
    run_for(PERIOD_NS + PERIOD_NS / 2);
    turn();
    eoi(1);
    run_for(PERIOD_NS);
    run_for(PERIOD_NS);
    run_for(PERIOD_NS);
    assert_int_equal(owed(), 2);
    turn();
    fake_kvm_forget_calls();
    eoi(1);
    edges = fake_kvm_count("set_line");
    assert_true(edges > 0);
    assert_int_equal(owed(), 1);
    turn();
    run_for(0);
    assert_int_equal(fake_kvm_count("set_line"), edges);
    eoi(1);
    assert_int_equal(owed(), 0);
}

static bool an_eoi_waits_to_be_read(void)
{
    struct pollfd fd = {.fd = fake_irqchip.eoi_fds[PIT_GSI], .events = POLLIN};

    return poll(&fd, 1, 0) == 1;
}

static void an_eoi_with_no_tick_owed_wakes_nobody_and_is_read_before_the_next_tick(void **unused)
{
    (void)unused;
    start_pit();
    run_for(PERIOD_NS + PERIOD_NS / 2);
    turn();
    for (int i = 0; i < 3; i++) {
        fake_irqchip_eoi(PIT_GSI, 1);
        turn();
        assert_true(an_eoi_waits_to_be_read());
        fake_kvm_forget_calls();
        run_for(PERIOD_NS);
        assert_false(an_eoi_waits_to_be_read());
        assert_int_equal(fake_kvm_count("set_line"), 2);
        assert_int_equal(owed(), 0);
    }
}

/* The access that runs the timer is a vCPU's; the timer thread has not come to it yet. */
static void an_eoi_is_read_before_an_access_runs_the_tick(void **unused)
{
    struct access access = {.space = ACCESS_PORT, .addr = 0x61, .size_bytes = 1};

    (void)unused;
    start_pit();
    run_for(PERIOD_NS + PERIOD_NS / 2);
    turn();
    fake_irqchip_eoi(PIT_GSI, 1);
    run_for(PERIOD_NS);
    for (int i = 0; i < 3; i++) {
        fake_irqchip_eoi(PIT_GSI, 1);
        fake_clock_pass_ns(PERIOD_NS);
        fake_kvm_forget_calls();
        assert_true(door_pass(machine, &access));
        assert_int_equal(fake_kvm_count("set_line"), 2);
        assert_int_equal(owed(), 0);
    }
}

/* Half of a period after the EOI the next one comes: that is known only if it is read at once. */
static void in_a_slew_an_eoi_is_read_at_once(void **unused)
{
    (void)unused;
    teardown(NULL);
    make(LOST_TICKS_SLEW, LOST_TICKS_DROP);
    start_pit();
    run_for(PERIOD_NS + PERIOD_NS / 2);
    turn();
    fake_irqchip_eoi(PIT_GSI, 1);
    run_for(PERIOD_NS);
    turn();
    fake_irqchip_eoi(PIT_GSI, 1);
    turn();
    assert_false(an_eoi_waits_to_be_read());
}

static void a_kvm_that_cannot_tell_is_said_once_and_the_machine_goes_on(void **unused)
{
    (void)unused;
    log_set_verbose(true);
    fake_kvm_fail("listen_for_eoi", 0, EINVAL);
    drive(PIT_GSI);
    turn();
    turn();
    assert_string_equal(said(),
                        "minivmm: KVM does not tell of EOIs (KVM_IRQFD: Invalid argument): guest "
                        "time paces the ticks of PIT and HPET that are made up for\n");
    assert_false(machine_is_ending(machine));
}

static void a_loop_without_room_is_an_error(void **unused)
{
    static struct event_loop full;
    static struct event_source sources[EVENT_LOOP_MAX_SOURCES];

    (void)unused;
    event_loop_init(&full);
    for (unsigned i = 0; i < EVENT_LOOP_MAX_SOURCES - 1; i++)
        assert_int_equal(event_source_add(&full, &sources[i], 0, 0, NULL, NULL), 0);
    assert_int_equal(eoi_attach(&machine->eoi, &full, machine), -ENOSPC);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_asked_for_before_the_line_is_driven),
        TEST(the_first_drive_of_a_line_is_asked_for_once_by_the_main_loop),
        TEST(a_line_whose_lost_ticks_are_dropped_is_not_listened_to),
        TEST(all_lines_of_an_hpet_that_makes_up_for_ticks_are_listened_to),
        TEST(an_eoi_delivers_the_next_tick_that_is_owed),
        TEST(an_eoi_with_no_tick_owed_wakes_nobody_and_is_read_before_the_next_tick),
        TEST(an_eoi_is_read_before_an_access_runs_the_tick),
        TEST(in_a_slew_an_eoi_is_read_at_once),
        TEST(a_kvm_that_cannot_tell_is_said_once_and_the_machine_goes_on),
        TEST(a_loop_without_room_is_an_error),
    };

    return cmocka_run_group_tests_name("eoi", tests, NULL, NULL);
}
