/* SPDX-License-Identifier: BSD-2-Clause */
/* The schedule of faults: by guest time, then by the order in which they were added. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/time_math.h"
#include "timelab/fault_schedule.h"

static struct fault_schedule schedule;
static char line[FAULT_ERROR_BYTES];

static int setup(void **unused)
{
    (void)unused;
    schedule = (struct fault_schedule){0};
    return 0;
}

static bool read_entry(const char *words, struct scheduled_fault *entry)
{
    struct text error;

    text_init(&error, line, sizeof line);
    return scheduled_fault_from_words(words, entry, &error);
}

static void add(const char *words)
{
    struct scheduled_fault entry;

    assert_true(read_entry(words, &entry));
    assert_true(fault_schedule_add(&schedule, &entry));
}

static void assert_bad(const char *words, const char *message)
{
    struct scheduled_fault entry;

    assert_false(read_entry(words, &entry));
    assert_string_equal(line, message);
}

/* What is taken at now_ns, as words; "" if nothing is due. In static memory. */
static const char *take(uint64_t now_ns)
{
    static char bytes[2 * FAULT_TEXT_BYTES];
    struct scheduled_fault entry;
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    if (fault_schedule_take(&schedule, now_ns, &entry))
        scheduled_fault_add_words(&entry, &text);
    return bytes;
}

static void faults_come_by_time_and_then_as_they_were_added(void **unused)
{
    (void)unused;
    add("5s jump by=1s");
    add("2s jump by=2s");
    add("5s jump by=3s");
    add("1500ms jump by=4s");
    add("5s jump by=5s");
    assert_string_equal(take(NS_PER_SEC), "");
    assert_string_equal(take(5 * NS_PER_SEC), "1500ms jump by=4s");
    assert_string_equal(take(5 * NS_PER_SEC), "2s jump by=2s");
    assert_string_equal(take(5 * NS_PER_SEC), "5s jump by=1s");
    assert_string_equal(take(5 * NS_PER_SEC), "5s jump by=3s");
    assert_string_equal(take(5 * NS_PER_SEC), "5s jump by=5s");
    assert_string_equal(take(UINT64_MAX), "");
}

static void the_next_time_is_told_and_a_fault_comes_at_it_and_not_before(void **unused)
{
    (void)unused;
    assert_int_equal(fault_schedule_next_ns(&schedule), TIME_NEVER_NS);
    add("1us jump by=1s");
    assert_int_equal(fault_schedule_next_ns(&schedule), 1000);
    assert_string_equal(take(999), "");
    assert_string_equal(take(1000), "1us jump by=1s");
    assert_int_equal(fault_schedule_next_ns(&schedule), TIME_NEVER_NS);
}

static void it_takes_so_many_and_no_more(void **unused)
{
    struct scheduled_fault entry;

    (void)unused;
    for (unsigned i = 0; i < FAULT_SCHEDULE_MAX; i++)
        add("1s jump by=1s");
    assert_true(read_entry("1s jump by=1s", &entry));
    assert_false(fault_schedule_add(&schedule, &entry));
    for (unsigned i = 0; i < FAULT_SCHEDULE_MAX; i++)
        assert_string_equal(take(NS_PER_SEC), "1s jump by=1s");
    assert_string_equal(take(NS_PER_SEC), "");
}

static void bad_entries_get_one_line_each(void **unused)
{
    static const char no_time[] = "first comes a guest time with its unit, as 5s or 250ms";
    static const char no_fault[] =
        "a fault is missing behind the time; minivmm --faults lists them";

    (void)unused;
    assert_bad("", no_time);
    assert_bad("jump by=1h", no_time);
    assert_bad("5 jump by=1h", no_time);
    assert_bad("-5s jump by=1h", no_time);
    assert_bad("55555555555555555555555555555555555555s jump by=1h", no_time);
    assert_bad("5s", no_fault);
    assert_bad("5s ", no_fault);
    assert_bad("5s jump by=x",
               "jump: by is to be a time from 1ns to 3650d, with its unit, as 1.5s or 1h");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(faults_come_by_time_and_then_as_they_were_added, setup),
        cmocka_unit_test_setup(the_next_time_is_told_and_a_fault_comes_at_it_and_not_before, setup),
        cmocka_unit_test_setup(it_takes_so_many_and_no_more, setup),
        cmocka_unit_test_setup(bad_entries_get_one_line_each, setup),
    };

    return cmocka_run_group_tests_name("fault_schedule", tests, NULL, NULL);
}
