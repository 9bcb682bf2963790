/* SPDX-License-Identifier: BSD-2-Clause */
/* What samples of a guest's TSC prove. */
#include "tests/unit/unit.h"

#include "kvmclock/tsc_samples.h"

#define HOST_KHZ 2600000
#define DAY_TSC  (UINT64_C(86400) * HOST_KHZ * 1000)

/* A guest that reads its TSC late_tsc into a bracket of 26 000 cycles, which is 10 us. */
static struct tsc_sample sample_at(const struct guest_tsc *tsc, uint64_t host_tsc,
                                   uint64_t late_tsc)
{
    return (struct tsc_sample){host_tsc, guest_tsc_at(tsc, host_tsc + late_tsc), host_tsc + 26000};
}

static struct tsc_samples samples_of(const struct guest_tsc *tsc, uint64_t host_tsc)
{
    return (struct tsc_samples){sample_at(tsc, host_tsc, 13000),
                                sample_at(tsc, host_tsc + 13000000, 13000)};
}

static struct guest_tsc tsc_of(uint32_t khz, uint64_t offset)
{
    return (struct guest_tsc){tsc_ratio_from_khz(khz, HOST_KHZ, TSC_RATIO_BITS_VMX), offset};
}

static void
a_tsc_that_is_what_it_is_said_to_be_fits_wherever_in_the_bracket_it_was_read(void **unused)
{
    static const uint32_t rates_khz[] = {1000, 2000000, HOST_KHZ, 3700000};

    (void)unused;
    for (unsigned i = 0; i < 4; i++)
        for (uint64_t late = 0; late <= 26000; late += 2600) {
            /* Its TSC wraps between the samples. */
            const struct guest_tsc tsc = guest_tsc_set(
                &(struct guest_tsc){tsc_of(rates_khz[i], 0).ratio, 0}, DAY_TSC + 5000, 0);
            struct tsc_samples samples = {sample_at(&tsc, DAY_TSC, late),
                                          sample_at(&tsc, DAY_TSC + 40000, late)};

            assert_true(tsc_samples_fit(&samples, &tsc));
        }
}

static void an_offset_that_is_ignored_does_not_fit(void **unused)
{
    const struct guest_tsc hosts = tsc_of(HOST_KHZ, 0);
    const struct guest_tsc ahead = tsc_of(HOST_KHZ, 26000), behind = tsc_of(HOST_KHZ, -26000ull);
    struct tsc_samples samples = samples_of(&hosts, DAY_TSC);

    (void)unused;
    assert_true(tsc_samples_fit(&samples, &hosts));
    assert_false(tsc_samples_fit(&samples, &ahead));
    assert_false(tsc_samples_fit(&samples, &behind));
}

static void a_rate_that_is_ignored_or_off_by_a_part_per_billion_does_not_fit(void **unused)
{
    const struct guest_tsc asked = tsc_of(2000000, 0), unscaled = tsc_of(HOST_KHZ, 0);
    struct guest_tsc almost = asked;
    struct tsc_samples samples = samples_of(&asked, DAY_TSC);
    struct tsc_samples ignored = samples_of(&unscaled, DAY_TSC);

    (void)unused;
    assert_true(tsc_samples_fit(&samples, &asked));
    assert_false(tsc_samples_fit(&ignored, &asked));
    almost.ratio.mul += almost.ratio.mul / 1000000000;
    assert_false(tsc_samples_fit(&samples, &almost));
}

/* Both samples count: the offset of a TSC that catches up moves from one to the next. */
static void a_tsc_that_moves_between_the_samples_does_not_fit(void **unused)
{
    const struct guest_tsc tsc = tsc_of(HOST_KHZ, 0), moved = tsc_of(HOST_KHZ, 50000);
    struct tsc_samples samples = samples_of(&tsc, DAY_TSC);

    (void)unused;
    samples.last = samples_of(&moved, DAY_TSC).last;
    assert_false(tsc_samples_fit(&samples, &tsc));
    assert_false(tsc_samples_fit(&samples, &moved));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_tsc_that_is_what_it_is_said_to_be_fits_wherever_in_the_bracket_it_was_read),
        cmocka_unit_test(an_offset_that_is_ignored_does_not_fit),
        cmocka_unit_test(a_rate_that_is_ignored_or_off_by_a_part_per_billion_does_not_fit),
        cmocka_unit_test(a_tsc_that_moves_between_the_samples_does_not_fit),
    };

    return cmocka_run_group_tests_name("tsc_samples", tests, NULL, NULL);
}
