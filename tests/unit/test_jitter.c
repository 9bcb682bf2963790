/* SPDX-License-Identifier: BSD-2-Clause */
/* Jitter: a clock that is ahead or behind by chance, within bounds, and never goes back. */
#include "tests/unit/unit.h"

#include "base/splitmix64.h"
#include "base/time_math.h"
#include "kvmclock/jitter.h"

#define SEC  NS_PER_SEC
#define YEAR (UINT64_C(366) * 86400 * SEC)

static uint64_t random_state;

static uint64_t random_below(uint64_t end)
{
    return splitmix64_next(&random_state) % end;
}

static struct jitter random_jitter(void)
{
    uint64_t every_ns = 1 + random_below(UINT64_C(1) << (1 + random_below(40)));

    return (struct jitter){
        .zero_ns = (int64_t)random_below(YEAR),
        .by_ns = random_below(4) == 0 ? every_ns / 2 : random_below(every_ns / 2 + 1),
        .every_ns = every_ns,
        .seed = splitmix64_next(&random_state),
        .walks = random_below(2) == 0,
    };
}

static int setup(void **unused)
{
    (void)unused;
    random_state = 1;
    return 0;
}

static void none_is_the_identity(void **unused)
{
    const struct jitter none = {0};

    (void)unused;
    assert_int_equal(jitter_at(&none, 12345), 12345);
    assert_int_equal(jitter_time_ns(&none, 12345), 12345);
    assert_int_equal(jitter_stretched(&none, 5, 12345), 12345);
    assert_int_equal(jitter_next_ns(&none, 5), TIME_NEVER_NS);
    assert_true(jitter_is_valid(&none));
}

/* The knots are the choices of the seed, by number, whichever were asked for before. */
static void a_white_knot_is_drawn_by_its_number(void **unused)
{
    const struct jitter jitter = {.zero_ns = 100, .by_ns = 1000, .every_ns = 5000, .seed = 7};
    uint64_t state = 7;

    (void)unused;
    assert_int_equal(jitter_at(&jitter, 99), 99);
    assert_int_equal(jitter_at(&jitter, 100), 100);
    splitmix64_next(&state);
    for (unsigned knot = 1; knot < 1000; knot++) {
        uint64_t chance = splitmix64_next(&state);
        int64_t off_ns = (int64_t)(((unsigned __int128)chance * 2001) >> 64) - 1000;

        assert_int_equal(jitter_at(&jitter, 100 + knot * 5000),
                         100 + knot * 5000 + (uint64_t)off_ns);
    }
}

static void between_knots_is_a_straight_line(void **unused)
{
    const struct jitter jitter = {.by_ns = 1000, .every_ns = 2000, .seed = 3};

    (void)unused;
    for (unsigned knot = 0; knot < 100; knot++) {
        uint64_t begin_ns = jitter_at(&jitter, knot * 2000);
        uint64_t end_ns = jitter_at(&jitter, (knot + 1) * 2000);

        for (unsigned part = 0; part < 2000; part += 100)
            assert_int_equal(jitter_at(&jitter, knot * 2000 + part),
                             begin_ns + (end_ns - begin_ns) * part / 2000);
        assert_int_equal(jitter_next_ns(&jitter, knot * 2000 + 1999), (knot + 1) * 2000);
        assert_int_equal(jitter_stretched(&jitter, knot * 2000, 2000), end_ns - begin_ns);
    }
}

static void it_stays_within_its_bounds_and_never_falls(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 1000; i++) {
        const struct jitter jitter = random_jitter();
        uint64_t time_ns = (uint64_t)jitter.zero_ns, shown_ns = 0;

        assert_true(jitter_is_valid(&jitter));
        for (unsigned step = 0; step < 200; step++) {
            time_ns += random_below(1 + random_below(4 * jitter.every_ns));
            assert_true(jitter_at(&jitter, time_ns) >= shown_ns);
            shown_ns = jitter_at(&jitter, time_ns);
            assert_in_range(shown_ns - time_ns + jitter.by_ns + 1, 0, 2 * jitter.by_ns + 1);
            assert_int_equal(jitter_at(&jitter, time_ns), shown_ns);
        }
    }
}

/* A deadline comes at the first time at which the clock is there. */
static void the_inverse_is_the_first_time(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 100000; i++) {
        const struct jitter jitter = random_jitter();
        uint64_t zero_ns = (uint64_t)jitter.zero_ns;
        uint64_t shown_ns = zero_ns + random_below(10 * jitter.every_ns);
        uint64_t time_ns = jitter_time_ns(&jitter, shown_ns);

        assert_true(time_ns >= zero_ns);
        assert_true(jitter_at(&jitter, time_ns) >= shown_ns);
        if (time_ns > zero_ns)
            assert_true(jitter_at(&jitter, time_ns - 1) < shown_ns);
    }
}

/* As in the file of a stranger: J may be beyond 2^63 there. */
static void nor_does_it_fall_at_the_end_of_all_times(void **unused)
{
    struct jitter jitter = {
        .zero_ns = INT64_MAX - (int64_t)(10 * JITTER_EVERY_MAX_NS),
        .by_ns = JITTER_EVERY_MAX_NS / 2,
        .every_ns = JITTER_EVERY_MAX_NS,
    };

    (void)unused;
    for (jitter.seed = 0; jitter.seed < 100; jitter.seed++) {
        uint64_t shown_ns = 0;

        for (uint64_t left_ns = 10 * JITTER_EVERY_MAX_NS; left_ns > 0; left_ns /= 2) {
            uint64_t time_ns = INT64_MAX - left_ns;
            uint64_t inverse_ns = jitter_time_ns(&jitter, time_ns);

            assert_true(jitter_at(&jitter, time_ns) >= shown_ns);
            shown_ns = jitter_at(&jitter, time_ns);
            assert_true(jitter_at(&jitter, inverse_ns) >= time_ns);
        }
        assert_true(jitter_next_ns(&jitter, INT64_MAX) > INT64_MAX);
    }
}

/* After a step back. */
static void a_jitter_from_before_0_has_an_inverse(void **unused)
{
    struct jitter jitter = {.zero_ns = -4500, .by_ns = 1000, .every_ns = 2000};

    (void)unused;
    for (jitter.seed = 0; jitter.seed < 1000; jitter.seed++)
        for (uint64_t shown_ns = 1; shown_ns < 4000; shown_ns += 100) {
            uint64_t time_ns = jitter_time_ns(&jitter, shown_ns);

            assert_true(jitter_at(&jitter, time_ns) >= shown_ns);
            if (time_ns > 0)
                assert_true(jitter_at(&jitter, time_ns - 1) < shown_ns);
        }
}

static void it_ends_without_a_step_within_one_line(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 10000; i++) {
        const struct jitter jitter = random_jitter();
        uint64_t time_ns = (uint64_t)jitter.zero_ns + random_below(100 * jitter.every_ns);
        const struct jitter end = jitter_end(&jitter, time_ns);
        uint64_t shown_ns = jitter_at(&jitter, time_ns);

        assert_true(jitter_is_valid(&end));
        assert_int_equal(jitter_at(&end, time_ns), shown_ns);
        assert_true(jitter_at(&end, time_ns + end.every_ns / 2) >= shown_ns);
        assert_int_equal(jitter_at(&end, time_ns + end.every_ns), time_ns + end.every_ns);
        assert_int_equal(jitter_at(&end, time_ns + YEAR), time_ns + YEAR);
        assert_int_equal(jitter_next_ns(&end, time_ns), time_ns + end.every_ns);
        assert_int_equal(jitter_next_ns(&end, time_ns + end.every_ns), TIME_NEVER_NS);
    }
}

/* The mean square of a step of so many knots, over the mean square of a step of one. */
static double spread(bool walks, uint64_t knots)
{
    const struct jitter jitter = {
        .by_ns = 1000000, .every_ns = 2000000, .seed = 11, .walks = walks};
    double near = 0, far = 0;

    for (uint64_t i = 1; i < 20000; i++) {
        uint64_t at_ns = i * jitter.every_ns, far_ns = at_ns + knots * jitter.every_ns;
        uint64_t next_ns = at_ns + jitter.every_ns;
        double off = (double)(int64_t)(jitter_at(&jitter, at_ns) - at_ns);
        double step = (double)(int64_t)(jitter_at(&jitter, next_ns) - next_ns) - off;
        double steps = (double)(int64_t)(jitter_at(&jitter, far_ns) - far_ns) - off;

        near += step * step;
        far += steps * steps;
    }
    return far / near;
}

/* White knots are as far apart as they ever are; a walk gets away by the root of time. */
static void a_walk_goes_away_slowly(void **unused)
{
    (void)unused;
    assert_in_range(spread(false, 16) * 100, 90, 110);
    assert_in_range(spread(true, 16) * 100, 800, 3200);
}

static void what_would_go_back_is_not_valid(void **unused)
{
    struct jitter jitter = {.by_ns = 500, .every_ns = 1000};

    (void)unused;
    assert_true(jitter_is_valid(&jitter));
    jitter.by_ns = 501;
    assert_false(jitter_is_valid(&jitter));
    jitter = (struct jitter){.first_ns = -501, .every_ns = 1000};
    assert_false(jitter_is_valid(&jitter));
    jitter = (struct jitter){.every_ns = JITTER_EVERY_MAX_NS + 1};
    assert_false(jitter_is_valid(&jitter));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(none_is_the_identity, setup),
        cmocka_unit_test_setup(a_white_knot_is_drawn_by_its_number, setup),
        cmocka_unit_test_setup(between_knots_is_a_straight_line, setup),
        cmocka_unit_test_setup(it_stays_within_its_bounds_and_never_falls, setup),
        cmocka_unit_test_setup(the_inverse_is_the_first_time, setup),
        cmocka_unit_test_setup(nor_does_it_fall_at_the_end_of_all_times, setup),
        cmocka_unit_test_setup(a_jitter_from_before_0_has_an_inverse, setup),
        cmocka_unit_test_setup(it_ends_without_a_step_within_one_line, setup),
        cmocka_unit_test_setup(a_walk_goes_away_slowly, setup),
        cmocka_unit_test_setup(what_would_go_back_is_not_valid, setup),
    };

    return cmocka_run_group_tests_name("jitter", tests, NULL, NULL);
}
