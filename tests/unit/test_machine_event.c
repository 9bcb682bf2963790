/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens to a machine, for somebody who listens. */
#include "tests/unit/unit.h"

#include <stdbool.h>

#include "base/time_math.h"
#include "tests/unit/machine_rig.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_event.h"

#define PANIC "[    1.2] Kernel panic - not syncing: no init\n"

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static struct machine_events events;

static void make(void)
{
    assert_int_equal(machine_rig_create(&rig), 0);
    assert_int_equal(machine_events_open(&events), 0);
    machine->events = &events;
}

static int teardown(void **unused)
{
    (void)unused;
    machine_rig_destroy(&rig);
    machine_events_close(&events);
    return 0;
}

static struct machine_event_record event(void)
{
    return machine_rig_event(&rig, &events);
}

static void assert_no_event(void)
{
    machine_rig_assert_no_event(&rig, &events);
}

static void request(enum guest_request wish)
{
    machine_lock(machine);
    machine->board.hooks.request(machine->board.hooks.ctx, wish, 0);
    machine_unlock(machine);
}

static void a_reset_by_the_guest_is_one_and_the_end(void **unused)
{
    struct machine_event_record record;

    (void)unused;
    make();
    request(GUEST_RESET);
    request(GUEST_RESET);
    record = event();
    assert_no_event();
    assert_int_equal(record.event, MACHINE_RESET);
    assert_true(record.by_guest);
    assert_int_equal(record.value, MACHINE_ENDED_BY_GUEST_RESET);
    assert_int_equal(machine->end_cause, MACHINE_ENDED_BY_GUEST_RESET);
}

static void pvpanic_is_told_by_its_events(void **unused)
{
    (void)unused;
    make();
    request(GUEST_CRASH_LOADED);
    request(GUEST_PANICKED);
    assert_int_equal(event().value, GUEST_CRASH_LOADED);
    assert_int_equal(event().value, GUEST_PANICKED);
    assert_false(machine_is_ending(machine));
}

/* The causes that follow from a status. */
static void the_cause_of_the_end_follows_from_its_status(void **unused)
{
    static const struct {
        int status;
        enum machine_end_cause cause;
    } rows[] = {
        {EXIT_STATUS_OK, MACHINE_ENDED_BY_GUEST_SHUTDOWN},
        {33, MACHINE_ENDED_BY_GUEST_SHUTDOWN},
        {EXIT_STATUS_GUEST_CRASH, MACHINE_ENDED_BY_GUEST_PANIC},
        {EXIT_STATUS_TIMEOUT, MACHINE_ENDED_BY_HOST_SIGNAL},
        {EXIT_STATUS_INTERRUPTED, MACHINE_ENDED_BY_HOST_SIGNAL},
        {EXIT_STATUS_HOST_ERROR, MACHINE_ENDED_BY_HOST_ERROR},
        {EXIT_STATUS_KVM_UNABLE, MACHINE_ENDED_BY_HOST_ERROR},
    };

    (void)unused;
    make();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        machine->stop_reasons = 0;
        machine_end(machine, rows[i].status, "%s", "");
        assert_int_equal(machine->end_cause, rows[i].cause);
    }
}

static void a_panic_on_the_console_is_an_event_once(void **unused)
{
    struct machine_event_record record;

    (void)unused;
    rig.host.console = CONSOLE_FILE;
    rig.host.console_path = "/dev/null";
    make();
    for (const char *at = PANIC PANIC; *at != '\0'; at++)
        machine->board.hooks.console_tx(machine->board.hooks.ctx, (uint8_t)*at);
    record = event();
    assert_int_equal(record.event, MACHINE_GUEST_PANICKED);
    assert_true(record.by_guest);
    assert_int_equal(record.value, GUEST_PANICKED);
    assert_no_event();
}

/* What the guest writes to the RTC's register. */
static void set_rtc(unsigned index, unsigned value)
{
    uint64_t now_ns = machine_lock(machine);

    bus_write(&machine->board.buses[ACCESS_PORT], now_ns, 0x70, 1, index);
    bus_write(&machine->board.buses[ACCESS_PORT], now_ns, 0x71, 1, value);
    timerq_run(&machine->board.timers, now_ns + 2 * NS_PER_SEC);
    machine_unlock(machine);
}

/* The fake clock's date is 14 November 2023. */
static void a_date_that_the_guest_sets_is_told_against_base(void **unused)
{
    struct machine_event_record record;
    int64_t day_ns = 24 * 3600 * (int64_t)NS_PER_SEC;

    (void)unused;
    make();
    set_rtc(7, 0x16);
    record = event();
    assert_int_equal(record.event, MACHINE_RTC_CHANGED);
    assert_int_equal((record.value + day_ns) / (day_ns / 1000), 3000);
    assert_no_event();
}

static void with_another_base_the_offset_is_from_there(void **unused)
{
    int64_t day_ns = 24 * 3600 * (int64_t)NS_PER_SEC;

    (void)unused;
    rig.config.rtc_base = RTC_BASE_FIXED;
    rig.config.rtc_start_sec = 10 * 24 * 3600;
    make();
    set_rtc(7, 0x12);
    assert_int_equal((event().value + day_ns) / (day_ns / 1000), 2000);
}

static void events_have_a_bound_and_those_beyond_it_are_counted(void **unused)
{
    (void)unused;
    make();
    machine_lock(machine);
    for (int64_t i = 0; i < MACHINE_EVENTS_MAX + 3; i++)
        machine_event_post(machine, MACHINE_MIGRATION, false, i);
    machine_unlock(machine);
    assert_int_equal(events.dropped, 3);
    for (int64_t i = 0; i < MACHINE_EVENTS_MAX; i++)
        assert_int_equal(event().value, i);
    assert_no_event();
}

static void a_guest_leaves_room_for_what_it_does_not_bring_about(void **unused)
{
    (void)unused;
    make();
    machine_lock(machine);
    for (int64_t i = 0; i < MACHINE_EVENTS_MAX; i++)
        machine_event_post(machine, MACHINE_RTC_CHANGED, true, i);
    machine_event_post(machine, MACHINE_POWER_BUTTON, false, 0);
    machine_unlock(machine);
    for (int64_t i = 0; i < MACHINE_EVENTS_BY_GUEST; i++)
        assert_int_equal(event().value, i);
    assert_int_equal(event().event, MACHINE_POWER_BUTTON);
    assert_no_event();
}

static void without_a_listener_nothing_is_kept(void **unused)
{
    (void)unused;
    make();
    machine->events = NULL;
    machine_lock(machine);
    machine_event_post(machine, MACHINE_POWER_BUTTON, false, 0);
    machine_unlock(machine);
    assert_no_event();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, machine_rig_setup, teardown, &rig)
    const struct CMUnitTest tests[] = {
        TEST(a_reset_by_the_guest_is_one_and_the_end),
        TEST(pvpanic_is_told_by_its_events),
        TEST(the_cause_of_the_end_follows_from_its_status),
        TEST(a_panic_on_the_console_is_an_event_once),
        TEST(a_date_that_the_guest_sets_is_told_against_base),
        TEST(with_another_base_the_offset_is_from_there),
        TEST(events_have_a_bound_and_those_beyond_it_are_counted),
        TEST(a_guest_leaves_room_for_what_it_does_not_bring_about),
        TEST(without_a_listener_nothing_is_kept),
    };

    return cmocka_run_group_tests_name("machine_event", tests, NULL, NULL);
}
