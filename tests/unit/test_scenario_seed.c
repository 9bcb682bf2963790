/* SPDX-License-Identifier: BSD-2-Clause */
/* By which seeds the faults of a scenario make their choices. */
#include "tests/unit/unit.h"

#include <string.h>

#include "timelab/scenario_read.h"
#include "timelab/scenario_seed.h"

#define DROP(rest) "{\"at\":\"1s\",\"fault\":\"irq.drop\"," rest "}"

static struct scenario scenario;

static int setup(void **unused)
{
    static const char text[] = "{\"scenario\":1,\"seed\":7,\"guests\":{\"a\":{}},\"timeline\":["
                               "{\"at\":\"1s\",\"fault\":\"jump\",\"by\":\"1h\"}," //
        DROP("\"gsi\":4") "," DROP("\"gsi\":5") "," DROP("\"gsi\":6,\"seed\":9") "]}";
    char line[SCENARIO_ERROR_BYTES];
    struct text error;

    (void)unused;
    text_init(&error, line, sizeof line);
    if (!scenario_read(&scenario, text, strlen(text), &error))
        fail_msg("%s", line);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    scenario_close(&scenario);
    return 0;
}

static int64_t seed_of(unsigned entry)
{
    const struct fault *fault = &scenario.entries[entry].fault;

    return fault->values[scenario_seed_place(fault)];
}

static void what_makes_no_choices_has_none(void **unused)
{
    (void)unused;
    assert_int_equal(scenario.seed, 7);
    assert_int_equal(scenario_seed_place(&scenario.entries[0].fault), FAULT_ARGUMENTS_MAX);
    assert_false(scenario.entries[0].is_seeded);
    scenario_set_seed(&scenario, 3);
    assert_int_equal(scenario.entries[0].fault.values[0], INT64_C(3600000000000));
}

/* The numbers are the contract: a run that failed is done again by a later version as well. */
static void faults_have_seeds_of_their_own_and_the_same_in_each_run(void **unused)
{
    (void)unused;
    scenario_set_seed(&scenario, 7);
    assert_int_equal(seed_of(1), INT64_C(875738036014693257));
    assert_int_equal(seed_of(2), INT64_C(129155333475108587));
    assert_int_equal(scenario.seed, 7);
    scenario_set_seed(&scenario, 8);
    assert_int_not_equal(seed_of(1), INT64_C(875738036014693257));
    scenario_set_seed(&scenario, 7);
    assert_int_equal(seed_of(1), INT64_C(875738036014693257));
}

static void one_that_the_file_gives_stays(void **unused)
{
    (void)unused;
    assert_true(scenario.entries[1].is_seeded);
    assert_false(scenario.entries[3].is_seeded);
    scenario_set_seed(&scenario, 7);
    assert_int_equal(seed_of(3), 9);
}

static void seeds_are_those_that_a_fault_may_have(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < 1000; seed++) {
        scenario_set_seed(&scenario, SCENARIO_SEED_MAX - seed);
        assert_in_range(seed_of(1), 0, INT64_C(999999999999999999));
        assert_int_not_equal(seed_of(1), seed_of(2));
    }
}

static void the_third_run_of_a_seed_is_the_first_of_another(void **unused)
{
    (void)unused;
    assert_int_equal(scenario_seed_of_repeat(5, 0), 5);
    assert_int_equal(scenario_seed_of_repeat(5, 2), scenario_seed_of_repeat(7, 0));
    assert_int_equal(scenario_seed_of_repeat(SCENARIO_SEED_MAX, 1), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_makes_no_choices_has_none),
        TEST(faults_have_seeds_of_their_own_and_the_same_in_each_run),
        TEST(one_that_the_file_gives_stays),
        TEST(seeds_are_those_that_a_fault_may_have),
        TEST(the_third_run_of_a_seed_is_the_first_of_another),
    };

    return cmocka_run_group_tests_name("scenario_seed", tests, NULL, NULL);
}
