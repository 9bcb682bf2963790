/* SPDX-License-Identifier: BSD-2-Clause */
/* What samples of a guest's clock prove of a part of a run. */
#include "tests/unit/unit.h"

#include <string.h>

#include "timelab/clock_samples.h"

#define SEC UINT64_C(1000000000)

static struct clock_samples samples;

static int setup(void **unused)
{
    (void)unused;
    memset(&samples, 0, sizeof samples);
    return 0;
}

static void add(uint64_t g_ns, int64_t error_ns, uint64_t bound_ns)
{
    clock_samples_add(&samples, (struct clock_sample){g_ns, error_ns, bound_ns});
}

static void those_of_the_time_count(void **unused)
{
    struct clock_span span;

    (void)unused;
    for (unsigned i = 0; i < 10; i++)
        add(i * SEC, i, 1);
    span = clock_samples_span(&samples, 3 * SEC, 5 * SEC);
    assert_int_equal(span.count, 3);
    assert_int_equal(span.first.error_ns, 3);
    assert_int_equal(span.last.error_ns, 5);
    assert_int_equal(clock_samples_span(&samples, 10 * SEC, 20 * SEC).count, 0);
}

static void one_that_an_interrupt_made_uncertain_does_not(void **unused)
{
    struct clock_span span;

    (void)unused;
    add(SEC, 0, 10);
    add(2 * SEC, 5000, 81);
    add(3 * SEC, 0, 80);
    span = clock_samples_span(&samples, 0, UINT64_MAX);
    assert_int_equal(span.count, 2);
    assert_int_equal(span.most.bound_ns, 80);
}

static void the_largest_for_certain_is_not_the_one_that_may_be(void **unused)
{
    struct clock_span span;

    (void)unused;
    add(SEC, -100, 10);
    add(2 * SEC, 120, 60);
    add(3 * SEC, 5, 20);
    span = clock_samples_span(&samples, 0, UINT64_MAX);
    assert_int_equal(span.least.error_ns, -100);
    assert_int_equal(span.most.error_ns, 120);
}

static void a_rate_is_from_the_first_to_the_last(void **unused)
{
    uint64_t uncertainty_ppb = 0;
    struct clock_span span;
    int64_t ppb = 0;

    (void)unused;
    add(SEC, 1000, 50);
    add(2 * SEC, 7, 50);
    add(3 * SEC, -1000, 50);
    span = clock_samples_span(&samples, 0, UINT64_MAX);
    assert_true(clock_span_rate(&span, &ppb, &uncertainty_ppb));
    assert_int_equal(ppb, -1000);
    assert_int_equal(uncertainty_ppb, 51);
    span = clock_samples_span(&samples, 2 * SEC, 2 * SEC);
    assert_false(clock_span_rate(&span, &ppb, &uncertainty_ppb));
}

/* A clock that was set by years within a second has no rate. */
static void no_rate_is_beyond_a_second_each_second(void **unused)
{
    uint64_t uncertainty_ppb;
    struct clock_span span;
    int64_t ppb;

    (void)unused;
    add(SEC, INT64_MIN + 1, 1);
    add(2 * SEC, INT64_MAX, 1);
    span = clock_samples_span(&samples, 0, UINT64_MAX);
    assert_false(clock_span_rate(&span, &ppb, &uncertainty_ppb));
}

static void those_that_find_no_room_are_counted(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < CLOCK_SAMPLES_MAX + 3; i++)
        add(i, 0, 1);
    assert_int_equal(samples.count, CLOCK_SAMPLES_MAX);
    assert_int_equal(samples.dropped, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(those_of_the_time_count, setup),
        cmocka_unit_test_setup(one_that_an_interrupt_made_uncertain_does_not, setup),
        cmocka_unit_test_setup(the_largest_for_certain_is_not_the_one_that_may_be, setup),
        cmocka_unit_test_setup(a_rate_is_from_the_first_to_the_last, setup),
        cmocka_unit_test_setup(no_rate_is_beyond_a_second_each_second, setup),
        cmocka_unit_test_setup(those_that_find_no_room_are_counted, setup),
    };

    return cmocka_run_group_tests_name("clock_samples", tests, NULL, NULL);
}
