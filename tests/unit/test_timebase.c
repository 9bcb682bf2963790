/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest time as a function of the host's TSC, where that goes through 2^64 or falls back. */
#include "tests/unit/unit.h"

#include "kvmclock/timebase.h"

#define RATE_1_GHZ (pvclock_scale_from_ratio(1, 1))
#define BELOW_2_64 (UINT64_MAX - 999)

static void guest_time_goes_on_where_the_tsc_goes_through_2_to_the_64th(void **unused)
{
    struct timebase timebase = timebase_start(BELOW_2_64, 7, RATE_1_GHZ, TSC_RATIO_ONE);

    (void)unused;
    assert_int_equal(timebase_ns(&timebase, UINT64_MAX), 7 + 999);
    assert_int_equal(timebase_ns(&timebase, 0), 7 + 1000);
    assert_int_equal(timebase_ns(&timebase, 500), 7 + 1500);
    timebase_set_scale(&timebase, 500, RATE_1_GHZ);
    assert_int_equal(timebase_ns(&timebase, 1500), 7 + 2500);
}

/* The guest's cycles are 3/4 of the host's, with either maker's fraction. */
static void so_it_does_with_a_scaled_tsc(void **unused)
{
    static const unsigned bits[] = {TSC_RATIO_BITS_VMX, TSC_RATIO_BITS_SVM};

    (void)unused;
    for (unsigned i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        struct tsc_ratio ratio = tsc_ratio_from_khz(750000, 1000000, bits[i]);
        struct timebase timebase = timebase_start(BELOW_2_64, 7, RATE_1_GHZ, ratio);

        assert_in_range(timebase_ns(&timebase, UINT64_MAX), 7 + 998, 7 + 1000);
        assert_in_range(timebase_ns(&timebase, 0), 7 + 999, 7 + 1001);
        assert_in_range(timebase_ns(&timebase, 500), 7 + 1499, 7 + 1501);
    }
}

static void a_tsc_before_the_base_is_the_base(void **unused)
{
    struct timebase timebase = timebase_start(1000000, 7, RATE_1_GHZ, TSC_RATIO_ONE);

    (void)unused;
    assert_int_equal(timebase_ns(&timebase, 999999), 7);
    assert_int_equal(timebase_ns(&timebase, 0), 7);
    timebase = timebase_start(500, 7, RATE_1_GHZ, TSC_RATIO_ONE);
    assert_int_equal(timebase_ns(&timebase, BELOW_2_64), 7);
}

static void one_that_is_moved_is_as_one_that_starts_there(void **unused)
{
    struct tsc_ratio ratio = tsc_ratio_from_khz(2000000, 3500000, TSC_RATIO_BITS_VMX);
    struct timebase moved = timebase_start(1000, 0, RATE_1_GHZ, ratio);

    (void)unused;
    for (uint64_t tsc = 1001; tsc < BELOW_2_64 / 4; tsc = tsc * 3 + 1) {
        struct timebase started = timebase_start(tsc, tsc / 5, RATE_1_GHZ, ratio);

        timebase_set_ns(&moved, tsc, tsc / 5);
        for (uint64_t later = 0; later < 100; later += 3)
            assert_int_equal(timebase_ns(&moved, tsc + later), timebase_ns(&started, tsc + later));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guest_time_goes_on_where_the_tsc_goes_through_2_to_the_64th),
        cmocka_unit_test(so_it_does_with_a_scaled_tsc),
        cmocka_unit_test(a_tsc_before_the_base_is_the_base),
        cmocka_unit_test(one_that_is_moved_is_as_one_that_starts_there),
    };

    return cmocka_run_group_tests_name("timebase", tests, NULL, NULL);
}
