/* SPDX-License-Identifier: BSD-2-Clause */
/* Time arithmetic. */
#include "tests/unit/unit.h"

#include "base/time_math.h"

static const struct rate rates[] = {RATE_PIT, RATE_PMTIMER, RATE_RTC, {1000000000, 1}, {1, 1}};

static void a_counter_read_at_its_own_deadline_has_reached_it(void **unused)
{
    (void)unused;
    for (unsigned r = 0; r < sizeof rates / sizeof rates[0]; r++)
        for (uint64_t n = 1; n < 4000000000; n = n * 3 + 1) {
            uint64_t ns = ns_from_ticks(n, rates[r]);

            assert_int_equal(ticks_from_ns(ns, rates[r]), n);
            assert_int_equal(ticks_from_ns(ns - 1, rates[r]), n - 1);
        }
}

static void rates_are_exact_over_400_days(void **unused)
{
    uint64_t ns = 400 * 86400 * NS_PER_SEC;

    (void)unused;
    assert_int_equal(ticks_from_ns(ns, RATE_PIT), 41236363636363);
    assert_int_equal(ticks_from_ns(ns, RATE_PMTIMER), 123709090909090);
    assert_int_equal(ticks_from_ns(ns, RATE_RTC), UINT64_C(400) * 86400 * 32768);
}

static void results_past_64_bits_saturate(void **unused)
{
    (void)unused;
    assert_int_equal(mul_div_floor(UINT64_MAX, 3, 2), UINT64_MAX);
    assert_int_equal(mul_div_ceil(UINT64_MAX, 3, 2), UINT64_MAX);
    assert_int_equal(ns_from_ticks(UINT64_MAX, RATE_RTC), TIME_NEVER_NS);
    assert_int_equal(mul_div_floor(UINT64_MAX, UINT64_MAX, UINT64_MAX), UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_read_at_its_own_deadline_has_reached_it),
        cmocka_unit_test(rates_are_exact_over_400_days),
        cmocka_unit_test(results_past_64_bits_saturate),
    };

    return cmocka_run_group_tests_name("time_math", tests, NULL, NULL);
}
