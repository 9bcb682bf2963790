/* SPDX-License-Identifier: BSD-2-Clause */
/* Readings of clocks in a trace: what they showed, and how far that is from what they should have.
 */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/time_math.h"
#include "timelab/trace_reading.h"

#define WALL_ZERO_NS UINT64_C(1795751967000000000)
#define HPET_GPA     0xfed00000
#define HPET_HZ      100000000
#define SEC          NS_PER_SEC

static struct trace_readings readings;
static struct trace_reading reading;

static int setup(void **unused)
{
    static struct trace_head head;

    (void)unused;
    head.wall_zero_ns = WALL_ZERO_NS;
    head.hpet_hz = HPET_HZ;
    head.pm_timer_bits = 24;
    readings = trace_readings_start(&head);
    return 0;
}

static bool take(unsigned kind, uint64_t g_ns, uint64_t value, uint32_t where, unsigned arg)
{
    const struct trace_record record = {
        .kind = (uint8_t)kind, .g_ns = g_ns, .value = value, .where = where, .arg = (uint16_t)arg};

    return trace_readings_take(&readings, &record, &reading);
}

static bool sample(unsigned clock, uint64_t g_ns, uint64_t value)
{
    return take(TRACE_SAMPLE, g_ns, value, 100, clock);
}

static bool access_to(unsigned kind, unsigned clock, uint64_t g_ns, uint64_t where,
                      unsigned size_bytes, uint64_t value)
{
    return take(kind, g_ns, value, (uint32_t)where, clock | size_bytes << 8);
}

static bool read_pm(uint64_t g_ns, uint64_t value)
{
    return access_to(TRACE_CLOCK_READ, TRACE_CLOCK_PM, g_ns, 0x608, 4, value);
}

static bool read_hpet(uint64_t g_ns, unsigned size_bytes, uint64_t value)
{
    return access_to(TRACE_CLOCK_READ, TRACE_CLOCK_HPET, g_ns, HPET_GPA + 0xf0, size_bytes, value);
}

static void realtime_is_compared_with_the_date(void **unused)
{
    (void)unused;
    assert_true(sample(TRACE_CLOCK_REALTIME, 5 * SEC, WALL_ZERO_NS + 5 * SEC + 33));
    assert_int_equal(reading.clock, TRACE_CLOCK_REALTIME);
    assert_int_equal(reading.shown_ns, WALL_ZERO_NS + 5 * SEC + 33);
    assert_int_equal(reading.error_ns, 33);
    assert_int_equal(reading.bound_ns, 51);
    assert_true(sample(TRACE_CLOCK_REALTIME, 6 * SEC, WALL_ZERO_NS + 6 * SEC - 7));
    assert_int_equal(reading.error_ns, -7);
}

/* A kernel's monotonic clock begins when it likes. */
static void the_others_are_compared_with_their_first_reading(void **unused)
{
    (void)unused;
    for (unsigned clock = TRACE_CLOCK_MONOTONIC; clock <= TRACE_CLOCK_MONOTONIC_RAW; clock++) {
        assert_true(sample(clock, 5 * SEC, 2 * SEC + clock));
        assert_int_equal(reading.error_ns, 0);
        assert_true(sample(clock, 6 * SEC, 3 * SEC + clock - 1000));
        assert_int_equal(reading.error_ns, -1000);
        /* Both readings took 100 ns. */
        assert_int_equal(reading.bound_ns, 102);
    }
}

static void a_page_of_kvm_clock_is_compared_with_guest_time(void **unused)
{
    (void)unused;
    assert_true(take(TRACE_KVMCLOCK, SEC, SEC - 5, 1, 0));
    assert_int_equal(reading.clock, TRACE_CLOCK_KVMCLOCK);
    assert_int_equal(reading.error_ns, -5);
}

static void vmclock_is_compared_with_the_date(void **unused)
{
    (void)unused;
    assert_true(take(TRACE_VMCLOCK, SEC, WALL_ZERO_NS + 31 * SEC, 1, 0));
    assert_int_equal(reading.clock, TRACE_CLOCK_VMCLOCK);
    assert_int_equal(reading.error_ns, 30 * SEC);
}

static void the_pm_timer_is_right_to_a_tick_however_often_it_wraps(void **unused)
{
    (void)unused;
    for (uint64_t g_ns = 1; g_ns < 86400 * SEC; g_ns += 777 * SEC + 1) {
        assert_true(read_pm(g_ns, ticks_from_ns(g_ns, RATE_PMTIMER) & 0xffffff));
        assert_int_equal(reading.error_ns, 0);
        assert_int_equal(reading.shown_ns, g_ns);
        assert_int_equal(reading.bound_ns, 280);
    }
}

static void a_pm_timer_that_is_wrong_is_so_in_nanoseconds(void **unused)
{
    uint64_t ticks = ticks_from_ns(3600 * SEC, RATE_PMTIMER);

    (void)unused;
    assert_true(read_pm(3600 * SEC, (ticks + 1000) & 0xffffff));
    assert_in_range(reading.error_ns, 279365, 279366);
    assert_true(read_pm(3600 * SEC, (ticks - 1000) & 0xffffff));
    assert_in_range(-reading.error_ns, 279365, 279366);
}

static void a_part_of_the_pm_timer_is_no_reading(void **unused)
{
    (void)unused;
    assert_false(access_to(TRACE_CLOCK_READ, TRACE_CLOCK_PM, SEC, 0x608, 2, 1));
    assert_false(access_to(TRACE_CLOCK_WRITE, TRACE_CLOCK_PM, SEC, 0x608, 4, 1));
}

static void the_hpet_counts_from_its_first_reading(void **unused)
{
    (void)unused;
    assert_true(read_hpet(SEC, 8, 7777));
    assert_int_equal(reading.error_ns, 0);
    assert_true(read_hpet(2 * SEC, 8, 7777 + HPET_HZ + 2));
    assert_int_equal(reading.error_ns, 20);
    assert_int_equal(reading.shown_ns, 2 * SEC + 20);
    assert_int_equal(reading.bound_ns, 10);
    /* 32 bits of it, which have wrapped. */
    assert_true(read_hpet(100 * SEC, 4, (uint32_t)(7777 + UINT64_C(99) * HPET_HZ)));
    assert_int_equal(reading.error_ns, 0);
}

static void the_hpet_has_another_zero_once_it_is_set(void **unused)
{
    static const uint64_t moves[] = {0x10, 0x14, 0xf0, 0xf4};

    (void)unused;
    for (unsigned i = 0; i < 4; i++) {
        assert_true(read_hpet(SEC, 8, 5));
        assert_false(
            access_to(TRACE_CLOCK_WRITE, TRACE_CLOCK_HPET, SEC, HPET_GPA + moves[i], 4, 1));
        assert_true(read_hpet(SEC + 1, 8, 123456));
        assert_int_equal(reading.error_ns, 0);
        setup(NULL);
    }
    assert_true(read_hpet(SEC, 8, 5));
    assert_false(access_to(TRACE_CLOCK_WRITE, TRACE_CLOCK_HPET, SEC, HPET_GPA + 0x108, 8, 0));
    assert_true(read_hpet(SEC, 8, 6));
    assert_int_equal(reading.error_ns, 10);
}

static void an_hpet_that_is_halted_says_no_time(void **unused)
{
    (void)unused;
    access_to(TRACE_CLOCK_WRITE, TRACE_CLOCK_HPET, SEC, HPET_GPA + 0x10, 8, 0);
    assert_false(read_hpet(SEC, 8, 5));
    access_to(TRACE_CLOCK_WRITE, TRACE_CLOCK_HPET, SEC, HPET_GPA + 0x10, 8, 1);
    assert_true(read_hpet(SEC, 8, 5));
}

static void what_says_no_time_is_no_reading(void **unused)
{
    (void)unused;
    assert_false(access_to(TRACE_CLOCK_READ, TRACE_CLOCK_PIT, SEC, 0x40, 1, 1));
    assert_false(access_to(TRACE_CLOCK_READ, TRACE_CLOCK_RTC, SEC, 0x71, 1, 1));
    assert_false(access_to(TRACE_CLOCK_READ, TRACE_CLOCK_HPET, SEC, HPET_GPA, 8, 1));
    assert_false(take(TRACE_EXIT, SEC, 1, 2, 3));
    assert_false(take(TRACE_TIMEBASE, SEC, 1, 2, 3));
    assert_false(sample(TRACE_CLOCK_PIT, SEC, 1));
    assert_false(sample(UINT8_MAX, SEC, 1));
}

static void a_head_says_what_the_machine_was(void **unused)
{
    static struct trace_head head;
    char line[TRACE_ERROR_BYTES];
    struct text error;

    (void)unused;
    text_init(&error, line, sizeof line);
    assert_true(trace_head_parse(
        "{\"threads\": [\"vcpu0\", \"machine\\u001b\"], \"cpus\": 1, \"wall_zero_ns\": 7, "
        "\"start\": {\"host_tsc\": 5, \"monotonic_raw_ns\": 6, \"realtime_ns\": 8}, "
        "\"tsc\": {\"millihz\": 2500000000000}, \"kernel\": \"bzImage\", \"pm_timer_bits\": -1}",
        &head, &error));
    assert_string_equal(head.threads[0], "vcpu0");
    assert_string_equal(head.threads[1], "machine?");
    assert_string_equal(head.threads[2], "");
    assert_string_equal(head.kernel, "bzImage");
    assert_int_equal(head.wall_zero_ns, 7);
    assert_int_equal(head.start_raw_ns, 6);
    assert_int_equal(head.pm_timer_bits, 0);
}

static void a_head_that_says_no_rate_is_damaged(void **unused)
{
    static const char *const bad[] = {"", "{", "[]", "{}", "{\"tsc\": {\"millihz\": 0}}"};
    static struct trace_head head;
    char line[TRACE_ERROR_BYTES];
    struct text error;

    (void)unused;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        text_init(&error, line, sizeof line);
        assert_false(trace_head_parse(bad[i], &head, &error));
        assert_string_equal(line, "the head of the trace is damaged");
    }
}

static void the_hosts_clock_follows_from_its_readings(void **unused)
{
    static struct trace_head head = {
        .start_tsc = 1000, .start_raw_ns = 5000, .tsc_millihz = UINT64_C(2000000000000)};
    struct trace_time time = trace_time_start(&head);
    struct trace_record record = {
        .kind = TRACE_HOST_CLOCK, .tsc = 1000 + 2000000000, .value = 5000 + 1000100000};

    (void)unused;
    assert_int_equal(trace_time_raw_ns(&time, 1000 + 2000), 5000 + 1000);
    trace_time_take(&time, &record);
    assert_int_equal(trace_time_raw_ns(&time, record.tsc), record.value);
    assert_int_equal(trace_time_raw_ns(&time, record.tsc + 2000000000), record.value + 1000100000);
    assert_int_equal(trace_time_raw_ns(&time, 1000), 5000);
    /* One that cannot be is none. */
    record.tsc = 999;
    trace_time_take(&time, &record);
    assert_int_equal(trace_time_raw_ns(&time, 1000), 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(realtime_is_compared_with_the_date, setup),
        cmocka_unit_test_setup(the_others_are_compared_with_their_first_reading, setup),
        cmocka_unit_test_setup(a_page_of_kvm_clock_is_compared_with_guest_time, setup),
        cmocka_unit_test_setup(vmclock_is_compared_with_the_date, setup),
        cmocka_unit_test_setup(the_pm_timer_is_right_to_a_tick_however_often_it_wraps, setup),
        cmocka_unit_test_setup(a_pm_timer_that_is_wrong_is_so_in_nanoseconds, setup),
        cmocka_unit_test_setup(a_part_of_the_pm_timer_is_no_reading, setup),
        cmocka_unit_test_setup(the_hpet_counts_from_its_first_reading, setup),
        cmocka_unit_test_setup(the_hpet_has_another_zero_once_it_is_set, setup),
        cmocka_unit_test_setup(an_hpet_that_is_halted_says_no_time, setup),
        cmocka_unit_test_setup(what_says_no_time_is_no_reading, setup),
        cmocka_unit_test(a_head_says_what_the_machine_was),
        cmocka_unit_test(a_head_that_says_no_rate_is_damaged),
        cmocka_unit_test(the_hosts_clock_follows_from_its_readings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
