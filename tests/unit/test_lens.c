/* SPDX-License-Identifier: BSD-2-Clause */
/* A lens: what a clock takes for guest time, and when its deadlines are due. */
#include "tests/unit/unit.h"

#include "base/time_math.h"
#include "kvmclock/lens.h"

#define SEC  NS_PER_SEC
#define YEAR (UINT64_C(366) * 86400 * SEC)

static uint64_t random_state = 1;

/* xorshift64. */
static uint64_t random_below(uint64_t end)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % end;
}

static struct lens random_lens(void)
{
    static const int64_t rates[] = {-1000000000, -999999999, -1, 0, 1, 2000000, 1000000000};
    uint64_t choice = random_below(14);

    return (struct lens){
        .guest_ns = random_below(YEAR),
        .shown_ns = random_below(YEAR),
        .ppb = choice < 7 ? rates[choice] : (int64_t)random_below(2000000001) - 1000000000,
    };
}

static void the_identity_is_guest_time(void **unused)
{
    const struct lens lens = {0};

    (void)unused;
    assert_int_equal(lens_at(&lens, 0), 0);
    assert_int_equal(lens_at(&lens, 12345), 12345);
    assert_int_equal(lens_guest_ns(&lens, 12345), 12345);
    assert_int_equal(lens_guest_ns(&lens, TIME_NEVER_NS), TIME_NEVER_NS);
}

static void the_worked_example_holds(void **unused)
{
    const struct lens lens = {20 * SEC, 20 * SEC, 2000000};

    (void)unused;
    assert_int_equal(lens_at(&lens, 30 * SEC), 30020000000);
    assert_int_equal(lens_guest_ns(&lens, 30 * SEC), 29980039921);
}

static void a_clock_that_stands_comes_nowhere(void **unused)
{
    const struct lens lens = {20 * SEC, 5 * SEC, LENS_STANDS_PPB};

    (void)unused;
    assert_int_equal(lens_at(&lens, 20 * SEC), 5 * SEC);
    assert_int_equal(lens_at(&lens, YEAR), 5 * SEC);
    assert_int_equal(lens_guest_ns(&lens, 5 * SEC), 20 * SEC);
    assert_int_equal(lens_guest_ns(&lens, 5 * SEC + 1), TIME_NEVER_NS);
}

static void a_year_is_exact_to_the_nanosecond(void **unused)
{
    const struct lens lens = {1, 2, 1};

    (void)unused;
    assert_int_equal(lens_at(&lens, 1 + YEAR), 2 + YEAR + YEAR / SEC);
}

/* The deadline comes at the first guest time at which the clock is there, and not a ns earlier. */
static void the_inverse_is_the_first_time(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 100000; i++) {
        const struct lens lens = random_lens();
        uint64_t shown_ns = random_below(2 * YEAR);
        uint64_t guest_ns = lens_guest_ns(&lens, shown_ns);

        if (guest_ns == TIME_NEVER_NS) {
            assert_true(lens.ppb == LENS_STANDS_PPB || lens.ppb < -900000000);
            continue;
        }
        assert_true(guest_ns >= lens.guest_ns);
        assert_true(lens_at(&lens, guest_ns) >= shown_ns);
        if (guest_ns > lens.guest_ns)
            assert_true(lens_at(&lens, guest_ns - 1) < shown_ns);
    }
}

static void a_change_of_the_rate_is_no_step_and_time_never_goes_back(void **unused)
{
    struct lens lens = {0};
    uint64_t guest_ns = 0, shown_ns = 0;

    (void)unused;
    for (unsigned i = 0; i < 10000; i++) {
        guest_ns += random_below(SEC);
        assert_true(lens_at(&lens, guest_ns) >= shown_ns);
        shown_ns = lens_at(&lens, guest_ns);
        lens = lens_with_rate(&lens, guest_ns, random_lens().ppb);
        assert_int_equal(lens_at(&lens, guest_ns), shown_ns);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_identity_is_guest_time),
        cmocka_unit_test(the_worked_example_holds),
        cmocka_unit_test(a_clock_that_stands_comes_nowhere),
        cmocka_unit_test(a_year_is_exact_to_the_nanosecond),
        cmocka_unit_test(the_inverse_is_the_first_time),
        cmocka_unit_test(a_change_of_the_rate_is_no_step_and_time_never_goes_back),
    };

    return cmocka_run_group_tests_name("lens", tests, NULL, NULL);
}
