/* SPDX-License-Identifier: BSD-2-Clause */
/* The time cut: what a guest reads where its time goes on, as numbers. */
#include "tests/unit/unit.h"

#include "base/time_math.h"
#include "kvmclock/time_cut.h"
#include "tests/unit/fake_host.h"

#define HOST_HZ UINT64_C(2500000000)
#define SEC     NS_PER_SEC
#define ROUNDS  20000
#define VCPUS   3

static const struct pvclock_scale ns_per_cycle = {0xcccccccd, -1}; /* 0.4 */

static struct fake_host numbers;
static struct time_cut_vcpu vcpus[VCPUS];
static struct time_cut cut = {.vcpus = vcpus};

static int setup(void **unused)
{
    (void)unused;
    fake_host_init(&numbers, 4711, HOST_HZ);
    return 0;
}

static uint64_t some(uint64_t limit)
{
    return fake_host_random(&numbers, limit);
}

/* A ratio of either width, from a third of the host's rate to three times it. */
static struct tsc_ratio some_ratio(void)
{
    unsigned bits = some(2) == 0 ? TSC_RATIO_BITS_VMX : TSC_RATIO_BITS_SVM;

    return tsc_ratio_from_khz((uint32_t)(900000 + some(6600000)), HOST_HZ / 1000, bits);
}

/* vCPUs 0 and 1 have one ratio, vCPU 2 has another; all have offsets of their own. */
static void make_tscs(struct guest_tsc tscs[VCPUS])
{
    tscs[0].ratio = tscs[1].ratio = some_ratio();
    tscs[2].ratio = some_ratio();
    for (unsigned i = 0; i < VCPUS; i++)
        tscs[i].offset = some(UINT64_MAX);
}

static void take(const struct timebase *timebase, uint64_t host_tsc,
                 const struct guest_tsc tscs[VCPUS])
{
    time_cut_begin(&cut, timebase_ns(timebase, host_tsc), 0, VCPUS);
    for (unsigned i = 0; i < VCPUS; i++)
        time_cut_take_tsc(&cut, i, timebase, host_tsc, &tscs[i]);
}

static void the_worked_example(void **unused)
{
    const struct guest_tsc tsc = {TSC_RATIO_ONE, 200};
    struct timebase timebase = timebase_start(1000, 70, ns_per_cycle, TSC_RATIO_ONE);

    (void)unused;
    time_cut_begin(&cut, 70, 0, 1);
    time_cut_take_tsc(&cut, 0, &timebase, 1000, &tsc);
    assert_int_equal(cut.vcpus[0].tsc, 1200);
    assert_int_equal(time_cut_tsc(&cut, 0, TSC_RATIO_ONE, 5000).offset, -3800);
    time_cut_elapse(&cut, &timebase, 1000, 1500);
    assert_int_equal(cut.vcpus[0].tsc, 2700);
    assert_int_equal(cut.guest_ns, 70 + 600);
    assert_int_equal(time_cut_tsc(&cut, 0, TSC_RATIO_ONE, 5000).offset, -2300);
    time_cut_elapse(&cut, &timebase, 2500, 2500);
    assert_int_equal(time_cut_tsc(&cut, 0, TSC_RATIO_ONE, 5000).offset, 200);
    time_cut_advance(&cut, SEC);
    assert_int_equal(cut.vcpus[0].tsc, 5200 + HOST_HZ);
    assert_int_equal(cut.guest_ns, 70 + 1600 + SEC);
}

static void after_a_freeze_each_tsc_reads_what_it_would_have_read_at_the_cut(void **unused)
{
    struct guest_tsc tscs[VCPUS];

    (void)unused;
    for (unsigned n = 0; n < ROUNDS; n++) {
        uint64_t cut_tsc = some(UINT64_C(1) << 62);
        uint64_t end_tsc = cut_tsc + some(UINT64_C(1) << 60);
        struct timebase timebase;

        make_tscs(tscs);
        timebase = timebase_start(cut_tsc, some(SEC), ns_per_cycle, tscs[0].ratio);
        take(&timebase, cut_tsc, tscs);
        for (unsigned i = 0; i < VCPUS; i++) {
            struct guest_tsc after = time_cut_tsc(&cut, i, tscs[i].ratio, end_tsc);

            assert_int_equal(guest_tsc_at(&after, end_tsc), guest_tsc_at(&tscs[i], cut_tsc));
        }
        assert_int_equal(time_cut_tsc(&cut, 0, tscs[0].ratio, end_tsc).offset -
                             time_cut_tsc(&cut, 1, tscs[1].ratio, end_tsc).offset,
                         tscs[0].offset - tscs[1].offset);
    }
}

static void with_all_that_has_passed_on_the_host_each_offset_is_what_it_was(void **unused)
{
    struct guest_tsc tscs[VCPUS];

    (void)unused;
    for (unsigned n = 0; n < ROUNDS; n++) {
        uint64_t cut_tsc = some(UINT64_C(1) << 60);
        uint64_t cycles = some(UINT64_C(1) << 50);
        struct timebase timebase;

        make_tscs(tscs);
        timebase = timebase_start(cut_tsc, some(SEC), ns_per_cycle, tscs[0].ratio);
        take(&timebase, cut_tsc, tscs);
        time_cut_elapse(&cut, &timebase, cut_tsc, cycles);
        assert_int_equal(cut.guest_ns, timebase_ns(&timebase, cut_tsc + cycles));
        for (unsigned i = 0; i < VCPUS; i++)
            assert_int_equal(time_cut_tsc(&cut, i, tscs[i].ratio, cut_tsc + cycles).offset,
                             tscs[i].offset);
    }
}

/* Each step is held for a while, and the guest runs between two; F is one function all along. */
static void in_steps_tsc_and_guest_time_are_one_function_and_the_last_step_ends_it(void **unused)
{
    struct guest_tsc tscs[VCPUS], first[VCPUS];
    uint64_t host_tsc = UINT64_C(1) << 50, behind = 5000 * HOST_HZ, started_ns = 77;
    struct timebase timebase = timebase_start(host_tsc, started_ns, ns_per_cycle, TSC_RATIO_ONE);
    uint64_t page_tsc;

    (void)unused;
    make_tscs(first);
    for (unsigned i = 0; i < VCPUS; i++)
        tscs[i] = first[i] = (struct guest_tsc){TSC_RATIO_ONE, first[i].offset};
    page_tsc = guest_tsc_at(&tscs[0], host_tsc);
    for (uint64_t held = behind; behind > 0; held = some(HOST_HZ)) {
        uint64_t due = held == behind ? behind : behind + held;
        uint64_t step = due < 500 * HOST_HZ ? due : 500 * HOST_HZ;

        take(&timebase, host_tsc, tscs);
        time_cut_elapse(&cut, &timebase, host_tsc, step);
        host_tsc += held;
        behind = due - step;
        timebase_set_ns(&timebase, host_tsc, cut.guest_ns);
        for (unsigned i = 0; i < VCPUS; i++)
            tscs[i] = time_cut_tsc(&cut, i, TSC_RATIO_ONE, host_tsc);
        host_tsc += some(HOST_HZ / 10);
        assert_in_range(
            timebase_ns(&timebase, host_tsc) + 20 -
                pvclock_scale_ns(ns_per_cycle, guest_tsc_at(&tscs[0], host_tsc) - page_tsc) -
                started_ns,
            0, 20);
    }
    for (unsigned i = 0; i < VCPUS; i++)
        assert_int_equal(tscs[i].offset, first[i].offset);
}

static void an_advance_is_late_by_less_than_a_cycle(void **unused)
{
    struct guest_tsc tscs[VCPUS];

    (void)unused;
    for (unsigned n = 0; n < ROUNDS; n++) {
        uint64_t cut_tsc = some(UINT64_C(1) << 60), ns = some(UINT64_C(1) << 53);
        uint64_t tsc, cut_ns = some(SEC);
        struct timebase timebase;
        uint64_t before[VCPUS];

        make_tscs(tscs);
        timebase = timebase_start(cut_tsc, cut_ns, ns_per_cycle, tscs[0].ratio);
        take(&timebase, cut_tsc, tscs);
        for (unsigned i = 0; i < VCPUS; i++)
            before[i] = cut.vcpus[i].tsc;
        time_cut_advance(&cut, ns);
        assert_in_range(cut.guest_ns - cut_ns, ns, ns + 2);
        for (unsigned i = 0; i < VCPUS; i++) {
            tsc = cut.vcpus[i].tsc - before[i];
            assert_true(pvclock_scale_ns(cut.vcpus[i].scale, tsc) >= ns);
            assert_true(tsc == 0 || pvclock_scale_ns(cut.vcpus[i].scale, tsc - 1) < ns);
        }
    }
}

static void start_count(uint32_t left, uint32_t period, unsigned unit_shift)
{
    const struct guest_tsc tsc = {TSC_RATIO_ONE, 0};
    struct timebase timebase = timebase_start(0, 0, ns_per_cycle, TSC_RATIO_ONE);

    time_cut_begin(&cut, 0, 0, 1);
    time_cut_take_tsc(&cut, 0, &timebase, 0, &tsc);
    cut.vcpus[0].count =
        (struct time_cut_count){.left = left, .period = period, .unit_shift = unit_shift};
}

static uint32_t left_after(uint64_t ns)
{
    time_cut_advance(&cut, ns);
    return cut.vcpus[0].count.left;
}

static void a_count_loses_what_passes(void **unused)
{
    (void)unused;
    start_count(1000, 0, 4);
    assert_int_equal(left_after(16 * 400), 600);
    assert_int_equal(left_after(16 * 599), 1);
    assert_int_equal(left_after(16 * 1000), 1);
    start_count(0, 0, 4);
    assert_int_equal(left_after(16), 0);
}

static void one_that_counts_again_and_again_keeps_its_phase(void **unused)
{
    (void)unused;
    start_count(300, 1000, 0);
    assert_int_equal(left_after(299), 1);
    assert_int_equal(left_after(1), 1000);
    assert_int_equal(left_after(3 * 1000 + 250), 750);
    assert_int_equal(left_after(750), 1000);
}

/* A tick of the bus is 10 ns of guest time, as with a guest time of ten times the host's. */
static void a_count_goes_by_the_ticks_of_its_bus(void **unused)
{
    (void)unused;
    start_count(1000, 0, 4);
    cut.vcpus[0].count.bus = (struct dilation){10, 1};
    assert_int_equal(time_cut_count_ns(&cut.vcpus[0].count), 1000 * 16 * 10);
    assert_int_equal(left_after(16 * 10 * 400 + 159), 600);
    start_count(300, 1000, 0);
    cut.vcpus[0].count.bus = (struct dilation){2, 5};
    assert_int_equal(left_after(2 * 100), 300 - 500 + 1000);
}

static void a_deadline_is_the_same_whatever_passes(void **unused)
{
    (void)unused;
    start_count(0, 0, 0);
    cut.vcpus[0].tsc_deadline = 12345;
    cut.vcpus[0].tsc_adjust = 67;
    time_cut_advance(&cut, SEC);
    assert_int_equal(cut.vcpus[0].tsc_deadline, 12345);
    assert_int_equal(cut.vcpus[0].tsc_adjust, 67);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_example),
        cmocka_unit_test_setup_teardown(
            after_a_freeze_each_tsc_reads_what_it_would_have_read_at_the_cut, setup, NULL),
        cmocka_unit_test_setup_teardown(
            with_all_that_has_passed_on_the_host_each_offset_is_what_it_was, setup, NULL),
        cmocka_unit_test_setup_teardown(
            in_steps_tsc_and_guest_time_are_one_function_and_the_last_step_ends_it, setup, NULL),
        cmocka_unit_test_setup_teardown(an_advance_is_late_by_less_than_a_cycle, setup, NULL),
        cmocka_unit_test(a_count_loses_what_passes),
        cmocka_unit_test(a_count_goes_by_the_ticks_of_its_bus),
        cmocka_unit_test(one_that_counts_again_and_again_keeps_its_phase),
        cmocka_unit_test(a_deadline_is_the_same_whatever_passes),
    };

    return cmocka_run_group_tests_name("time_cut", tests, NULL, NULL);
}
