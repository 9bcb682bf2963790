/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of the HPET in a machine: its own clock is wrong, and no other. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/time_math.h"
#include "boot/acpi_map.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/machine/clock_reading.h"
#include "vmm/machine/door.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_fault.h"
#include "vmm/machine/machine_save.h"

#define SEC     NS_PER_SEC
#define HPET_HZ UINT64_C(100000000)
/* Calls that read clocks take time, a thread may make some, and the rate is measured to some 10^-8.
 */
#define SLACK_NS    1000000
#define SLACK_TICKS (SLACK_NS / 10)

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static char line[FAULT_ERROR_BYTES];

static void start(void)
{
    assert_int_equal(machine_rig_create(&rig), 0);
    machine_rig_start(&rig);
}

static bool apply(const char *words)
{
    return machine_rig_apply_fault(&rig, words, line);
}

static struct access hpet_access(uint32_t reg)
{
    return (struct access){
        .space = ACCESS_MEMORY, .addr = ACPI_MAP_HPET_GPA + reg, .size_bytes = 8};
}

/* As a vCPU does. */
static uint64_t read_hpet(uint32_t reg)
{
    struct access access = hpet_access(reg);

    door_pass(machine, &access);
    return access.value;
}

static void write_hpet(uint32_t reg, uint64_t value)
{
    struct access access = hpet_access(reg);

    access.is_write = true;
    access.value = value;
    door_pass(machine, &access);
}

static void a_rate_is_that_of_the_hpet_alone(void **unused)
{
    uint64_t ticks, ns;

    (void)unused;
    start();
    write_hpet(HPET_REG_CONFIG, HPET_CONFIG_ENABLE);
    assert_true(apply("hpet.rate ppb=2000000"));
    ticks = read_hpet(HPET_REG_COUNTER);
    ns = machine_rig_guest_ns(&rig);
    fake_clock_pass_ns(10 * SEC);
    ticks = read_hpet(HPET_REG_COUNTER) - ticks;
    ns = machine_rig_guest_ns(&rig) - ns;
    assert_in_range(ns, 10 * SEC - SLACK_NS, 10 * SEC + SLACK_NS);
    assert_in_range(ticks, 1002 * HPET_HZ / 100 - SLACK_TICKS, 1002 * HPET_HZ / 100 + SLACK_TICKS);
}

static void a_rate_and_back_leaves_what_it_has_gained(void **unused)
{
    uint64_t ticks;

    (void)unused;
    start();
    write_hpet(HPET_REG_CONFIG, HPET_CONFIG_ENABLE);
    assert_true(apply("hpet.rate ppb=-1000000000"));
    ticks = read_hpet(HPET_REG_COUNTER);
    fake_clock_pass_ns(10 * SEC);
    assert_int_equal(read_hpet(HPET_REG_COUNTER), ticks);
    assert_true(apply("hpet.rate ppb=0"));
    fake_clock_pass_ns(SEC);
    assert_in_range(read_hpet(HPET_REG_COUNTER) - ticks, HPET_HZ - SLACK_TICKS,
                    HPET_HZ + SLACK_TICKS);
}

static void it_stands_and_goes_on_at_the_rate_that_it_had(void **unused)
{
    uint64_t ticks;

    (void)unused;
    start();
    write_hpet(HPET_REG_CONFIG, HPET_CONFIG_ENABLE);
    assert_true(apply("hpet.rate ppb=1000000000"));
    assert_true(apply("hpet.stick for=5s"));
    ticks = read_hpet(HPET_REG_COUNTER);
    fake_clock_pass_ns(5 * SEC);
    assert_int_equal(read_hpet(HPET_REG_COUNTER), ticks);
    assert_true(machine_rig_end_fault(&rig, "hpet.stick for=5s", line));
    fake_clock_pass_ns(SEC);
    assert_in_range(read_hpet(HPET_REG_COUNTER) - ticks, 2 * HPET_HZ - SLACK_TICKS,
                    2 * HPET_HZ + SLACK_TICKS);
}

/* The counter is read without the lock before and after, and what query-time says is the same. */
static void a_step_is_seen_at_once_and_is_the_registers(void **unused)
{
    static struct clock_reading reading;
    static struct vcpu_clock vcpus[MACHINE_RIG_CPUS];
    struct access access = hpet_access(HPET_REG_COUNTER);
    uint64_t before;

    (void)unused;
    start();
    write_hpet(HPET_REG_CONFIG, HPET_CONFIG_ENABLE);
    before = read_hpet(HPET_REG_COUNTER);
    assert_true(apply("hpet.step by=1h"));
    assert_true(door_pass_without_lock(machine, &access));
    assert_in_range(access.value, before + 3600 * HPET_HZ, before + 3600 * HPET_HZ + SLACK_NS / 10);
    assert_true(apply("hpet.step by=-1h"));
    assert_in_range(read_hpet(HPET_REG_COUNTER), before, before + 2 * SLACK_NS / 10);
    assert_true(apply("hpet.rate ppb=500000000"));
    fake_clock_pass_ns(SEC);
    assert_false(door_pass_without_lock(machine, &access));
    reading.vcpus = vcpus;
    reading.vcpu_count = MACHINE_RIG_CPUS;
    assert_int_equal(clock_reading_take(&reading, machine), 0);
    assert_in_range(reading.hpet_ticks, before + 3 * HPET_HZ / 2 - SLACK_TICKS,
                    before + 3 * HPET_HZ / 2 + 3 * SLACK_NS / 10);
}

static void its_timer_is_due_by_its_own_time(void **unused)
{
    uint64_t now_ns;

    (void)unused;
    start();
    assert_true(apply("hpet.rate ppb=1000000000"));
    write_hpet(HPET_REG_TIMER_CONFIG(0),
               HPET_TIMER_INT_ENB | HPET_FIRST_ROUTE << HPET_TIMER_ROUTE_SHIFT);
    write_hpet(HPET_REG_TIMER_COMPARATOR(0), HPET_HZ);
    write_hpet(HPET_REG_CONFIG, HPET_CONFIG_ENABLE);
    now_ns = machine_lock(machine);
    assert_in_range(timerq_next_deadline_ns(&machine->board.timers), now_ns + SEC / 2 - SLACK_NS,
                    now_ns + SEC / 2 + 10);
    machine_unlock(machine);
}

/* Legacy replacement takes the PIT's line from it, by guest time: the PIT is behind no lens. */
static void the_pit_and_the_rtc_keep_guest_time(void **unused)
{
    struct access access = {
        .space = ACCESS_PORT, .addr = 0x43, .is_write = true, .size_bytes = 1, .value = 0x34};

    (void)unused;
    start();
    assert_true(apply("hpet.rate ppb=1000000000"));
    fake_clock_pass_ns(100 * SEC);
    door_pass(machine, &access);
    access.addr = 0x40;
    door_pass(machine, &access);
    door_pass(machine, &access);
    write_hpet(HPET_REG_CONFIG, HPET_CONFIG_ENABLE | HPET_CONFIG_LEG_RT);
    write_hpet(HPET_REG_CONFIG, HPET_CONFIG_ENABLE);
    machine_lock(machine);
    assert_in_range(timerq_next_deadline_ns(&machine->board.timers), 100 * SEC - SLACK_NS,
                    101 * SEC);
    machine_unlock(machine);
    assert_true(apply("jump by=1h"));
    assert_in_range(machine_rig_guest_ns(&rig), 3700 * SEC - SLACK_NS, 3701 * SEC);
}

static void a_machine_without_an_hpet_has_no_faults_of_one(void **unused)
{
    (void)unused;
    rig.config.hpet_timers = 0;
    start();
    assert_false(apply("hpet.rate ppb=1"));
    assert_string_equal(line, "hpet.rate: this machine has no HPET");
    assert_false(apply("hpet.step by=1s"));
    assert_string_equal(line, "hpet.step: this machine has no HPET");
}

static void the_hpet_needs_no_tsc_offsets(void **unused)
{
    (void)unused;
    fake_kvm.ignores_tsc_offsets = true;
    start();
    assert_true(apply("hpet.rate ppb=1"));
    assert_true(apply("hpet.step by=1s"));
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, machine_rig_setup, machine_rig_teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_rate_is_that_of_the_hpet_alone),
        TEST(a_rate_and_back_leaves_what_it_has_gained),
        TEST(it_stands_and_goes_on_at_the_rate_that_it_had),
        TEST(a_step_is_seen_at_once_and_is_the_registers),
        TEST(its_timer_is_due_by_its_own_time),
        TEST(the_pit_and_the_rtc_keep_guest_time),
        TEST(a_machine_without_an_hpet_has_no_faults_of_one),
        TEST(the_hpet_needs_no_tsc_offsets),
    };

    return cmocka_run_group_tests_name("hpet_fault", tests, NULL, NULL);
}
