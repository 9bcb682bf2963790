/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of the PIT, the RTC and the PM timer in a machine: one clock is wrong, and no other. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/time_math.h"
#include "boot/acpi_map.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/machine_rig.h"
#include "vmm/machine/clock_reading.h"
#include "vmm/machine/door.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_fault.h"

#define SEC   ((int64_t)NS_PER_SEC)
#define PM_HZ 3579545
/* Calls that read clocks take time, a thread may make some, and the rate is measured to some 10^-8.
 */
#define SLACK_NS    1000000
#define SLACK_TICKS (SLACK_NS * INT64_C(4) / 1000)

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

/* As a vCPU does. */
static uint64_t in(uint16_t port, unsigned size_bytes)
{
    struct access access = {.space = ACCESS_PORT, .addr = port, .size_bytes = size_bytes};

    if (!door_pass_without_lock(machine, &access))
        door_pass(machine, &access);
    return access.value;
}

static void out(uint16_t port, uint64_t value, unsigned size_bytes)
{
    struct access access = {.space = ACCESS_PORT,
                            .addr = port,
                            .is_write = true,
                            .size_bytes = size_bytes,
                            .value = value};

    door_pass(machine, &access);
}

static uint64_t pm_timer(void)
{
    return in(ACPI_MAP_PM_PORT + ACPI_PM_REG_TMR, 4);
}

static bool pm_status(void)
{
    return (in(ACPI_MAP_PM_PORT + ACPI_PM_REG_STS, 2) & ACPI_PM_TMR_BIT) != 0;
}

/* From one reading of a counter of 24 bits to a later one. */
static int64_t pm_ticks(uint64_t from, uint64_t to)
{
    return (int64_t)((to - from) & 0xffffff);
}

static void assert_near(int64_t value, int64_t expected, int64_t slack)
{
    assert_in_range(value - expected + slack, 0, 2 * slack);
}

/* The date that the RTC shows, against guest time: what it is ahead. */
static int64_t rtc_ahead_ns(void)
{
    static struct clock_reading reading;
    static struct vcpu_clock vcpus[MACHINE_RIG_CPUS];

    reading.vcpus = vcpus;
    reading.vcpu_count = MACHINE_RIG_CPUS;
    assert_int_equal(clock_reading_take(&reading, machine), 0);
    assert_true(reading.rtc_shows_date);
    return reading.rtc_ns - (int64_t)reading.guest_ns;
}

static uint64_t deadline_ns(void)
{
    uint64_t ns;

    machine_lock(machine);
    ns = timerq_next_deadline_ns(&machine->board.timers);
    machine_unlock(machine);
    return ns;
}

static void a_rate_of_the_pm_timer_is_its_own(void **unused)
{
    uint64_t ticks, ns;
    int64_t ahead_ns;

    (void)unused;
    start();
    assert_true(apply("pm.rate ppb=500000000"));
    ticks = pm_timer();
    ns = machine_rig_guest_ns(&rig);
    ahead_ns = rtc_ahead_ns();
    fake_clock_pass_ns(2 * SEC);
    assert_near(pm_ticks(ticks, pm_timer()), 3 * PM_HZ, SLACK_TICKS);
    assert_near((int64_t)(machine_rig_guest_ns(&rig) - ns), 2 * SEC, SLACK_NS);
    assert_near(rtc_ahead_ns(), ahead_ns, SLACK_NS);
}

static void a_pm_timer_that_stands_goes_on_from_there(void **unused)
{
    uint64_t ticks;

    (void)unused;
    start();
    assert_true(apply("pm.stick for=10s"));
    ticks = pm_timer();
    fake_clock_pass_ns(10 * SEC);
    assert_int_equal(pm_timer(), ticks);
    assert_true(machine_rig_end_fault(&rig, "pm.stick for=10s", line));
    fake_clock_pass_ns(SEC);
    assert_near(pm_ticks(ticks, pm_timer()), PM_HZ, SLACK_TICKS);
}

static void a_pm_timer_steps_both_ways(void **unused)
{
    uint64_t ticks;

    (void)unused;
    start();
    ticks = pm_timer();
    assert_true(apply("pm.step by=1s"));
    assert_near(pm_ticks(ticks, pm_timer()), PM_HZ, SLACK_TICKS);
    assert_true(apply("pm.step by=-1s"));
    assert_in_range(pm_ticks(ticks, pm_timer()), 0, SLACK_TICKS);
    ticks = pm_timer();
    assert_true(apply("pm.step by=-2s"));
    assert_near(pm_ticks(pm_timer(), ticks), 2 * PM_HZ, SLACK_TICKS);
}

/* The top bit changes each 2.34 s. */
static void the_pm_timer_s_status_is_set_if_its_top_bit_changes(void **unused)
{
    (void)unused;
    start();
    assert_true(apply("pm.step by=1s"));
    assert_false(pm_status());
    assert_true(apply("pm.step by=-500ms"));
    assert_false(pm_status());
    assert_true(apply("pm.step by=2s"));
    assert_true(pm_status());
    assert_true(apply("pm.step by=100ms"));
    assert_true(pm_status());
    out(ACPI_MAP_PM_PORT + ACPI_PM_REG_STS, ACPI_PM_TMR_BIT, 2);
    assert_false(pm_status());
    assert_true(apply("pm.step by=-1s"));
    assert_true(pm_status());
}

static void a_pm_timer_jitters_and_is_right_afterwards(void **unused)
{
    int64_t ahead, most = 0;
    uint64_t ticks, ns;

    (void)unused;
    start();
    ticks = pm_timer();
    ns = machine_rig_guest_ns(&rig);
    assert_true(apply("pm.jitter by=20ms every=100ms for=4s"));
    for (unsigned i = 0; i < 40; i++) {
        fake_clock_pass_ns(SEC / 10);
        ahead = pm_ticks(ticks, pm_timer()) -
                (int64_t)((machine_rig_guest_ns(&rig) - ns) * PM_HZ / NS_PER_SEC);
        assert_near(ahead, 0, PM_HZ / 50 + SLACK_TICKS);
        most = ahead > most ? ahead : most;
    }
    assert_true(most > PM_HZ / 100);
    assert_true(machine_rig_end_fault(&rig, "pm.jitter by=20ms every=100ms for=4s", line));
    fake_clock_pass_ns(SEC / 10);
    assert_near(pm_ticks(ticks, pm_timer()),
                (int64_t)((machine_rig_guest_ns(&rig) - ns) * PM_HZ / NS_PER_SEC), SLACK_TICKS);
}

static void a_jitter_that_would_go_back_is_refused(void **unused)
{
    (void)unused;
    start();
    assert_false(apply("pm.jitter by=6ms"));
    assert_string_equal(
        line,
        "pm.jitter: by is at most half of every, which is 10ms here, as the clock would go back");
    assert_true(apply("pm.jitter by=6ms every=12ms kind=walk"));
}

static void the_rtc_s_date_steps_both_ways(void **unused)
{
    int64_t ahead_ns;

    (void)unused;
    start();
    ahead_ns = rtc_ahead_ns();
    assert_true(apply("rtc.step by=1h"));
    assert_near(rtc_ahead_ns() - ahead_ns, 3600 * SEC, SLACK_NS);
    assert_true(apply("rtc.step by=-25h"));
    assert_near(rtc_ahead_ns() - ahead_ns, -24 * 3600 * SEC, SLACK_NS);
    assert_true(apply("rtc.step by=86400.25s"));
    assert_near(rtc_ahead_ns() - ahead_ns, SEC / 4, SLACK_NS);
    for (unsigned i = 0; i < 5; i++)
        assert_true(apply("rtc.step by=-3650d"));
    assert_false(apply("rtc.step by=-3650d"));
    assert_string_equal(line, "rtc.step: this clock has no such time");
}

static uint8_t cmos(uint8_t index)
{
    out(0x70, index, 1);
    return (uint8_t)in(0x71, 1);
}

static void an_empty_battery_loses_date_and_memory_and_says_so(void **unused)
{
    uint8_t b;

    (void)unused;
    start();
    b = cmos(RTC_B);
    out(0x70, 0x40, 1);
    out(0x71, 0x77, 1);
    assert_int_equal(cmos(RTC_D), RTC_D_VRT);
    assert_true(apply("rtc.battery"));
    assert_int_equal(cmos(RTC_YEAR), 0);
    assert_int_equal(cmos(RTC_CENTURY), 0x20);
    assert_int_equal(cmos(RTC_DAY), 1);
    assert_int_equal(cmos(RTC_WEEKDAY), 7);
    assert_int_equal(cmos(0x40), 0);
    assert_int_equal(cmos(RTC_B), b);
    assert_int_equal(cmos(RTC_D), 0);
    assert_int_equal(cmos(RTC_D), RTC_D_VRT);
    fake_clock_pass_ns(10 * SEC);
    assert_in_range(cmos(RTC_SECOND), 9, 0x11);
}

static void a_step_of_the_wall_clock_is_the_rtc_s_too(void **unused)
{
    int64_t ahead_ns;
    uint64_t wall_ns;

    (void)unused;
    start();
    ahead_ns = rtc_ahead_ns();
    wall_ns = machine->board.kvmclock.clock.wiring.wall_zero_ns;
    assert_true(apply("wall.step by=1h"));
    assert_near(rtc_ahead_ns() - ahead_ns, 3600 * SEC, SLACK_NS);
    assert_int_equal(machine->board.kvmclock.clock.wiring.wall_zero_ns - wall_ns, 3600 * SEC);
    for (unsigned i = 0; i < 5; i++)
        assert_true(apply("wall.step by=-3650d"));
    assert_false(apply("wall.step by=-3650d"));
    assert_string_equal(line, "wall.step: dates are those from 1970 to 2199, also at guest time 0");
    assert_near(rtc_ahead_ns() - ahead_ns, 3600 * SEC - 5 * 3650 * 86400 * SEC, SLACK_NS);
}

static void the_rtc_has_a_rate_of_its_own(void **unused)
{
    int64_t ahead_ns;

    (void)unused;
    start();
    ahead_ns = rtc_ahead_ns();
    assert_true(apply("rtc.rate ppb=100000000"));
    fake_clock_pass_ns(100 * SEC);
    assert_near(rtc_ahead_ns() - ahead_ns, 10 * SEC, SLACK_NS);
    assert_true(apply("rtc.stick"));
    fake_clock_pass_ns(5 * SEC);
    assert_near(rtc_ahead_ns() - ahead_ns, 5 * SEC, SLACK_NS);
    assert_true(apply("rtc.step by=-5s"));
    assert_near(rtc_ahead_ns() - ahead_ns, 0, SLACK_NS);
}

/* What the guest sets is told a second of guest time later, whatever the RTC takes for one. */
static void a_date_that_the_guest_sets_is_told_by_guest_time(void **unused)
{
    uint64_t ns;

    (void)unused;
    start();
    assert_true(apply("rtc.rate ppb=1000000000"));
    fake_clock_pass_ns(100 * SEC);
    out(0x70, RTC_MINUTE, 1);
    out(0x71, 0x30, 1);
    ns = machine_rig_guest_ns(&rig);
    assert_true(machine->rtc.report_timer.armed);
    assert_near((int64_t)(machine->rtc.report_timer.deadline_ns - ns), SEC, SLACK_NS);
}

static void start_pit(uint16_t count)
{
    out(0x43, 0x34, 1);
    out(0x40, count & 0xff, 1);
    out(0x40, count >> 8, 1);
}

static void the_pit_ticks_at_its_own_rate(void **unused)
{
    (void)unused;
    start();
    assert_true(apply("pit.rate ppb=1000000000"));
    start_pit(59659);
    assert_near((int64_t)(deadline_ns() - machine_rig_guest_ns(&rig)), 25000000, SLACK_NS);
}

static void of_the_pit_s_ticks_on_the_way_one_comes(void **unused)
{
    (void)unused;
    start();
    start_pit(59659);
    assert_true(apply("pit.step by=1h"));
    assert_int_equal(machine->board.pit.state.ticks.owed, 0);
    assert_in_range(deadline_ns() - machine_rig_guest_ns(&rig), 0, 50000000 + SLACK_NS);
    for (unsigned i = 0; i < 9; i++)
        assert_true(apply("pit.step by=3650d"));
    assert_false(apply("pit.step by=3650d"));
    assert_string_equal(line, "pit.step: this clock has no such time");
}

static void the_power_button_comes_at_a_clock_that_is_wrong(void **unused)
{
    (void)unused;
    start();
    fake_clock_pass_ns(10 * SEC);
    assert_true(apply("pm.rate ppb=-500000000"));
    fake_clock_pass_ns(10 * SEC);
    machine_lock(machine);
    acpi_pm_press_power_button(
        &machine->board.pm, board_clock_ns(&machine->board, BOARD_PM, machine->timebase.guest_ns));
    machine_unlock(machine);
    assert_true((in(ACPI_MAP_PM_PORT + ACPI_PM_REG_STS, 2) & ACPI_PM_PWRBTN_BIT) != 0);
}

static void what_a_machine_has_not_got_has_no_faults(void **unused)
{
    (void)unused;
    rig.config.pmtimer_bits = 0;
    rig.config.rtc_follows_host = true;
    start();
    assert_false(apply("pm.rate ppb=1"));
    assert_string_equal(line, "pm.rate: this machine has no PM timer");
    assert_false(apply("rtc.step by=1s"));
    assert_string_equal(line, "rtc.step: --rtc clock=host keeps the RTC at the host's date");
}

/* Without a fault nothing is between a chip and the bus, and counters are read without the lock. */
static void a_wrong_rtc_or_pit_keeps_nobody_waiting(void **unused)
{
    struct access access = {
        .space = ACCESS_PORT, .addr = ACPI_MAP_PM_PORT + ACPI_PM_REG_TMR, .size_bytes = 4};

    (void)unused;
    start();
    assert_true(door_pass_without_lock(machine, &access));
    assert_true(apply("rtc.rate ppb=5"));
    assert_true(apply("pit.rate ppb=5"));
    assert_true(apply("rtc.step by=5s"));
    assert_true(door_pass_without_lock(machine, &access));
    assert_true(apply("pm.rate ppb=5"));
    assert_false(door_pass_without_lock(machine, &access));
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, machine_rig_setup, machine_rig_teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_rate_of_the_pm_timer_is_its_own),
        TEST(a_pm_timer_that_stands_goes_on_from_there),
        TEST(a_pm_timer_steps_both_ways),
        TEST(the_pm_timer_s_status_is_set_if_its_top_bit_changes),
        TEST(a_pm_timer_jitters_and_is_right_afterwards),
        TEST(a_jitter_that_would_go_back_is_refused),
        TEST(the_rtc_s_date_steps_both_ways),
        TEST(the_rtc_has_a_rate_of_its_own),
        TEST(an_empty_battery_loses_date_and_memory_and_says_so),
        TEST(a_step_of_the_wall_clock_is_the_rtc_s_too),
        TEST(a_date_that_the_guest_sets_is_told_by_guest_time),
        TEST(the_pit_ticks_at_its_own_rate),
        TEST(of_the_pit_s_ticks_on_the_way_one_comes),
        TEST(the_power_button_comes_at_a_clock_that_is_wrong),
        TEST(what_a_machine_has_not_got_has_no_faults),
        TEST(a_wrong_rtc_or_pit_keeps_nobody_waiting),
    };

    return cmocka_run_group_tests_name("chip_fault", tests, NULL, NULL);
}
