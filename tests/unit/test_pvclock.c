/* SPDX-License-Identifier: BSD-2-Clause */
/* kvm-clock arithmetic, pages and MSRs; the timebase. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/time_math.h"
#include "kvmclock/calibration.h"
#include "kvmclock/kvmclock.h"
#include "tests/unit/kvmclock_rig.h"

/* Distance between a scale and the exact ns per cycle, in units of 2^-64 relative to 1. */
static void assert_scale_is_nearest(uint64_t hz)
{
    struct pvclock_scale scale = pvclock_scale_from_ratio(NS_PER_SEC, hz);
    unsigned __int128 exact = ((unsigned __int128)NS_PER_SEC << 64) / hz;
    unsigned __int128 got = (unsigned __int128)scale.mul << (32 + scale.shift);
    unsigned __int128 error = exact > got ? exact - got : got - exact;

    assert_true(scale.mul >> 31 == 1);
    /* Half a unit of mul, and one of the exact value's own rounding. */
    assert_true(error <= ((unsigned __int128)1 << (31 + scale.shift)) + 1);
}

static void scale_is_the_nearest_for_100_000_rates_from_1_mhz_to_10_ghz(void **unused)
{
    unsigned count = 0;

    (void)unused;
    for (uint64_t hz = 1000000; hz <= UINT64_C(10000000000); hz += hz / 10903 + 1, count++)
        assert_scale_is_nearest(hz);
    assert_scale_is_nearest(UINT64_C(10000000000));
    assert_true(count >= 100000);
}

static void scale_has_the_published_values(void **unused)
{
    static const struct {
        uint64_t hz;
        struct pvclock_scale scale;
    } rows[] = {
        {1000000000, {0x80000000, 1}},  {1500000000, {0xaaaaaaab, 0}},
        {2000000000, {0x80000000, 0}},  {2500000000, {0xcccccccd, -1}},
        {3000000000, {0xaaaaaaab, -1}}, {UINT64_C(5000000000), {0xcccccccd, -2}},
    };

    (void)unused;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pvclock_scale scale = pvclock_scale_from_ratio(NS_PER_SEC, rows[i].hz);

        assert_int_equal(scale.mul, rows[i].scale.mul);
        assert_int_equal(scale.shift, rows[i].scale.shift);
    }
}

static void a_400_day_delta_does_not_overflow(void **unused)
{
    struct pvclock_scale scale = pvclock_scale_from_ratio(NS_PER_SEC, 2500000000);
    uint64_t day_tsc = UINT64_C(2500000000) * 86400;

    (void)unused;
    assert_in_range(pvclock_scale_ns(scale, 400 * day_tsc), 400 * 86400 * NS_PER_SEC,
                    400 * 86400 * NS_PER_SEC + 400 * 86400 / 4);
}

static void a_page_gives_the_time_that_the_devices_have(void **unused)
{
    struct kvmclock_rig rig;
    const struct guest_tsc tsc = host_tsc_with_offset((uint64_t)-900);

    (void)unused;
    kvmclock_rig_init(&rig, 1);
    assert_true(kvmclock_write_msr(&rig.clock, 0, MSR_SYSTEM_TIME, 64 | 1, &tsc));
    for (uint64_t host_tsc = 1000; host_tsc < UINT64_C(1) << 62; host_tsc = host_tsc * 3 + 1)
        assert_int_equal(pvclock_read_ns(kvmclock_rig_page(&rig, 64), guest_tsc_at(&tsc, host_tsc)),
                         timebase_ns(&rig.timebase, host_tsc));
    assert_int_equal(kvmclock_rig_page(&rig, 64)->version & 1, 0);
    assert_int_equal(kvmclock_rig_page(&rig, 64)->flags, PVCLOCK_TSC_STABLE);
}

static void old_and_new_msr_numbers_mean_the_same(void **unused)
{
    struct kvmclock_rig rig;

    (void)unused;
    kvmclock_rig_init(&rig, 1);
    assert_true(kvmclock_write_msr(&rig.clock, 0, MSR_SYSTEM_TIME_OLD, 32 | 1, &host_tsc_alone));
    assert_int_equal(kvmclock_read_msr(&rig.clock, 0, MSR_SYSTEM_TIME), 33);
    assert_int_equal(kvmclock_rig_page(&rig, 32)->system_time_ns, 7);
    assert_true(kvmclock_write_msr(&rig.clock, 0, MSR_WALL_CLOCK_OLD, 100, &host_tsc_alone));
    assert_int_equal(kvmclock_read_msr(&rig.clock, 0, MSR_WALL_CLOCK), 100);
    assert_true(kvmclock_owns_msr(0x11) && kvmclock_owns_msr(0x4b564d01));
    assert_false(kvmclock_owns_msr(0x10) || kvmclock_owns_msr(0x4b564d03));
}

static void wall_clock_page_holds_the_time_of_guest_time_0(void **unused)
{
    struct kvmclock_rig rig;
    struct pvclock_wall_page *wall;

    (void)unused;
    kvmclock_rig_init(&rig, 1);
    assert_true(kvmclock_write_msr(&rig.clock, 0, MSR_WALL_CLOCK, 100, &host_tsc_alone));
    wall = (struct pvclock_wall_page *)(rig.ram + 100);
    assert_int_equal(wall->sec, 1700000000);
    assert_int_equal(wall->nsec, 123456789);
    assert_int_equal(wall->version, 2);
}

static void wall_time_beyond_32_bits_of_seconds_wraps(void **unused)
{
    struct pvclock_wall_page page = {0};

    (void)unused;
    pvclock_write_wall(&page, PVCLOCK_WALL_MAX_SEC * NS_PER_SEC + 5);
    assert_int_equal(page.sec, PVCLOCK_WALL_MAX_SEC);
    assert_int_equal(page.nsec, 5);
    pvclock_write_wall(&page, (PVCLOCK_WALL_MAX_SEC + UINT64_C(1)) * NS_PER_SEC);
    assert_int_equal(page.sec, 0);
    assert_int_equal(page.nsec, 0);
}

static void an_address_outside_ram_or_unaligned_is_refused_and_changes_nothing(void **unused)
{
    static const uint64_t bad[] = {4096 | 1, (4096 - 28) | 1, UINT64_MAX, 66 | 1,
                                   UINT64_C(1) << 63 | 1};
    struct kvmclock_rig rig;

    (void)unused;
    kvmclock_rig_init(&rig, 1);
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(kvmclock_write_msr(&rig.clock, 0, MSR_SYSTEM_TIME, bad[i], &host_tsc_alone));
    assert_false(kvmclock_write_msr(&rig.clock, 0, MSR_WALL_CLOCK, 4096 - 8, &host_tsc_alone));
    assert_false(kvmclock_write_msr(&rig.clock, 0, MSR_WALL_CLOCK, 2, &host_tsc_alone));
    assert_int_equal(kvmclock_read_msr(&rig.clock, 0, MSR_SYSTEM_TIME), 0);
    assert_int_equal(kvmclock_read_msr(&rig.clock, 0, MSR_WALL_CLOCK), 0);
    for (unsigned i = 0; i < sizeof rig.ram; i++)
        assert_int_equal(rig.ram[i], 0);
}

static void writing_0_ends_publication(void **unused)
{
    struct kvmclock_rig rig;
    struct pvclock_page before;

    (void)unused;
    kvmclock_rig_init(&rig, 1);
    assert_true(kvmclock_write_msr(&rig.clock, 0, MSR_SYSTEM_TIME, 1, &host_tsc_alone));
    assert_true(kvmclock_write_msr(&rig.clock, 0, MSR_SYSTEM_TIME, 0, &host_tsc_alone));
    memcpy(&before, rig.ram, sizeof before);
    kvmclock_set_scale(&rig.clock, pvclock_scale_from_ratio(1, 3));
    assert_memory_equal(&before, rig.ram, sizeof before);
}

static void different_tsc_offsets_end_tsc_stable_in_every_page(void **unused)
{
    const struct guest_tsc by_10 = host_tsc_with_offset(10), by_11 = host_tsc_with_offset(11);
    struct kvmclock_rig rig;

    (void)unused;
    kvmclock_rig_init(&rig, 3);
    kvmclock_rig_enable(&rig, 0, 0, &by_10);
    kvmclock_rig_enable(&rig, 1, 64, &by_10);
    assert_int_equal(kvmclock_rig_page(&rig, 64)->flags, PVCLOCK_TSC_STABLE);
    kvmclock_rig_enable(&rig, 2, 128, &by_11);
    for (unsigned gpa = 0; gpa <= 128; gpa += 64)
        assert_int_equal(kvmclock_rig_page(&rig, gpa)->flags, 0);
    assert_int_equal(pvclock_read_ns(kvmclock_rig_page(&rig, 0), 3000 + 10),
                     pvclock_read_ns(kvmclock_rig_page(&rig, 128), 3000 + 11));
}

static void a_host_without_a_constant_tsc_never_says_stable(void **unused)
{
    struct kvmclock_rig rig;

    (void)unused;
    kvmclock_rig_init(&rig, 1);
    rig.clock.state.tsc_stable = false;
    assert_true(kvmclock_write_msr(&rig.clock, 0, MSR_SYSTEM_TIME, 1, &host_tsc_alone));
    assert_int_equal(kvmclock_rig_page(&rig, 0)->flags, 0);
}

static void a_new_rate_is_taken_while_every_page_is_odd(void **unused)
{
    struct kvmclock_rig rig;

    (void)unused;
    kvmclock_rig_init(&rig, 2);
    assert_true(kvmclock_write_msr(&rig.clock, 1, MSR_SYSTEM_TIME, 0 | 1, &host_tsc_alone));
    kvmclock_set_scale(&rig.clock, pvclock_scale_from_ratio(1, 3));
    assert_int_equal(rig.version_seen_by_host_tsc & 1, 1);
    assert_int_equal(kvmclock_rig_page(&rig, 0)->version & 1, 0);
    assert_int_equal(kvmclock_rig_page(&rig, 0)->tsc_timestamp, 5000);
}

/* Two vCPUs take turns in reading, on the cycle of the change too; rates from 1 to 1.016 of 0.4 ns.
 */
static void in_10_million_republications_the_clock_never_steps(void **unused)
{
    const struct guest_tsc tsc = host_tsc_with_offset(UINT64_C(1) << 40);
    struct kvmclock_rig rig;
    uint64_t seed = 1;
    uint64_t latest_ns = 0;

    (void)unused;
    kvmclock_rig_init(&rig, 2);
    kvmclock_rig_enable(&rig, 0, 0, &tsc);
    kvmclock_rig_enable(&rig, 1, 64, &tsc);
    for (unsigned i = 0; i < 10000000; i++) {
        const struct pvclock_page *page = kvmclock_rig_page(&rig, i % 2 * 64);
        uint64_t before_ns, after_ns;

        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        rig.host_tsc += seed >> (24 + seed % 40);
        before_ns = pvclock_read_ns(page, guest_tsc_at(&tsc, rig.host_tsc));
        kvmclock_set_scale(&rig.clock, pvclock_scale_from_ratio(1000000 + (seed >> 50), 2500000));
        after_ns = pvclock_read_ns(page, guest_tsc_at(&tsc, rig.host_tsc));
        if (before_ns < latest_ns || after_ns != before_ns)
            fail_msg("republication %u: %llu, %llu, %llu", i, (unsigned long long)latest_ns,
                     (unsigned long long)before_ns, (unsigned long long)after_ns);
        latest_ns = after_ns;
    }
}

static void a_tsc_before_the_timebases_own_takes_guest_time_neither_back_nor_ahead(void **unused)
{
    struct timebase timebase =
        timebase_start(1000, 7, pvclock_scale_from_ratio(1, 3), TSC_RATIO_ONE);

    (void)unused;
    assert_int_equal(timebase_ns(&timebase, 999), 7);
    assert_int_equal(timebase_ns(&timebase, 0), 7);
    timebase_set_scale(&timebase, 990, pvclock_scale_from_ratio(1, 2));
    assert_int_equal(timebase_ns(&timebase, 990), 7);
}

static void a_host_tsc_that_steps_back_stops_guest_time_until_the_next_publication(void **unused)
{
    struct kvmclock_rig rig;

    (void)unused;
    kvmclock_rig_init(&rig, 1);
    kvmclock_rig_enable(&rig, 0, 0, &host_tsc_alone);
    kvmclock_set_scale(&rig.clock, pvclock_scale_from_ratio(1, 2));
    assert_int_equal(timebase_ns(&rig.timebase, 5000), 2007);
    assert_int_equal(timebase_ns(&rig.timebase, 4999), 2007);
    rig.host_tsc = 100;
    kvmclock_set_scale(&rig.clock, pvclock_scale_from_ratio(1, 2));
    assert_int_equal(timebase_ns(&rig.timebase, 100), 2007);
    assert_int_equal(pvclock_read_ns(kvmclock_rig_page(&rig, 0), 300), 2107);
}

static void after_a_pause_time_goes_on_where_it_is_told_to(void **unused)
{
    struct kvmclock_rig rig;

    (void)unused;
    kvmclock_rig_init(&rig, 2);
    kvmclock_rig_enable(&rig, 0, 0, &host_tsc_alone);
    kvmclock_rig_enable(&rig, 1, 64, &host_tsc_alone);
    kvmclock_resume(&rig.clock, 900000, 4000);
    assert_int_equal(timebase_ns(&rig.timebase, 900000), 4000);
    for (unsigned gpa = 0; gpa <= 64; gpa += 64)
        assert_int_equal(pvclock_read_ns(kvmclock_rig_page(&rig, gpa), 900000 + 20), 4010);
}

/* A guest clears the bit in its own page, whenever it looks. */
static void guest_stopped_is_said_after_a_pause_until_the_guest_clears_it(void **unused)
{
    struct kvmclock_rig rig;

    (void)unused;
    kvmclock_rig_init(&rig, 2);
    kvmclock_rig_enable(&rig, 0, 0, &host_tsc_alone);
    kvmclock_rig_enable(&rig, 1, 64, &host_tsc_alone);
    assert_int_equal(kvmclock_rig_page(&rig, 0)->flags, PVCLOCK_TSC_STABLE);
    kvmclock_resume(&rig.clock, rig.host_tsc, 4000);
    kvmclock_rig_page(&rig, 64)->flags &= (uint8_t)~PVCLOCK_GUEST_STOPPED;
    kvmclock_set_scale(&rig.clock, pvclock_scale_from_ratio(1, 3));
    assert_int_equal(kvmclock_rig_page(&rig, 0)->flags, PVCLOCK_TSC_STABLE | PVCLOCK_GUEST_STOPPED);
    assert_int_equal(kvmclock_rig_page(&rig, 64)->flags, PVCLOCK_TSC_STABLE);
}

static void a_page_whose_version_the_guest_made_odd_ends_even(void **unused)
{
    struct kvmclock_rig rig;

    (void)unused;
    kvmclock_rig_init(&rig, 1);
    kvmclock_rig_page(&rig, 0)->version = UINT32_MAX;
    assert_true(kvmclock_write_msr(&rig.clock, 0, MSR_SYSTEM_TIME, 1, &host_tsc_alone));
    assert_int_equal(kvmclock_rig_page(&rig, 0)->version & 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scale_is_the_nearest_for_100_000_rates_from_1_mhz_to_10_ghz),
        cmocka_unit_test(scale_has_the_published_values),
        cmocka_unit_test(a_400_day_delta_does_not_overflow),
        cmocka_unit_test(a_page_gives_the_time_that_the_devices_have),
        cmocka_unit_test(old_and_new_msr_numbers_mean_the_same),
        cmocka_unit_test(wall_clock_page_holds_the_time_of_guest_time_0),
        cmocka_unit_test(wall_time_beyond_32_bits_of_seconds_wraps),
        cmocka_unit_test(an_address_outside_ram_or_unaligned_is_refused_and_changes_nothing),
        cmocka_unit_test(writing_0_ends_publication),
        cmocka_unit_test(different_tsc_offsets_end_tsc_stable_in_every_page),
        cmocka_unit_test(a_host_without_a_constant_tsc_never_says_stable),
        cmocka_unit_test(a_new_rate_is_taken_while_every_page_is_odd),
        cmocka_unit_test(in_10_million_republications_the_clock_never_steps),
        cmocka_unit_test(a_tsc_before_the_timebases_own_takes_guest_time_neither_back_nor_ahead),
        cmocka_unit_test(a_host_tsc_that_steps_back_stops_guest_time_until_the_next_publication),
        cmocka_unit_test(after_a_pause_time_goes_on_where_it_is_told_to),
        cmocka_unit_test(guest_stopped_is_said_after_a_pause_until_the_guest_clears_it),
        cmocka_unit_test(a_page_whose_version_the_guest_made_odd_ends_even),
    };

    return cmocka_run_group_tests_name("pvclock", tests, NULL, NULL);
}
