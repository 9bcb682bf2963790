/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages of kvm-clock that are wrong on purpose: what they show is their lens, and no more. */
#include "tests/unit/unit.h"

#include "base/time_math.h"
#include "tests/unit/kvmclock_rig.h"

#define SEC       NS_PER_SEC
#define CYCLES(s) ((s)*2 * SEC)
#define PAGE(n)   (64 * (n))

static struct kvmclock_rig rig;
static uint64_t random_state;

static uint64_t random_below(uint64_t end)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % end;
}

/* Two vCPUs with one TSC, 10 s after the beginning. */
static int setup(void **unused)
{
    (void)unused;
    random_state = 1;
    kvmclock_rig_init(&rig, 2);
    rig.host_tsc = CYCLES(10);
    rig.host_tsc_step = 2;
    for (unsigned i = 0; i < 2; i++)
        kvmclock_rig_enable(&rig, i, PAGE(i), &host_tsc_alone);
    return 0;
}

static uint64_t read_page(unsigned vcpu)
{
    return pvclock_read_ns(kvmclock_rig_page(&rig, PAGE(vcpu)), rig.host_tsc);
}

static uint64_t guest_ns(void)
{
    return timebase_ns(&rig.timebase, rig.host_tsc);
}

static void publish(void)
{
    kvmclock_set_scale(&rig.clock, rig.timebase.scale);
}

/* Of vCPU 1 alone. */
static void set_rate(int64_t ppb)
{
    page_fault_set_rate(&rig.clock.faults[1], kvmclock_begin_faults(&rig.clock), ppb);
    kvmclock_end_faults(&rig.clock);
}

static void stick(bool stands)
{
    page_fault_stick(&rig.clock.faults[1], kvmclock_begin_faults(&rig.clock), stands);
    kvmclock_end_faults(&rig.clock);
}

static bool step(int64_t by_ns)
{
    bool done = page_fault_step(&rig.clock.faults[1], kvmclock_begin_faults(&rig.clock), by_ns);

    kvmclock_end_faults(&rig.clock);
    return done;
}

static void a_rate_is_in_the_page_of_that_vcpu_alone(void **unused)
{
    uint64_t zero_ns;

    (void)unused;
    set_rate(2000000);
    zero_ns = read_page(1);
    assert_int_equal(zero_ns, guest_ns());
    rig.host_tsc += CYCLES(10);
    assert_int_equal(read_page(0), guest_ns());
    assert_in_range(read_page(1) - zero_ns, 10020000000 - 5, 10020000000 + 5);
    publish();
    assert_in_range(read_page(1) - zero_ns, 10020000000 - 5, 10020000000 + 5);
}

static void a_rate_and_back_keeps_what_it_has_gained(void **unused)
{
    (void)unused;
    set_rate(500000000);
    rig.host_tsc += CYCLES(10);
    set_rate(0);
    rig.host_tsc += CYCLES(100);
    publish();
    assert_in_range(read_page(1) - guest_ns(), 5 * SEC - 1, 5 * SEC + 1);
}

static void a_clock_that_stands_stands_through_publications(void **unused)
{
    uint64_t ns;

    (void)unused;
    stick(true);
    ns = read_page(1);
    for (unsigned i = 0; i < 10; i++) {
        rig.host_tsc += CYCLES(1);
        assert_int_equal(read_page(1), ns);
        publish();
        assert_int_equal(read_page(1), ns);
        assert_int_equal(read_page(0), guest_ns());
    }
    stick(false);
    rig.host_tsc += CYCLES(1);
    assert_in_range(read_page(1) - ns, SEC - 1, SEC + 1);
}

static void a_step_goes_both_ways_and_not_before_0(void **unused)
{
    (void)unused;
    assert_true(step(3600 * (int64_t)SEC));
    assert_in_range(read_page(1) - guest_ns(), 3600 * SEC - 1, 3600 * SEC + 1);
    publish();
    assert_in_range(read_page(1) - guest_ns(), 3600 * SEC - 1, 3600 * SEC + 1);
    assert_true(step(-3605 * (int64_t)SEC));
    assert_in_range(guest_ns() - read_page(1), 5 * SEC - 1, 5 * SEC + 1);
    assert_false(step(-6 * (int64_t)SEC));
    assert_false(step(INT64_MIN));
    assert_in_range(guest_ns() - read_page(1), 5 * SEC - 1, 5 * SEC + 1);
    assert_int_equal(read_page(0), guest_ns());
}

static void one_publication_is_earlier_and_the_next_is_right(void **unused)
{
    (void)unused;
    kvmclock_begin_faults(&rig.clock);
    rig.clock.faults[1].back_ns = 5000;
    kvmclock_end_faults(&rig.clock);
    assert_int_equal(read_page(1), guest_ns() - 5000);
    assert_int_equal(read_page(0), guest_ns());
    rig.host_tsc += CYCLES(1);
    publish();
    assert_int_equal(read_page(1), guest_ns());
}

static void a_version_that_stays_odd_ends(void **unused)
{
    struct pvclock_page *page = kvmclock_rig_page(&rig, PAGE(1));

    (void)unused;
    kvmclock_begin_faults(&rig.clock);
    rig.clock.faults[1].stays_odd = true;
    kvmclock_end_faults(&rig.clock);
    assert_int_equal(page->version % 2, 1);
    publish();
    assert_int_equal(page->version % 2, 1);
    assert_int_equal(kvmclock_rig_page(&rig, PAGE(0))->version % 2, 0);
    kvmclock_begin_faults(&rig.clock);
    rig.clock.faults[1].stays_odd = false;
    kvmclock_end_faults(&rig.clock);
    assert_int_equal(page->version % 2, 0);
    assert_int_equal(read_page(1), guest_ns());
}

static void flags_are_those_that_were_chosen(void **unused)
{
    const struct pvclock_page *page = kvmclock_rig_page(&rig, PAGE(1));

    (void)unused;
    rig.clock.faults[1].flags_cleared = PVCLOCK_TSC_STABLE;
    publish();
    assert_int_equal(page->flags, 0);
    assert_int_equal(kvmclock_rig_page(&rig, PAGE(0))->flags, PVCLOCK_TSC_STABLE);
    kvmclock_change_flags(&rig.clock, 1, PVCLOCK_GUEST_STOPPED, 0);
    publish();
    assert_int_equal(page->flags, PVCLOCK_GUEST_STOPPED);
    kvmclock_change_flags(&rig.clock, 1, 0, PVCLOCK_GUEST_STOPPED);
    kvmclock_end_stable(&rig.clock);
    rig.clock.faults[1] = (struct page_fault){.flags_set = PVCLOCK_TSC_STABLE};
    publish();
    assert_int_equal(page->flags, PVCLOCK_TSC_STABLE);
    assert_int_equal(kvmclock_rig_page(&rig, PAGE(0))->flags, 0);
}

static int64_t some_rate(void)
{
    static const int64_t rates[] = {LENS_STANDS_PPB, LENS_MAX_PPB, 0, 1, -999999999, 2000000};
    uint64_t choice = random_below(12);

    return choice < 6 ? rates[choice] : (int64_t)random_below(2000000001) - 1000000000;
}

/* At each instant, through any rates and publications with other scales. */
static void no_rate_and_no_publication_takes_it_back(void **unused)
{
    uint64_t latest_ns = read_page(1);

    (void)unused;
    for (unsigned i = 0; i < 200000; i++) {
        rig.host_tsc += random_below(UINT64_C(1) << random_below(33));
        assert_true(read_page(1) >= latest_ns);
        latest_ns = read_page(1);
        if (random_below(3) == 0)
            set_rate(some_rate());
        else if (random_below(3) == 0)
            stick(random_below(2) == 0);
        else
            kvmclock_set_scale(&rig.clock,
                               pvclock_scale_from_ratio(1000000 + random_below(100), 2000000));
        assert_true(read_page(1) >= latest_ns);
        latest_ns = read_page(1);
        assert_int_equal(read_page(0), guest_ns());
    }
}

static void set_jitter(uint64_t by_ns)
{
    const struct jitter jitter = {.by_ns = by_ns, .every_ns = 10000000, .seed = 7};

    page_fault_set_jitter(&rig.clock.faults[1], kvmclock_begin_faults(&rig.clock), &jitter);
    kvmclock_end_faults(&rig.clock);
}

/* It is published where its line turns, or up to 100 us later. */
static void a_jitter_stays_within_its_bounds_and_ends(void **unused)
{
    uint64_t zero_ns = guest_ns(), latest_ns = read_page(1), wrong = 0;

    (void)unused;
    set_jitter(1000000);
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t next_ns = page_fault_next_ns(&rig.clock.faults[1], guest_ns());

        assert_in_range(next_ns - guest_ns(), 1, 10000000);
        rig.host_tsc += CYCLES(next_ns - guest_ns()) / SEC + 2 + random_below(200000);
        assert_true(read_page(1) >= latest_ns);
        publish();
        assert_true(read_page(1) >= latest_ns);
        latest_ns = read_page(1);
        assert_in_range(latest_ns - guest_ns() + 1100000, 0, 2200000);
        wrong += latest_ns > guest_ns() + 100000 || latest_ns + 100000 < guest_ns();
        assert_int_equal(read_page(0), guest_ns());
    }
    assert_true(wrong > 8000 && guest_ns() > zero_ns + 99 * SEC);
    set_jitter(0);
    for (unsigned i = 0; i < 20; i++) {
        rig.host_tsc += CYCLES(1);
        assert_true(read_page(1) >= latest_ns);
        publish();
        latest_ns = read_page(1);
    }
    assert_in_range(latest_ns - guest_ns() + 2, 0, 4);
    assert_int_equal(page_fault_next_ns(&rig.clock.faults[1], guest_ns()), TIME_NEVER_NS);
}

/* Against the lens itself, at publications at any time. */
static void a_page_is_its_lens(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 100000; i++) {
        const struct lens *lens = &rig.clock.faults[1].lens;
        uint64_t shown_ns;

        if (i % 16 == 0)
            set_rate(some_rate());
        rig.host_tsc += CYCLES(1) / 2 + random_below(CYCLES(1));
        shown_ns = read_page(1);
        assert_in_range(shown_ns - lens_at(lens, guest_ns()) + 6, 0, 12);
        publish();
    }
}

static void a_scale_is_right_to_32_bits_for_every_rate(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 100000; i++) {
        struct pvclock_scale scale =
            pvclock_scale_from_ratio(1 + random_below(1000), 1 + random_below(1000));
        int64_t ppb = some_rate();
        struct page_fault fault = {.is_lensed = true, .lens.ppb = ppb};
        struct pvclock_scale wrong = page_fault_scale(&fault, 0, scale, 0);
        long double expected = (long double)scale.mul * (1 + (long double)ppb / 1e9L);
        long double got = wrong.mul;

        for (int shift = scale.shift; shift < wrong.shift; shift++)
            got *= 2;
        for (int shift = wrong.shift; shift < scale.shift; shift++)
            got /= 2;
        assert_true(ppb == LENS_STANDS_PPB ? wrong.mul == 0 : wrong.mul >> 31 == 1);
        assert_true(got - expected <= expected / 4e9L && expected - got <= expected / 4e9L);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_rate_is_in_the_page_of_that_vcpu_alone, setup),
        cmocka_unit_test_setup(a_rate_and_back_keeps_what_it_has_gained, setup),
        cmocka_unit_test_setup(a_clock_that_stands_stands_through_publications, setup),
        cmocka_unit_test_setup(a_step_goes_both_ways_and_not_before_0, setup),
        cmocka_unit_test_setup(one_publication_is_earlier_and_the_next_is_right, setup),
        cmocka_unit_test_setup(a_version_that_stays_odd_ends, setup),
        cmocka_unit_test_setup(flags_are_those_that_were_chosen, setup),
        cmocka_unit_test_setup(no_rate_and_no_publication_takes_it_back, setup),
        cmocka_unit_test_setup(a_page_is_its_lens, setup),
        cmocka_unit_test_setup(a_jitter_stays_within_its_bounds_and_ends, setup),
        cmocka_unit_test_setup(a_scale_is_right_to_32_bits_for_every_rate, setup),
    };

    return cmocka_run_group_tests_name("page_fault", tests, NULL, NULL);
}
