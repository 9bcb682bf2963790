/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts that are lost, late, doubled or too many: the choices, and what is still to come. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/splitmix64.h"
#include "base/time_math.h"
#include "timelab/delivery.h"

#define MILLION  1000000
#define GSI(gsi) (UINT32_C(1) << (gsi))

static struct delivery delivery;

static int setup(void **unused)
{
    (void)unused;
    memset(&delivery, 0, sizeof delivery);
    return 0;
}

static struct delivery_rule rule_of(enum delivery_kind kind, uint32_t target)
{
    return (struct delivery_rule){
        .kind = kind, .target = target, .every = 1, .share_ppm = MILLION, .by_ns = 7, .random = 1};
}

static void add(struct delivery_rule rule)
{
    assert_true(delivery_add_rule(&delivery, &rule));
}

static bool is_lost(uint32_t targets)
{
    return delivery_decide(&delivery, targets).is_lost;
}

/* The first three numbers of the seed 1234567, as other programs have them. */
static void the_generator_is_splitmix64(void **unused)
{
    uint64_t state = 1234567;

    (void)unused;
    assert_int_equal(splitmix64_next(&state), UINT64_C(6457827717110365317));
    assert_int_equal(splitmix64_next(&state), UINT64_C(3203168211198807973));
    assert_int_equal(splitmix64_next(&state), UINT64_C(9817491932198370423));
}

static void a_share_of_nothing_hits_never_and_one_of_all_always(void **unused)
{
    uint64_t state = 5;
    unsigned hits = 0;

    (void)unused;
    for (unsigned i = 0; i < 100000; i++) {
        assert_false(splitmix64_is_hit(&state, 0));
        assert_true(splitmix64_is_hit(&state, MILLION));
        hits += splitmix64_is_hit(&state, MILLION / 4);
    }
    assert_in_range(hits, 24000, 26000);
}

static void without_a_rule_everything_comes_as_it_is(void **unused)
{
    struct delivery_verdict verdict;

    (void)unused;
    assert_false(delivery_is_active(&delivery));
    assert_int_equal(delivery_next_ns(&delivery), TIME_NEVER_NS);
    verdict = delivery_decide(&delivery, UINT32_MAX);
    assert_false(verdict.is_lost);
    assert_int_equal(verdict.late_ns, 0);
    assert_int_equal(verdict.again_ns, 0);
}

static void every_nth_of_its_target_is_hit(void **unused)
{
    struct delivery_rule rule = rule_of(DELIVERY_DROP, GSI(8));

    (void)unused;
    rule.every = 3;
    add(rule);
    for (unsigned i = 1; i <= 9; i++) {
        assert_false(is_lost(GSI(0) | DELIVERY_DEVICE_TARGET(DELIVERY_PIT)));
        assert_int_equal(is_lost(GSI(8) | DELIVERY_DEVICE_TARGET(DELIVERY_RTC)), i % 3 == 0);
    }
    assert_int_equal(delivery.rules[0].seen, 9);
    assert_int_equal(delivery.rules[0].hit, 3);
}

/* Those of another target in between, and another rule on the same line, change nothing. */
static void the_nth_choice_of_a_seed_is_the_same_in_every_run(void **unused)
{
    bool first[1000];
    struct delivery_rule rule = rule_of(DELIVERY_DROP, DELIVERY_DEVICE_TARGET(DELIVERY_HPET));
    unsigned hits = 0;

    (void)unused;
    rule.share_ppm = MILLION / 10;
    rule.random = 42;
    add(rule);
    for (unsigned i = 0; i < 1000; i++)
        hits += first[i] = is_lost(GSI(20) | DELIVERY_DEVICE_TARGET(DELIVERY_HPET));
    assert_in_range(hits, 70, 130);
    memset(&delivery, 0, sizeof delivery);
    add(rule_of(DELIVERY_DUP, GSI(2)));
    add(rule);
    rule = rule_of(DELIVERY_DELAY, GSI(2));
    rule.share_ppm = MILLION / 2;
    add(rule);
    for (unsigned i = 0; i < 1000; i++) {
        is_lost(GSI(0));
        assert_int_equal(is_lost(GSI(2) | DELIVERY_DEVICE_TARGET(DELIVERY_HPET)), first[i]);
    }
}

static void a_rule_replaces_the_one_of_its_kind_and_target_alone(void **unused)
{
    struct delivery_verdict verdict;

    (void)unused;
    add(rule_of(DELIVERY_DELAY, GSI(0)));
    add(rule_of(DELIVERY_DUP, GSI(0)));
    for (unsigned i = 0; i < 100; i++)
        add(rule_of(DELIVERY_DELAY, GSI(0)));
    verdict = delivery_decide(&delivery, GSI(0));
    assert_int_equal(verdict.late_ns, 7);
    assert_int_equal(verdict.again_ns, 7);
    delivery_remove_rule(&delivery, DELIVERY_DELAY, GSI(0));
    delivery_remove_rule(&delivery, DELIVERY_DROP, GSI(0));
    verdict = delivery_decide(&delivery, GSI(0));
    assert_int_equal(verdict.late_ns, 0);
    assert_int_equal(verdict.again_ns, 7);
    delivery_remove_rule(&delivery, DELIVERY_DUP, GSI(0));
    assert_false(delivery_is_active(&delivery));
}

static void there_is_room_for_so_many_rules(void **unused)
{
    struct delivery_rule rule = rule_of(DELIVERY_DELAY, GSI(23));

    (void)unused;
    for (unsigned i = 0; i < DELIVERY_RULES_MAX; i++)
        add(rule_of(DELIVERY_DROP, GSI(i)));
    assert_false(delivery_add_rule(&delivery, &rule));
    delivery_remove_rule(&delivery, DELIVERY_DROP, GSI(3));
    assert_true(delivery_add_rule(&delivery, &rule));
}

static void put(uint64_t due_ns, unsigned gsi)
{
    const struct delivery_late late = {.due_ns = due_ns, .gsi = gsi};

    assert_true(delivery_put_late(&delivery, &late));
}

static void what_is_late_comes_in_the_order_of_its_times(void **unused)
{
    static const unsigned order[] = {1, 4, 0, 2, 3};
    const struct delivery_late one_more = {.due_ns = 1};
    struct delivery_late late;

    (void)unused;
    put(30, 0);
    put(10, 1);
    put(30, 2);
    put(40, 3);
    put(20, 4);
    assert_false(delivery_take(&delivery, 9, &late));
    for (unsigned i = 0; i < 5; i++) {
        assert_true(delivery_is_active(&delivery));
        assert_true(delivery_take(&delivery, 40, &late));
        assert_int_equal(late.gsi, order[i]);
    }
    assert_false(delivery_is_active(&delivery));
    for (unsigned i = 0; i < DELIVERY_LATE_MAX; i++)
        put(5, 0);
    assert_false(delivery_put_late(&delivery, &one_more));
}

/* 3 Hz: the pulses are at 333333334, 666666667 and 1000000000 ns after its beginning. */
static void a_storm_keeps_its_rate_to_the_nanosecond(void **unused)
{
    struct delivery_late late;

    (void)unused;
    assert_true(delivery_add_storm(&delivery, 8, 3, 100));
    assert_int_equal(delivery_next_ns(&delivery), 333333434);
    assert_true(delivery_take(&delivery, 333333434, &late));
    assert_int_equal(late.gsi, 8);
    assert_false(late.is_message);
    assert_int_equal(delivery_next_ns(&delivery), 666666767);
    assert_true(delivery_take(&delivery, 100 + 3600 * NS_PER_SEC, &late));
    assert_int_equal(delivery_next_ns(&delivery), 100 + 3600 * NS_PER_SEC + 333333334);
    delivery_remove_storm(&delivery, 9);
    assert_true(delivery_is_active(&delivery));
    delivery_remove_storm(&delivery, 8);
    assert_false(delivery_is_active(&delivery));
}

static void storms_and_what_is_late_come_in_one_order(void **unused)
{
    struct delivery_late late;

    (void)unused;
    assert_true(delivery_add_storm(&delivery, 4, 1000, 0));
    assert_true(delivery_add_storm(&delivery, 5, 1500, 0));
    put(700000, 6);
    assert_true(delivery_take(&delivery, 700000, &late));
    assert_int_equal(late.gsi, 5);
    assert_true(delivery_take(&delivery, 700000, &late));
    assert_int_equal(late.gsi, 6);
    assert_int_equal(delivery_next_ns(&delivery), 1000000);
    for (unsigned i = 10; i < 10 + DELIVERY_STORMS_MAX - 2; i++)
        assert_true(delivery_add_storm(&delivery, i, 1, 0));
    assert_false(delivery_add_storm(&delivery, 23, 1, 0));
    assert_true(delivery_add_storm(&delivery, 4, 10, 0));
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_generator_is_splitmix64),
        TEST(a_share_of_nothing_hits_never_and_one_of_all_always),
        TEST(without_a_rule_everything_comes_as_it_is),
        TEST(every_nth_of_its_target_is_hit),
        TEST(the_nth_choice_of_a_seed_is_the_same_in_every_run),
        TEST(a_rule_replaces_the_one_of_its_kind_and_target_alone),
        TEST(there_is_room_for_so_many_rules),
        TEST(what_is_late_comes_in_the_order_of_its_times),
        TEST(a_storm_keeps_its_rate_to_the_nanosecond),
        TEST(storms_and_what_is_late_come_in_one_order),
    };

    return cmocka_run_group_tests_name("delivery", tests, NULL, NULL);
}
