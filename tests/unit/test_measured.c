/* SPDX-License-Identifier: BSD-2-Clause */
/* A measured value, its uncertainty and a limit. */
#include "tests/unit/unit.h"

#include "base/measured.h"

static void a_magnitude_has_no_sign(void **unused)
{
    (void)unused;
    assert_int_equal(measured_magnitude(0), 0);
    assert_int_equal(measured_magnitude(7), 7);
    assert_int_equal(measured_magnitude(-7), 7);
    assert_int_equal(measured_magnitude(INT64_MAX), INT64_MAX);
    assert_int_equal(measured_magnitude(INT64_MIN), UINT64_C(1) << 63);
}

static void the_limit_itself_is_within(void **unused)
{
    (void)unused;
    assert_true(measured_is_within(10, 0, 10));
    assert_true(measured_is_within(-7, 3, 10));
    assert_false(measured_is_within(-8, 3, 10));
    assert_false(measured_is_within(0, 11, 10));
    assert_false(measured_is_beyond(10, 0, 10));
    assert_true(measured_is_beyond(11, 0, 10));
    assert_true(measured_is_beyond(-14, 3, 10));
}

static void a_value_whose_uncertainty_spans_the_limit_is_neither(void **unused)
{
    (void)unused;
    for (int64_t value = 8; value <= 13; value++) {
        assert_false(measured_is_within(value, 3, 10));
        assert_false(measured_is_beyond(value, 3, 10));
        assert_false(measured_is_within(-value, 3, 10));
        assert_false(measured_is_beyond(-value, 3, 10));
    }
}

static void no_sum_overflows(void **unused)
{
    (void)unused;
    assert_false(measured_is_within(INT64_MAX, UINT64_MAX, UINT64_MAX - 1));
    assert_true(measured_is_within(0, UINT64_MAX, UINT64_MAX));
    assert_false(measured_is_within(1, UINT64_MAX, UINT64_MAX));
    assert_false(measured_is_beyond(INT64_MIN, UINT64_MAX, 0));
    assert_true(measured_is_beyond(INT64_MIN, INT64_MAX, 0));
    assert_false(measured_is_beyond(INT64_MIN, INT64_MAX, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_magnitude_has_no_sign),
        cmocka_unit_test(the_limit_itself_is_within),
        cmocka_unit_test(a_value_whose_uncertainty_spans_the_limit_is_neither),
        cmocka_unit_test(no_sum_overflows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
