/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest time at k times the host's: the fraction and its arithmetic. */
#include "tests/unit/unit.h"

#include "base/time_math.h"
#include "kvmclock/dilation.h"

static const struct dilation one, fast = {10, 1}, slow = {1, 10}, odd = {7, 3};

static void a_fraction_is_kept_in_lowest_terms(void **unused)
{
    struct dilation made;

    (void)unused;
    assert_true(dilation_set(&made, 2500000, 1000000));
    assert_int_equal(made.guest_ns, 5);
    assert_int_equal(made.host_ns, 2);
    assert_true(dilation_is_valid(made));
    assert_true(dilation_set(&made, 3, 3));
    assert_int_equal(made.guest_ns, 0);
    assert_int_equal(made.host_ns, 0);
    assert_true(dilation_is_valid(made));
    assert_true(dilation_is_one(made));
    assert_false(dilation_is_valid((struct dilation){20, 2}));
    assert_false(dilation_is_valid((struct dilation){1, 1}));
}

static void it_is_from_a_tenth_to_ten(void **unused)
{
    struct dilation made = fast;

    (void)unused;
    assert_true(dilation_set(&made, 1, 10));
    assert_true(dilation_set(&made, 10, 1));
    assert_false(dilation_set(&made, 1, 11));
    assert_false(dilation_set(&made, 11, 1));
    assert_false(dilation_set(&made, 0, 1));
    assert_false(dilation_set(&made, 1, 0));
    assert_false(dilation_set(&made, 0, 0));
    assert_false(dilation_set(&made, 1000001, 1000000));
    assert_false(dilation_set(&made, UINT64_MAX, UINT64_MAX - 1));
    assert_int_equal(made.guest_ns, 10);
}

static void the_worked_example(void **unused)
{
    (void)unused;
    assert_int_equal(dilation_guest_ns(fast, NS_PER_SEC), 10 * NS_PER_SEC);
    assert_int_equal(dilation_host_ns(fast, NS_PER_SEC), NS_PER_SEC / 10);
    assert_int_equal(dilation_wait_ns(fast, NS_PER_SEC), NS_PER_SEC / 10);
    assert_int_equal(dilation_wait_ns(slow, NS_PER_SEC), 10 * NS_PER_SEC);
    assert_int_equal(dilation_guest_ns(one, 12345), 12345);
    assert_int_equal(dilation_host_ns(one, 12345), 12345);
    assert_int_equal(dilation_wait_ns(one, 12345), 12345);
}

/* For all times: a wait is never short, and by less than a nanosecond of the host's too long. */
static void who_waits_has_waited_for_all_of_it(void **unused)
{
    const struct dilation all[] = {one, fast, slow, odd};

    (void)unused;
    for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++)
        for (uint64_t ns = 1; ns < UINT64_C(1) << 60; ns = ns * 3 + 1) {
            uint64_t wait_ns = dilation_wait_ns(all[i], ns);

            assert_true(dilation_guest_ns(all[i], wait_ns) >= ns);
            assert_true(dilation_guest_ns(all[i], wait_ns - 1) < ns);
            assert_true(dilation_guest_ns(all[i], dilation_host_ns(all[i], ns)) <= ns);
        }
}

static void never_stays_never_where_it_does_not_fit(void **unused)
{
    (void)unused;
    assert_int_equal(dilation_wait_ns(slow, TIME_NEVER_NS), TIME_NEVER_NS);
    assert_int_equal(dilation_guest_ns(fast, TIME_NEVER_NS), TIME_NEVER_NS);
    assert_int_equal(dilation_wait_ns(one, TIME_NEVER_NS), TIME_NEVER_NS);
}

static void the_bus_of_a_local_apic_has_1_ghz_where_a_tick_is_whole(void **unused)
{
    (void)unused;
    assert_int_equal(dilation_apic_bus_ns(slow), 10);
    assert_int_equal(dilation_apic_bus_ns((struct dilation){1, 2}), 2);
    assert_int_equal(dilation_apic_bus_ns(fast), 1);
    assert_int_equal(dilation_apic_bus_ns(odd), 1);
    assert_int_equal(dilation_apic_bus_ns((struct dilation){2, 5}), 1);
    assert_int_equal(dilation_apic_bus_ns(one), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fraction_is_kept_in_lowest_terms),
        cmocka_unit_test(it_is_from_a_tenth_to_ten),
        cmocka_unit_test(the_worked_example),
        cmocka_unit_test(who_waits_has_waited_for_all_of_it),
        cmocka_unit_test(never_stays_never_where_it_does_not_fit),
        cmocka_unit_test(the_bus_of_a_local_apic_has_1_ghz_where_a_tick_is_whole),
    };

    return cmocka_run_group_tests_name("dilation", tests, NULL, NULL);
}
