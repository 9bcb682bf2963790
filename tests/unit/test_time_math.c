/* SPDX-License-Identifier: BSD-2-Clause */
/* Time arithmetic. */
#include "tests/unit/unit.h"

#include "base/time_math.h"
#include "devices/pc/hpet_counter.h"

/* The last two need the wide division. */
static const struct rate rates[] = {RATE_PIT,        RATE_PMTIMER,       RATE_RTC,
                                    RATE_HPET,       {1000000000, 1},    {1, 1},
                                    {315000000, 88}, {1000000007, 99991}};
#define RATES (sizeof rates / sizeof rates[0])

static void a_counter_read_at_its_own_deadline_has_reached_it(void **unused)
{
    (void)unused;
    for (unsigned r = 0; r < RATES; r++)
        for (uint64_t n = 1; n < 4000000000; n = n * 3 + 1) {
            uint64_t ns = ns_from_ticks(n, rates[r]);

            assert_int_equal(ticks_from_ns(ns, rates[r]), n);
            assert_int_equal(ticks_from_ns(ns - 1, rates[r]), n - 1);
        }
}

static void assert_exact(uint64_t value, struct rate rate)
{
    uint64_t period_ns = rate.den * NS_PER_SEC;

    assert_int_equal(ticks_from_ns(value, rate), mul_div_floor(value, rate.num_hz, period_ns));
    assert_int_equal(ns_from_ticks(value, rate), mul_div_ceil(value, period_ns, rate.num_hz));
}

/* Every number of bits, and all around whole periods. */
static void conversions_are_those_of_a_wide_division(void **unused)
{
    uint64_t random = 88172645463325252;

    (void)unused;
    for (unsigned i = 0; i < 1000000; i++) {
        struct rate rate = rates[i % RATES];
        uint64_t period_ns = rate.den * NS_PER_SEC;

        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        assert_exact(random >> i / RATES % 64, rate);
        assert_exact((random >> i / RATES % 64) / period_ns * period_ns + i % 3 - 1, rate);
        assert_exact((random >> i / RATES % 64) / rate.num_hz * rate.num_hz + i % 3 - 1, rate);
    }
    for (unsigned r = 0; r < RATES; r++)
        for (uint64_t i = 0; i < 3; i++)
            assert_exact(UINT64_MAX - i, rates[r]);
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
        cmocka_unit_test(conversions_are_those_of_a_wide_division),
        cmocka_unit_test(rates_are_exact_over_400_days),
        cmocka_unit_test(results_past_64_bits_saturate),
    };

    return cmocka_run_group_tests_name("time_math", tests, NULL, NULL);
}
