/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's TSC as a function of the host's. */
#include "tests/unit/unit.h"

#include "base/time_math.h"
#include "kvmclock/guest_tsc.h"

typedef unsigned __int128 u128;

static uint64_t random_u64(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    return *seed ^= *seed << 17;
}

/* A rate from 1 MHz to 10 GHz. */
static uint64_t random_hz(uint64_t *seed)
{
    return 1000000 + random_u64(seed) % UINT64_C(9999000001);
}

static struct guest_tsc random_tsc(uint64_t *seed)
{
    unsigned frac_bits = random_u64(seed) % 2 == 0 ? TSC_RATIO_BITS_VMX : TSC_RATIO_BITS_SVM;
    uint32_t khz = (uint32_t)(random_hz(seed) / 1000);

    return (struct guest_tsc){
        tsc_ratio_from_khz(khz, (uint32_t)(random_hz(seed) / 1000), frac_bits), random_u64(seed)};
}

/* The high and the low half of host_tsc are multiplied apart: no product is wider than 128 bits. */
static uint64_t reference_at(const struct guest_tsc *tsc, uint64_t host_tsc)
{
    u128 low = (u128)(uint32_t)host_tsc * tsc->ratio.mul;
    u128 high = (u128)(host_tsc >> 32) * tsc->ratio.mul + (low >> 32);

    return (uint64_t)(high >> (tsc->ratio.frac_bits - 32)) + tsc->offset;
}

static void the_function_is_that_of_the_hardware_on_128_bits(void **unused)
{
    const struct guest_tsc worked = {tsc_ratio_from_khz(2000000, 3500000, TSC_RATIO_BITS_VMX), 0};
    uint64_t seed = 1;

    (void)unused;
    assert_int_equal(worked.ratio.mul, UINT64_C(0x924924924924));
    assert_int_equal(guest_tsc_at(&worked, UINT64_C(3500000000)), 1999999999);
    for (unsigned i = 0; i < 1000000; i++) {
        struct guest_tsc tsc = random_tsc(&seed);
        uint64_t host_tsc = random_u64(&seed) >> random_u64(&seed) % 64;

        assert_int_equal(guest_tsc_at(&tsc, host_tsc), reference_at(&tsc, host_tsc));
    }
}

static void the_ratio_is_kvms_of_whole_kilohertz(void **unused)
{
    (void)unused;
    assert_int_equal(tsc_ratio_from_khz(2000000, 2000000, TSC_RATIO_BITS_VMX).mul, UINT64_C(1)
                                                                                       << 48);
    assert_int_equal(tsc_ratio_from_khz(3700000, 3500000, TSC_RATIO_BITS_VMX).mul,
                     (UINT64_C(3700000) << 32) / 3500000 << 16 |
                         ((UINT64_C(3700000) << 32) % 3500000 << 16) / 3500000);
    assert_int_equal(tsc_ratio_from_khz(2500000, 3000000, TSC_RATIO_BITS_SVM).mul, 0xd5555555);
    assert_true(
        tsc_ratio_equal(TSC_RATIO_ONE, tsc_ratio_from_khz(2596138, 2596138, TSC_RATIO_BITS_SVM)));
    assert_false(
        tsc_ratio_equal(TSC_RATIO_ONE, tsc_ratio_from_khz(2596138, 2596139, TSC_RATIO_BITS_VMX)));
}

static void a_tsc_that_is_set_reads_what_it_was_set_to(void **unused)
{
    uint64_t seed = 3;

    (void)unused;
    for (unsigned i = 0; i < 100000; i++) {
        struct guest_tsc tsc = random_tsc(&seed);
        uint64_t host_tsc = random_u64(&seed), value = random_u64(&seed);
        struct guest_tsc set = guest_tsc_set(&tsc, host_tsc, value);

        assert_int_equal(guest_tsc_at(&set, host_tsc), value);
        assert_true(tsc_ratio_equal(set.ratio, tsc.ratio));
    }
}

static void the_host_tsc_of_a_value_is_the_first_that_gives_it(void **unused)
{
    uint64_t seed = 5;

    (void)unused;
    for (unsigned i = 0; i < 100000; i++) {
        struct guest_tsc tsc = random_tsc(&seed);
        uint64_t host_tsc, value;

        host_tsc = 1 + (random_u64(&seed) >> 16);
        value = guest_tsc_at(&tsc, host_tsc);
        host_tsc = guest_tsc_host_at(&tsc, value);
        assert_int_equal(guest_tsc_at(&tsc, host_tsc), value);
        if (host_tsc > 0)
            assert_true(guest_tsc_at(&tsc, host_tsc - 1) != value);
    }
}

static void tscs_that_are_delayed_together_stay_as_far_apart(void **unused)
{
    uint64_t seed = 4;

    (void)unused;
    for (unsigned i = 0; i < 100000; i++) {
        struct guest_tsc a = random_tsc(&seed);
        struct guest_tsc b = {a.ratio, random_u64(&seed)};
        uint64_t host_tsc = random_u64(&seed) >> 8, delta = random_u64(&seed) >> 20;
        struct guest_tsc delayed_a = guest_tsc_delayed(&a, host_tsc, delta);
        struct guest_tsc delayed_b = guest_tsc_delayed(&b, host_tsc, delta);

        assert_int_equal(guest_tsc_at(&delayed_a, host_tsc + delta), guest_tsc_at(&a, host_tsc));
        assert_int_equal(delayed_a.offset - delayed_b.offset, a.offset - b.offset);
    }
}

static void a_rate_comes_back_out_of_its_ratio(void **unused)
{
    static const unsigned bits[] = {TSC_RATIO_BITS_SVM, TSC_RATIO_BITS_VMX};
    uint64_t seed = 7;

    (void)unused;
    for (unsigned i = 0; i < 100000; i++) {
        uint32_t khz = (uint32_t)(random_hz(&seed) / 1000);
        uint32_t host_khz = khz / 4 + (uint32_t)(random_u64(&seed) % (4 * (uint64_t)khz));
        struct tsc_ratio ratio = tsc_ratio_from_khz(khz, host_khz, bits[i % 2]);

        assert_int_equal(tsc_ratio_guest_khz(ratio, host_khz), khz);
        assert_int_equal(tsc_ratio_host_khz(ratio, khz), host_khz);
    }
    assert_int_equal(tsc_ratio_guest_khz((struct tsc_ratio){UINT64_MAX >> 1, 1}, 9), 0);
    assert_int_equal(tsc_ratio_host_khz((struct tsc_ratio){1, TSC_RATIO_BITS_VMX}, 9), 0);
}

/*
 * 100 000 pairs of a host's rate and a guest's, each from 1 MHz to 10 GHz: nanoseconds per cycle of
 * the guest, times the ratio, are nanoseconds per cycle of the host.
 */
static void the_scale_of_a_guest_tsc_is_right_to_2_to_the_minus_32(void **unused)
{
    uint64_t seed = 5;

    (void)unused;
    for (unsigned i = 0; i < 100000; i++) {
        struct pvclock_scale host = pvclock_scale_from_ratio(NS_PER_SEC, random_hz(&seed));
        struct tsc_ratio ratio = random_tsc(&seed).ratio;
        struct pvclock_scale guest = tsc_ratio_scale(ratio, host);
        /* Both as multiples of 2^(host.shift - 32). */
        u128 exact = (u128)host.mul << 60;
        int shift = 60 + guest.shift - host.shift - (int)ratio.frac_bits;
        u128 product = (u128)guest.mul * ratio.mul;
        u128 got = shift >= 0 ? product << shift : product >> -shift;
        u128 error = got > exact ? got - exact : exact - got;

        assert_true(guest.mul >> 31 == 1);
        assert_true(error <= (exact >> 32) + 1);
    }
}

static void without_scaling_the_scale_stays_what_it_is(void **unused)
{
    uint64_t seed = 6;

    (void)unused;
    for (unsigned i = 0; i < 100000; i++) {
        struct pvclock_scale host = pvclock_scale_from_ratio(NS_PER_SEC, random_hz(&seed));
        struct pvclock_scale guest = tsc_ratio_scale(TSC_RATIO_ONE, host);

        assert_int_equal(guest.mul, host.mul);
        assert_int_equal(guest.shift, host.shift);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_function_is_that_of_the_hardware_on_128_bits),
        cmocka_unit_test(the_ratio_is_kvms_of_whole_kilohertz),
        cmocka_unit_test(a_tsc_that_is_set_reads_what_it_was_set_to),
        cmocka_unit_test(the_host_tsc_of_a_value_is_the_first_that_gives_it),
        cmocka_unit_test(tscs_that_are_delayed_together_stay_as_far_apart),
        cmocka_unit_test(a_rate_comes_back_out_of_its_ratio),
        cmocka_unit_test(the_scale_of_a_guest_tsc_is_right_to_2_to_the_minus_32),
        cmocka_unit_test(without_scaling_the_scale_stays_what_it_is),
    };

    return cmocka_run_group_tests_name("guest_tsc", tests, NULL, NULL);
}
