/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults that are over by themselves: when, and what a later one does to an earlier one's end. */
#include "tests/unit/unit.h"

#include "base/time_math.h"
#include "timelab/fault_ends.h"

#define SEC NS_PER_SEC

static struct fault_ends ends;

static int setup(void **unused)
{
    (void)unused;
    ends = (struct fault_ends){0};
    return 0;
}

static struct fault stick(uint64_t for_ns)
{
    return (struct fault){.kind = FAULT_HPET_STICK, .values = {(int64_t)for_ns}};
}

static void begin(uint64_t for_ns, uint64_t now_ns)
{
    struct fault fault = stick(for_ns);

    assert_true(fault_ends_have_room(&ends, &fault));
    fault_ends_begin(&ends, &fault, now_ns);
}

static void the_end_is_due_so_much_later(void **unused)
{
    struct scheduled_fault entry;

    (void)unused;
    assert_int_equal(fault_ends_next_ns(&ends), TIME_NEVER_NS);
    assert_false(fault_ends_take(&ends, UINT64_MAX, &entry));
    begin(5 * SEC, 10 * SEC);
    assert_int_equal(fault_ends_next_ns(&ends), 15 * SEC);
    assert_false(fault_ends_take(&ends, 15 * SEC - 1, &entry));
    assert_true(fault_ends_take(&ends, 15 * SEC, &entry));
    assert_int_equal(entry.fault.kind, FAULT_HPET_STICK);
    assert_int_equal(entry.fault.values[0], 5 * SEC);
    assert_true(entry.fault.is_end);
    assert_int_equal(fault_ends_next_ns(&ends), TIME_NEVER_NS);
}

static void a_later_one_takes_the_place_of_an_earlier_one(void **unused)
{
    (void)unused;
    begin(5 * SEC, 10 * SEC);
    begin(5 * SEC, 12 * SEC);
    assert_int_equal(fault_ends_next_ns(&ends), 17 * SEC);
    assert_int_equal(ends.count, 1);
    begin(0, 13 * SEC);
    assert_int_equal(fault_ends_next_ns(&ends), TIME_NEVER_NS);
}

static void a_fault_that_stays_has_no_end(void **unused)
{
    struct fault fault = {.kind = FAULT_JUMP, .values = {1}};

    (void)unused;
    fault_ends_begin(&ends, &fault, 0);
    begin(0, 0);
    assert_int_equal(ends.count, 0);
}

/* A list that is full, of faults that are none of those that come. */
static void it_takes_so_many_and_no_more(void **unused)
{
    struct fault fault = stick(1);
    struct scheduled_fault entry;

    (void)unused;
    for (unsigned i = 0; i < FAULT_ENDS_MAX; i++)
        ends.entries[i] = (struct scheduled_fault){FAULT_ENDS_MAX - i, {.kind = FAULT_HPET_RATE}};
    ends.count = FAULT_ENDS_MAX;
    assert_false(fault_ends_have_room(&ends, &fault));
    fault.values[0] = 0;
    assert_true(fault_ends_have_room(&ends, &fault));
    for (unsigned i = 1; i <= FAULT_ENDS_MAX; i++) {
        assert_true(fault_ends_take(&ends, FAULT_ENDS_MAX, &entry));
        assert_int_equal(entry.at_ns, i);
    }
    assert_int_equal(ends.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_end_is_due_so_much_later, setup),
        cmocka_unit_test_setup(a_later_one_takes_the_place_of_an_earlier_one, setup),
        cmocka_unit_test_setup(a_fault_that_stays_has_no_end, setup),
        cmocka_unit_test_setup(it_takes_so_many_and_no_more, setup),
    };

    return cmocka_run_group_tests_name("fault_ends", tests, NULL, NULL);
}
