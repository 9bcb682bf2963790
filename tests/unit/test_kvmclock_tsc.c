/* SPDX-License-Identifier: BSD-2-Clause */
/* kvm-clock on vCPUs whose TSCs are offset, scaled, written to, and different from each other. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/time_math.h"
#include "tests/unit/kvmclock_rig.h"

typedef unsigned __int128 u128;

#define PAGE_BYTES 64
#define HOST_KHZ   2596138

static uint64_t random_u64(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    return *seed ^= *seed << 17;
}

static struct guest_tsc tsc_of(uint32_t khz, uint64_t offset)
{
    return (struct guest_tsc){tsc_ratio_from_khz(khz, HOST_KHZ, TSC_RATIO_BITS_VMX), offset};
}

/* A rig on a host of HOST_KHZ whose timebase counts at khz. */
static void rig_init_at(struct kvmclock_rig *rig, unsigned vcpu_count, uint32_t khz)
{
    kvmclock_rig_init(rig, vcpu_count);
    rig->timebase =
        timebase_start(1000, 7, pvclock_scale_from_ratio(NS_PER_SEC, HOST_KHZ * UINT64_C(1000)),
                       tsc_of(khz, 0).ratio);
}

static uint64_t page_ns(struct kvmclock_rig *rig, unsigned vcpu, uint64_t host_tsc)
{
    return pvclock_read_ns(kvmclock_rig_page(rig, vcpu * PAGE_BYTES),
                           guest_tsc_at(&rig->clock.vcpus[vcpu].tsc, host_tsc));
}

static void the_page_of_a_scaled_tsc_gives_the_time_that_the_devices_have(void **unused)
{
    static const uint32_t rates_khz[] = {1000, 1000000, 2000000, 2596137, 3700000, 9999999};
    uint64_t seed = 1;

    (void)unused;
    for (unsigned rate = 0; rate < sizeof rates_khz / sizeof rates_khz[0]; rate++) {
        const struct guest_tsc tsc = tsc_of(rates_khz[rate], random_u64(&seed));
        struct kvmclock_rig rig;

        rig_init_at(&rig, 1, rates_khz[rate]);
        kvmclock_rig_enable(&rig, 0, 0, &tsc);
        for (unsigned i = 0; i < 100000; i++) {
            uint64_t host_tsc = 1000 + (random_u64(&seed) >> random_u64(&seed) % 40 >> 10);

            assert_int_equal(page_ns(&rig, 0, host_tsc), timebase_ns(&rig.timebase, host_tsc));
        }
        assert_int_equal(kvmclock_rig_page(&rig, 0)->flags, PVCLOCK_TSC_STABLE);
    }
}

/* floor(nanoseconds of cycles at hz * numerator / 2^32). */
static uint64_t ns_times(uint64_t cycles, uint64_t hz, uint64_t numerator)
{
    return (uint64_t)((u128)cycles * NS_PER_SEC * numerator / ((u128)hz << 32));
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* 100 000 rates from 1 MHz to 10 GHz, each with deltas up to an hour. */
static void a_read_of_the_page_is_right_to_1_ns_and_2_to_the_minus_32_of_the_delta(void **unused)
{
    uint64_t seed = 2;

    (void)unused;
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t hz = 1000000 + random_u64(&seed) % UINT64_C(9999000001);
        struct kvmclock_rig rig;

        kvmclock_rig_init(&rig, 1);
        rig.timebase =
            timebase_start(1000, 7, pvclock_scale_from_ratio(NS_PER_SEC, hz), TSC_RATIO_ONE);
        kvmclock_rig_enable(&rig, 0, 0, &host_tsc_alone);
        for (unsigned j = 0; j < 10; j++) {
            uint64_t cycles = (random_u64(&seed) % (3600 * hz)) >> random_u64(&seed) % 42;
            uint64_t read_ns = pvclock_read_ns(kvmclock_rig_page(&rig, 0), 1000 + cycles) - 7;

            assert_true(read_ns + 1 >= ns_times(cycles, hz, (UINT64_C(1) << 32) - 1));
            assert_true(read_ns <= ns_times(cycles, hz, (UINT64_C(1) << 32) + 1));
        }
    }
}

static void a_scaled_page_is_as_far_from_the_devices_as_stated_on_a_tsc_of_its_own(void **unused)
{
    uint64_t seed = 3;

    (void)unused;
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t khz = (uint32_t)(1000 + random_u64(&seed) % 9999001);
        uint32_t timebase_khz = (uint32_t)(1000 + random_u64(&seed) % 9999001);
        const struct guest_tsc tsc = tsc_of(khz, random_u64(&seed));
        uint64_t cycles_ns = 2 + 1000000 / khz + 1 + 1000000 / timebase_khz + 1 + 1;
        struct kvmclock_rig rig;

        rig_init_at(&rig, 1, timebase_khz);
        kvmclock_rig_enable(&rig, 0, 0, &tsc);
        for (unsigned j = 0; j < 20; j++) {
            uint64_t host_tsc = 1000 + (random_u64(&seed) >> random_u64(&seed) % 40 >> 18);
            uint64_t ns = timebase_ns(&rig.timebase, host_tsc);

            assert_true(distance(page_ns(&rig, 0, host_tsc), ns) <= cycles_ns + (ns >> 31));
        }
    }
}

static void vcpus_with_one_scaled_tsc_are_stable_and_another_rate_ends_it(void **unused)
{
    const struct guest_tsc scaled = tsc_of(2000000, 5), faster = tsc_of(2000001, 5);
    struct kvmclock_rig rig;

    (void)unused;
    rig_init_at(&rig, 3, 2000000);
    kvmclock_rig_enable(&rig, 0, 0, &scaled);
    kvmclock_rig_enable(&rig, 1, PAGE_BYTES, &scaled);
    assert_int_equal(kvmclock_rig_page(&rig, 0)->flags, PVCLOCK_TSC_STABLE);
    assert_int_equal(kvmclock_rig_page(&rig, PAGE_BYTES)->flags, PVCLOCK_TSC_STABLE);
    kvmclock_rig_enable(&rig, 2, 2 * PAGE_BYTES, &faster);
    for (unsigned vcpu = 0; vcpu < 3; vcpu++)
        assert_int_equal(kvmclock_rig_page(&rig, vcpu * PAGE_BYTES)->flags, 0);
}

static void a_tsc_that_the_guest_writes_leaves_the_time_of_its_page_as_it_is(void **unused)
{
    const struct guest_tsc before = tsc_of(2000000, 5);
    struct kvmclock_rig rig;
    uint64_t seed = 4;

    (void)unused;
    rig_init_at(&rig, 2, 2000000);
    kvmclock_rig_enable(&rig, 0, 0, &before);
    kvmclock_rig_enable(&rig, 1, PAGE_BYTES, &before);
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t host_tsc = 1000 + (random_u64(&seed) >> 20);
        struct guest_tsc after = guest_tsc_set(&before, host_tsc, random_u64(&seed));
        uint64_t ns = page_ns(&rig, 1, host_tsc);

        kvmclock_set_tsc(&rig.clock, 1, &after);
        assert_int_equal(page_ns(&rig, 1, host_tsc), ns);
        assert_int_equal(page_ns(&rig, 0, host_tsc), ns);
        assert_int_equal(kvmclock_rig_page(&rig, PAGE_BYTES)->version % 2, 0);
    }
    assert_int_equal(kvmclock_rig_page(&rig, 0)->flags, 0);
    assert_int_equal(kvmclock_rig_page(&rig, PAGE_BYTES)->flags, 0);
}

static void setting_the_tsc_of_a_vcpu_without_a_page_writes_nothing(void **unused)
{
    const struct guest_tsc other = tsc_of(2000000, 5);
    struct kvmclock_rig rig;
    struct pvclock_page before;

    (void)unused;
    kvmclock_rig_init(&rig, 2);
    kvmclock_rig_enable(&rig, 0, 0, &host_tsc_alone);
    before = *kvmclock_rig_page(&rig, 0);
    kvmclock_set_tsc(&rig.clock, 1, &other);
    assert_memory_equal(&before, kvmclock_rig_page(&rig, 0), sizeof before);
}

/* Each vCPU reads on the very cycle before the versions become odd and on the one after they are
 * even, which is no earlier than the last TSC value that kvm-clock has read. */
static void assert_no_step_back(struct kvmclock_rig *rig, unsigned vcpus,
                                struct pvclock_scale scale)
{
    uint64_t latest_ns = 0;

    for (unsigned vcpu = 0; vcpu < vcpus; vcpu++) {
        uint64_t ns = page_ns(rig, vcpu, rig->host_tsc);

        latest_ns = ns > latest_ns ? ns : latest_ns;
    }
    rig->host_tsc_reads = 0;
    kvmclock_set_scale(&rig->clock, scale);
    for (unsigned vcpu = 0; vcpu < vcpus; vcpu++)
        assert_true(page_ns(rig, vcpu, rig->host_tsc - rig->host_tsc_step) >= latest_ns);
}

static struct pvclock_scale scale_near_host(uint64_t *seed)
{
    return pvclock_scale_from_ratio(NS_PER_SEC + random_u64(seed) % 20001 - 10000,
                                    HOST_KHZ * UINT64_C(1000));
}

static void no_republication_steps_back_on_vcpus_of_three_rates(void **unused)
{
    static const uint32_t rates_khz[] = {1000000, HOST_KHZ, 3700000};
    struct kvmclock_rig rig;
    uint64_t seed = 5;

    (void)unused;
    rig_init_at(&rig, 3, 1000000);
    rig.host_tsc_step = 1;
    for (unsigned vcpu = 0; vcpu < 3; vcpu++) {
        const struct guest_tsc tsc = tsc_of(rates_khz[vcpu], random_u64(&seed));

        kvmclock_rig_enable(&rig, vcpu, vcpu * PAGE_BYTES, &tsc);
    }
    for (unsigned i = 0; i < 200000; i++) {
        rig.host_tsc += random_u64(&seed) >> (24 + random_u64(&seed) % 40);
        assert_no_step_back(&rig, 3, scale_near_host(&seed));
    }
}

/* On a CPU whose TSC is behind the one on which the last rate was measured. */
static void a_host_tsc_that_is_behind_is_not_waited_for(void **unused)
{
    const struct guest_tsc tsc = tsc_of(3700000, 0);
    struct kvmclock_rig rig;
    uint64_t ns;

    (void)unused;
    rig_init_at(&rig, 1, HOST_KHZ);
    kvmclock_rig_enable(&rig, 0, 0, &tsc);
    ns = page_ns(&rig, 0, 1000);
    rig.host_tsc = 900;
    kvmclock_set_scale(&rig.clock, pvclock_scale_from_ratio(1, 2));
    assert_int_equal(rig.host_tsc_reads, 1);
    assert_in_range(page_ns(&rig, 0, 1000), ns, ns + 50);
}

static void vcpus_with_one_tsc_are_never_waited_for(void **unused)
{
    const struct guest_tsc tsc = tsc_of(3700000, 99);
    struct kvmclock_rig rig;
    uint64_t seed = 6;

    (void)unused;
    rig_init_at(&rig, 2, 3700000);
    kvmclock_rig_enable(&rig, 0, 0, &tsc);
    kvmclock_rig_enable(&rig, 1, PAGE_BYTES, &tsc);
    for (unsigned i = 0; i < 100000; i++) {
        rig.host_tsc += random_u64(&seed) >> 30;
        assert_no_step_back(&rig, 2, scale_near_host(&seed));
        assert_int_equal(rig.host_tsc_reads, 1);
    }
}

/* After any number of publications pages are as far from guest time as after the first. */
static void publications_do_not_add_up_to_a_difference(void **unused)
{
    struct kvmclock_rig rig;
    const struct guest_tsc tsc = tsc_of(3700000, 0);
    uint64_t seed = 7;

    (void)unused;
    rig_init_at(&rig, 1, HOST_KHZ);
    rig.host_tsc_step = 1;
    kvmclock_rig_enable(&rig, 0, 0, &tsc);
    for (unsigned i = 0; i < 200000; i++) {
        rig.host_tsc += 1 + random_u64(&seed) % 10000;
        kvmclock_set_scale(&rig.clock, scale_near_host(&seed));
    }
    assert_true(
        distance(page_ns(&rig, 0, rig.host_tsc), timebase_ns(&rig.timebase, rig.host_tsc)) <= 3);
}

static void a_guest_that_writes_into_its_page_does_not_mislead_the_next_publication(void **unused)
{
    const struct guest_tsc tsc = tsc_of(3700000, 0);
    struct kvmclock_rig rig;

    (void)unused;
    rig_init_at(&rig, 1, HOST_KHZ);
    kvmclock_rig_enable(&rig, 0, 0, &tsc);
    memset(kvmclock_rig_page(&rig, 0), 0xff, sizeof(struct pvclock_page));
    rig.host_tsc_step = 1;
    kvmclock_set_scale(&rig.clock, pvclock_scale_from_ratio(1, 2));
    assert_true(rig.host_tsc_reads < 20);
    assert_true(distance(page_ns(&rig, 0, 6000), timebase_ns(&rig.timebase, 6000)) <= 3);
}

/* Frozen for an hour or so: guest time and TSCs go on from where they were. */
static void after_a_pause_tscs_that_were_held_back_go_on_with_guest_time(void **unused)
{
    const struct guest_tsc tscs[] = {tsc_of(2000000, 5), tsc_of(2000000, 5)};
    const uint64_t delta = UINT64_C(9876543219871);
    struct kvmclock_rig rig;
    uint64_t ns, tsc;

    (void)unused;
    rig_init_at(&rig, 2, 2000000);
    for (unsigned i = 0; i < 2; i++)
        kvmclock_rig_enable(&rig, i, i * PAGE_BYTES, &tscs[i]);
    rig.host_tsc = 123456;
    ns = timebase_ns(&rig.timebase, rig.host_tsc);
    tsc = guest_tsc_at(&tscs[0], rig.host_tsc);
    kvmclock_delay_tscs(&rig.clock, rig.host_tsc, delta);
    rig.host_tsc += delta;
    kvmclock_resume(&rig.clock, rig.host_tsc, ns);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(kvmclock_rig_page(&rig, i * PAGE_BYTES)->tsc_timestamp, tsc);
        assert_int_equal(kvmclock_rig_page(&rig, i * PAGE_BYTES)->system_time_ns, ns);
        assert_int_equal(kvmclock_rig_page(&rig, i * PAGE_BYTES)->flags,
                         PVCLOCK_TSC_STABLE | PVCLOCK_GUEST_STOPPED);
    }
}

static void after_a_pause_in_which_tscs_went_on_the_pages_make_up_for_it(void **unused)
{
    const struct guest_tsc tsc = tsc_of(2000000, 5);
    struct kvmclock_rig rig;
    uint64_t ns;

    (void)unused;
    rig_init_at(&rig, 1, 2000000);
    kvmclock_rig_enable(&rig, 0, 0, &tsc);
    ns = page_ns(&rig, 0, 123456);
    rig.host_tsc = UINT64_C(9876543219871);
    kvmclock_resume(&rig.clock, rig.host_tsc, ns);
    assert_true(guest_tsc_equal(&rig.clock.vcpus[0].tsc, &tsc));
    assert_int_equal(page_ns(&rig, 0, rig.host_tsc), ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_of_a_scaled_tsc_gives_the_time_that_the_devices_have),
        cmocka_unit_test(a_read_of_the_page_is_right_to_1_ns_and_2_to_the_minus_32_of_the_delta),
        cmocka_unit_test(a_scaled_page_is_as_far_from_the_devices_as_stated_on_a_tsc_of_its_own),
        cmocka_unit_test(vcpus_with_one_scaled_tsc_are_stable_and_another_rate_ends_it),
        cmocka_unit_test(a_tsc_that_the_guest_writes_leaves_the_time_of_its_page_as_it_is),
        cmocka_unit_test(setting_the_tsc_of_a_vcpu_without_a_page_writes_nothing),
        cmocka_unit_test(no_republication_steps_back_on_vcpus_of_three_rates),
        cmocka_unit_test(a_host_tsc_that_is_behind_is_not_waited_for),
        cmocka_unit_test(vcpus_with_one_tsc_are_never_waited_for),
        cmocka_unit_test(publications_do_not_add_up_to_a_difference),
        cmocka_unit_test(a_guest_that_writes_into_its_page_does_not_mislead_the_next_publication),
        cmocka_unit_test(after_a_pause_tscs_that_were_held_back_go_on_with_guest_time),
        cmocka_unit_test(after_a_pause_in_which_tscs_went_on_the_pages_make_up_for_it),
    };

    return cmocka_run_group_tests_name("kvmclock_tsc", tests, NULL, NULL);
}
