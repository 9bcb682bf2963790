/* SPDX-License-Identifier: BSD-2-Clause */
/* --snapshot-at boot:REGEX, of a machine that boots again; a probe that asks for orders. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/cmd/run_control.h"
#include "vmm/cmd/snapshot_trigger.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_snapshot.h"

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static struct snapshot_trigger trigger;
static struct run_control run;
static struct event_loop loop;
static unsigned saves;
static int save_result;

int machine_snapshot(struct machine *saved, const char *path, enum snapshot_then then)
{
    (void)saved;
    (void)path;
    (void)then;
    saves++;
    return save_result;
}

static int open_trigger(void)
{
    assert_int_equal(machine_rig_create(&rig), 0);
    saves = 0;
    save_result = 0;
    event_loop_init(&loop);
    assert_int_equal(run_control_attach(&run, machine, &loop), 0);
    assert_int_equal(snapshot_trigger_open(&trigger, machine), 0);
    assert_int_equal(snapshot_trigger_attach(&trigger, &loop, &run), 0);
    return 0;
}

static int setup(void **unused)
{
    (void)unused;
    machine_rig_begin(&rig);
    strcpy(rig.host.snapshot_at.path, "file");
    strcpy(rig.host.snapshot_at.pattern, "^login");
    return open_trigger();
}

static int setup_enquiry(void **unused)
{
    (void)unused;
    machine_rig_begin(&rig);
    strcpy(rig.host.snapshot_at.path, "file");
    rig.host.snapshot_at.at_enquiry = true;
    return open_trigger();
}

static int setup_time(void **unused)
{
    (void)unused;
    machine_rig_begin(&rig);
    strcpy(rig.host.snapshot_at.path, "file");
    rig.host.snapshot_at.guest_ns = 10 * NS_PER_SEC;
    return open_trigger();
}

static int teardown(void **unused)
{
    (void)unused;
    run_control_close(&run);
    machine_rig_destroy(&rig);
    snapshot_trigger_close(&trigger);
    return 0;
}

static void print(const char *text)
{
    while (*text != '\0')
        machine->console_tap.byte(machine->console_tap.ctx, (uint8_t)*text++);
}

static void assert_saves(unsigned count)
{
    event_loop_turn(&loop, 0);
    assert_int_equal(saves, count);
}

static void a_line_does_not_go_on_in_the_next_boot(void **unused)
{
    (void)unused;
    print("part");
    snapshot_trigger_begin_boot(&trigger);
    print("login");
    assert_saves(1);
}

static void a_line_of_a_boot_that_is_over_is_not_that_of_the_next(void **unused)
{
    (void)unused;
    print("login");
    snapshot_trigger_begin_boot(&trigger);
    assert_saves(0);
    print("login");
    assert_saves(1);
}

static void a_save_that_the_reset_has_prevented_is_made_in_the_next_boot(void **unused)
{
    (void)unused;
    save_result = -ECANCELED;
    print("login");
    assert_saves(1);
    save_result = 0;
    snapshot_trigger_begin_boot(&trigger);
    print("login");
    assert_saves(2);
}

static void it_is_taken_once(void **unused)
{
    (void)unused;
    print("login");
    assert_saves(1);
    snapshot_trigger_begin_boot(&trigger);
    print("login");
    assert_saves(1);
}

static void a_migration_that_fails_only_puts_it_off(void **unused)
{
    (void)unused;
    machine->pause.is_moving = true;
    print("login");
    assert_saves(0);
    assert_saves(0);
    machine->pause.is_moving = false;
    fake_clock_pass_ns(NS_PER_SEC);
    assert_saves(1);
    fake_clock_pass_ns(NS_PER_SEC);
    assert_saves(1);
}

/* By hand, as there are no vCPUs that could be held. */
static void jump(uint64_t by_ns)
{
    uint64_t now_ns = machine_lock(machine);

    live_clock_begin(&machine->live);
    kvmclock_jump(&machine->board.kvmclock.clock, host_tsc(),
                  live_clock_raise(&machine->live, now_ns + by_ns));
    machine_unlock(machine);
    run_control_follow_pause(&run);
}

static void a_guest_time_is_waited_for(void **unused)
{
    (void)unused;
    assert_saves(0);
    fake_clock_pass_ns(9 * NS_PER_SEC);
    assert_saves(0);
    fake_clock_pass_ns(NS_PER_SEC + 10000);
    assert_saves(1);
    run_control_follow_pause(&run);
    assert_saves(1);
}

static void a_jump_over_its_time_brings_it_at_once(void **unused)
{
    (void)unused;
    assert_saves(0);
    jump(5 * NS_PER_SEC);
    assert_saves(0);
    jump(5 * NS_PER_SEC);
    assert_saves(1);
    snapshot_trigger_begin_boot(&trigger);
    run_control_follow_pause(&run);
    assert_saves(1);
}

static void report(const char *text)
{
    while (*text != '\0')
        machine->report_tap.byte(machine->report_tap.ctx, (uint8_t)*text++);
}

static void an_enquiry_on_com2_saves_once(void **unused)
{
    (void)unused;
    assert_null(machine->console_tap.byte);
    report("\n");
    assert_saves(0);
    report("\5");
    assert_saves(1);
    report("\5");
    assert_saves(1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_guest_time_is_waited_for, setup_time, teardown),
        cmocka_unit_test_setup_teardown(a_jump_over_its_time_brings_it_at_once, setup_time,
                                        teardown),
        TEST(a_line_does_not_go_on_in_the_next_boot),
        TEST(a_line_of_a_boot_that_is_over_is_not_that_of_the_next),
        TEST(a_save_that_the_reset_has_prevented_is_made_in_the_next_boot),
        TEST(it_is_taken_once),
        TEST(a_migration_that_fails_only_puts_it_off),
        cmocka_unit_test_setup_teardown(an_enquiry_on_com2_saves_once, setup_enquiry, teardown),
    };

    return cmocka_run_group_tests_name("snapshot_trigger", tests, NULL, NULL);
}
