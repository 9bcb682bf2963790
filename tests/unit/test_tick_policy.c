/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of lost ticks: the policy alone. (In the chips: test_lost_ticks.c.) */
#include "tests/unit/unit.h"

#include "devices/tick_policy.h"

#define PERIOD_NS   UINT64_C(1000000)
#define DAYS_400_NS (400 * UINT64_C(86400) * NS_PER_SEC)
#define LATE        10

static struct tick_policy policy_of(enum lost_ticks kind)
{
    return (struct tick_policy){.kind = (uint8_t)kind};
}

/* Delivers all that is owed, each as early as possible; returns how many. */
static unsigned drain(struct tick_policy *policy, uint64_t *now_ns)
{
    unsigned count = 0;

    while (policy->owed != 0) {
        *now_ns = tick_policy_deadline_ns(policy);
        assert_false(*now_ns > 0 && tick_policy_take(policy, *now_ns - 1, PERIOD_NS));
        assert_true(tick_policy_take(policy, *now_ns, PERIOD_NS));
        count++;
    }
    return count;
}

static void drop_delivers_one_of_the_ticks_that_are_late_and_counts_the_others(void **unused)
{
    struct tick_policy policy = policy_of(LOST_TICKS_DROP);

    (void)unused;
    assert_true(tick_policy_due(&policy, LATE * PERIOD_NS, PERIOD_NS, LATE));
    assert_int_equal(policy.dropped, LATE - 1);
    assert_int_equal(policy.owed, 0);
    assert_int_equal(tick_policy_deadline_ns(&policy), TIME_NEVER_NS);
}

static void a_burst_delivers_every_tick_a_quarter_of_a_period_apart(void **unused)
{
    struct tick_policy policy = policy_of(LOST_TICKS_BURST);
    uint64_t now_ns = LATE * PERIOD_NS;

    (void)unused;
    assert_true(tick_policy_due(&policy, now_ns, PERIOD_NS, LATE));
    assert_int_equal(drain(&policy, &now_ns), LATE - 1);
    assert_int_equal(now_ns, LATE * PERIOD_NS + (LATE - 1) * PERIOD_NS / 4);
    assert_int_equal(policy.dropped, 0);
}

static void a_burst_delivers_the_next_as_soon_as_the_one_before_is_acknowledged(void **unused)
{
    struct tick_policy policy = policy_of(LOST_TICKS_BURST);
    uint64_t now_ns = 5;

    (void)unused;
    tick_policy_lose(&policy, LATE);
    for (unsigned i = 0; i < LATE; i++) {
        tick_policy_acknowledged(&policy, ++now_ns, PERIOD_NS);
        assert_true(tick_policy_take(&policy, now_ns, PERIOD_NS));
        assert_false(tick_policy_take(&policy, now_ns, PERIOD_NS));
    }
    assert_int_equal(policy.owed, 0);
}

/* With ticks of its own in every period: k late ticks are made up for within k periods. */
static void a_slew_delivers_at_twice_the_rate_until_none_is_owed(void **unused)
{
    struct tick_policy policy = policy_of(LOST_TICKS_SLEW);
    unsigned delivered = tick_policy_due(&policy, LATE * PERIOD_NS, PERIOD_NS, LATE);

    (void)unused;
    for (unsigned period = LATE + 1; period <= 2 * LATE - 1; period++) {
        assert_int_equal(policy.owed, 2 * LATE - period);
        delivered += tick_policy_take(&policy, period * PERIOD_NS - PERIOD_NS / 2, PERIOD_NS);
        delivered += tick_policy_due(&policy, period * PERIOD_NS, PERIOD_NS, 1);
        assert_int_equal(delivered, 1 + 2 * (period - LATE));
    }
    assert_int_equal(policy.owed, 0);
    assert_int_equal(delivered, 2 * LATE - 1);
    assert_int_equal(policy.dropped, 0);
}

static void a_guest_that_never_acknowledges_in_400_days_owes_no_more_than_the_cap(void **unused)
{
    const uint64_t ticks = DAYS_400_NS / PERIOD_NS;

    (void)unused;
    for (unsigned kind = LOST_TICKS_BURST; kind <= LOST_TICKS_SLEW; kind++) {
        struct tick_policy policy = policy_of(kind);
        uint64_t now_ns = DAYS_400_NS;

        tick_policy_lose(&policy, ticks);
        assert_int_equal(policy.owed, TICK_POLICY_MAX_OWED);
        assert_int_equal(policy.dropped, ticks - TICK_POLICY_MAX_OWED);
        tick_policy_lose(&policy, 1);
        assert_int_equal(policy.owed, TICK_POLICY_MAX_OWED);
        tick_policy_acknowledged(&policy, now_ns, PERIOD_NS);
        assert_int_equal(drain(&policy, &now_ns), TICK_POLICY_MAX_OWED);
        assert_int_equal(policy.dropped, ticks + 1 - TICK_POLICY_MAX_OWED);
    }
}

/* One tick is due and sent: false if the policy holds it back. */
static bool tick(struct tick_policy *policy, uint64_t now_ns, enum irq_arrival arrival)
{
    if (!tick_policy_due(policy, now_ns, PERIOD_NS, 1))
        return false;
    tick_policy_sent(policy, now_ns, PERIOD_NS, arrival);
    return true;
}

/* A policy of which KVM has told one EOI, at once, and then an edge is sent at PERIOD_NS. */
static struct tick_policy waiting_policy(enum lost_ticks kind)
{
    struct tick_policy policy = policy_of(kind);

    tick_policy_noticed(&policy, 0, PERIOD_NS, 1);
    assert_true(tick(&policy, PERIOD_NS, IRQ_ARRIVED));
    return policy;
}

static void where_eois_are_told_of_no_tick_is_sent_before_the_one_before_is_taken(void **unused)
{
    struct tick_policy policy = waiting_policy(LOST_TICKS_BURST);

    (void)unused;
    for (unsigned i = 2; i <= TICK_POLICY_NOTICE_PERIODS; i++)
        assert_false(tick(&policy, i * PERIOD_NS, IRQ_ARRIVED));
    assert_int_equal(policy.owed, TICK_POLICY_NOTICE_PERIODS - 1);
    for (unsigned i = 1; i < TICK_POLICY_NOTICE_PERIODS; i++) {
        uint64_t now_ns = TICK_POLICY_NOTICE_PERIODS * PERIOD_NS + i;

        assert_false(tick_policy_take(&policy, now_ns, PERIOD_NS));
        tick_policy_noticed(&policy, now_ns, PERIOD_NS, 1);
        assert_true(tick_policy_take(&policy, now_ns, PERIOD_NS));
        tick_policy_sent(&policy, now_ns, PERIOD_NS, IRQ_ARRIVED);
    }
    assert_int_equal(policy.owed, 0);
}

static void in_a_slew_the_next_comes_half_of_a_period_after_the_eoi(void **unused)
{
    struct tick_policy policy = waiting_policy(LOST_TICKS_SLEW);

    (void)unused;
    assert_false(tick(&policy, 2 * PERIOD_NS, IRQ_ARRIVED));
    tick_policy_noticed(&policy, 2 * PERIOD_NS, PERIOD_NS, 1);
    assert_int_equal(tick_policy_deadline_ns(&policy), 2 * PERIOD_NS + PERIOD_NS / 2);
}

static void what_nobody_tells_of_is_waited_for_longer_each_time_and_at_last_not(void **unused)
{
    struct tick_policy policy = waiting_policy(LOST_TICKS_BURST);
    uint64_t now_ns = PERIOD_NS;

    (void)unused;
    for (unsigned i = 0; i < TICK_POLICY_PATIENCE; i++) {
        assert_false(tick(&policy, now_ns + PERIOD_NS, IRQ_ARRIVED));
        now_ns += (TICK_POLICY_NOTICE_PERIODS << i) * PERIOD_NS;
        assert_int_equal(tick_policy_deadline_ns(&policy), now_ns);
        assert_true(tick_policy_take(&policy, now_ns, PERIOD_NS));
        tick_policy_sent(&policy, now_ns, PERIOD_NS, IRQ_ARRIVED);
        assert_int_equal(policy.owed, 0);
    }
    assert_int_equal(policy.earliest_ns, now_ns + PERIOD_NS / 4);
}

/* Three edges are sent though nothing is heard; then so many EOIs are told of. */
static struct tick_policy policy_answered(unsigned eois, uint64_t *now_ns)
{
    struct tick_policy policy = waiting_policy(LOST_TICKS_BURST);

    *now_ns = (1 + TICK_POLICY_NOTICE_PERIODS) * PERIOD_NS;
    assert_true(tick(&policy, *now_ns, IRQ_ARRIVED));
    *now_ns += 2 * TICK_POLICY_NOTICE_PERIODS * PERIOD_NS;
    assert_true(tick(&policy, *now_ns, IRQ_ARRIVED));
    for (unsigned i = 0; i < eois; i++)
        tick_policy_noticed(&policy, *now_ns, PERIOD_NS, 1);
    return policy;
}

static void edges_whose_eois_are_told_of_late_were_not_lost(void **unused)
{
    uint64_t now_ns;
    struct tick_policy policy = policy_answered(3, &now_ns);

    (void)unused;
    assert_true(tick(&policy, now_ns, IRQ_ARRIVED));
    assert_int_equal(policy.owed, 0);
    policy = policy_answered(0, &now_ns);
    tick_policy_noticed(&policy, now_ns, PERIOD_NS, 3);
    assert_true(tick(&policy, now_ns, IRQ_ARRIVED));
    assert_int_equal(policy.owed, 0);
}

static void edges_without_an_eoi_after_one_of_them_has_had_its_own_were_merged(void **unused)
{
    uint64_t now_ns;
    struct tick_policy policy = policy_answered(1, &now_ns);

    (void)unused;
    assert_false(tick(&policy, now_ns + PERIOD_NS, IRQ_ARRIVED));
    assert_int_equal(tick_policy_deadline_ns(&policy),
                     now_ns + TICK_POLICY_NOTICE_PERIODS * PERIOD_NS);
    now_ns = tick_policy_deadline_ns(&policy);
    assert_true(tick_policy_take(&policy, now_ns, PERIOD_NS));
    assert_int_equal(policy.owed, 2);
}

static void an_edge_that_met_a_mask_is_neither_waited_for_nor_owed(void **unused)
{
    struct tick_policy policy = waiting_policy(LOST_TICKS_BURST);

    (void)unused;
    for (unsigned i = 1 + TICK_POLICY_NOTICE_PERIODS; i < 2 * LATE; i++)
        assert_true(tick(&policy, i * PERIOD_NS, IRQ_MASKED));
    assert_int_equal(policy.owed, 0);
}

static void an_edge_that_was_merged_is_owed_and_the_first_still_waited_for(void **unused)
{
    const uint64_t now_ns = (1 + TICK_POLICY_NOTICE_PERIODS) * PERIOD_NS;
    struct tick_policy policy = waiting_policy(LOST_TICKS_BURST);

    (void)unused;
    assert_true(tick(&policy, now_ns, IRQ_MERGED));
    assert_int_equal(policy.owed, 1);
    assert_int_equal(tick_policy_deadline_ns(&policy),
                     now_ns + 2 * TICK_POLICY_NOTICE_PERIODS * PERIOD_NS);
    tick_policy_noticed(&policy, now_ns + 1, PERIOD_NS, 1);
    assert_true(tick_policy_take(&policy, now_ns + 1, PERIOD_NS));
    assert_int_equal(policy.owed, 0);
}

static void dropped_ticks_do_not_wait_for_an_eoi(void **unused)
{
    struct tick_policy policy = waiting_policy(LOST_TICKS_DROP);

    (void)unused;
    assert_true(tick(&policy, 2 * PERIOD_NS, IRQ_ARRIVED));
    assert_true(tick(&policy, 3 * PERIOD_NS, IRQ_MERGED));
    assert_int_equal(policy.dropped, 1);
}

static void what_is_forgotten_is_counted_as_dropped(void **unused)
{
    struct tick_policy policy = policy_of(LOST_TICKS_SLEW);
    struct tick_counts counts = {0};

    (void)unused;
    tick_policy_due(&policy, PERIOD_NS, PERIOD_NS, LATE);
    tick_policy_count(&policy, &counts);
    assert_int_equal(counts.owed, LATE - 1);
    assert_int_equal(counts.dropped, 0);
    tick_policy_forget(&policy);
    tick_policy_count(&policy, &counts);
    assert_int_equal(counts.dropped, LATE - 1);
    assert_int_equal(policy.owed, 0);
    policy = waiting_policy(LOST_TICKS_BURST);
    tick_policy_forget(&policy);
    assert_true(tick(&policy, PERIOD_NS, IRQ_ARRIVED));
    assert_int_equal(policy.earliest_ns, PERIOD_NS + PERIOD_NS / 4);
}

static void no_wait_is_0_or_longer_than_the_longest(void **unused)
{
    struct tick_policy policy = policy_of(LOST_TICKS_BURST);

    (void)unused;
    tick_policy_due(&policy, 7, 1, 2);
    assert_int_equal(tick_policy_deadline_ns(&policy), 8);
    tick_policy_take(&policy, 8, UINT64_MAX);
    assert_int_equal(policy.earliest_ns, 8 + TICK_POLICY_MAX_WAIT_NS);
}

static void notices_that_cannot_be_expected_are_not_valid(void **unused)
{
    static const struct tick_policy wrong[] = {
        {.kind = LOST_TICKS_DROP, .patience = 1},
        {.kind = LOST_TICKS_BURST, .patience = TICK_POLICY_PATIENCE + 1},
        {.kind = LOST_TICKS_BURST, .unanswered = 1},
        {.kind = LOST_TICKS_BURST, .patience = 1, .unanswered = TICK_POLICY_PATIENCE + 1},
        {.kind = LOST_TICKS_BURST, .patience = TICK_POLICY_PATIENCE, .unanswered = 2},
        {.kind = LOST_TICKS_BURST, .patience = TICK_POLICY_PATIENCE, .answered = 1},
        {.kind = LOST_TICKS_BURST, .patience = 1, .unanswered = 1, .answered = 1},
        {.kind = LOST_TICKS_BURST,
         .patience = TICK_POLICY_PATIENCE,
         .unanswered = TICK_POLICY_PATIENCE,
         .answered = 1},
        {.kind = LOST_TICKS_BURST,
         .patience = TICK_POLICY_PATIENCE,
         .unanswered = 1,
         .answered = 2},
    };
    static const struct tick_policy right[] = {
        {.kind = LOST_TICKS_BURST, .patience = 1, .unanswered = TICK_POLICY_PATIENCE},
        {.kind = LOST_TICKS_BURST, .patience = TICK_POLICY_PATIENCE, .unanswered = 1},
        {.kind = LOST_TICKS_SLEW,
         .patience = TICK_POLICY_PATIENCE,
         .unanswered = TICK_POLICY_PATIENCE - 1,
         .answered = 1},
    };

    (void)unused;
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(tick_policy_is_valid(&wrong[i], PERIOD_NS));
    for (unsigned i = 0; i < sizeof right / sizeof right[0]; i++)
        assert_true(tick_policy_is_valid(&right[i], PERIOD_NS));
}

enum step { STEP_DUE, STEP_TAKE, STEP_LOSE, STEP_NOTICED, STEP_ACKNOWLEDGED, STEP_FORGET, STEPS };

static void make_step(struct tick_policy *policy, enum step step, unsigned how)
{
    const uint64_t now_ns = PERIOD_NS;

    if (step == STEP_DUE)
        tick(policy, now_ns, (enum irq_arrival)how);
    else if (step == STEP_TAKE && tick_policy_take(policy, now_ns, PERIOD_NS))
        tick_policy_sent(policy, now_ns, PERIOD_NS, (enum irq_arrival)how);
    else if (step == STEP_LOSE)
        tick_policy_lose(policy, how);
    else if (step == STEP_NOTICED)
        tick_policy_noticed(policy, now_ns, PERIOD_NS, 1 + how);
    else if (step == STEP_ACKNOWLEDGED)
        tick_policy_acknowledged(policy, now_ns, PERIOD_NS);
    else if (step == STEP_FORGET)
        tick_policy_forget(policy);
}

/* A snapshot may hold any valid state, and one of what becomes of it must be taken back. */
static void no_step_from_a_valid_state_ends_in_one_that_is_not(void **unused)
{
    const unsigned max = TICK_POLICY_PATIENCE + 2;
    unsigned valid = 0;

    (void)unused;
    for (unsigned n = 0; n < LOST_TICKS_KINDS * 2 * max * max * 2; n++) {
        const struct tick_policy before = {
            .answered = n & 1,
            .owed = n >> 1 & 1,
            .patience = (uint8_t)(n / 4 % max),
            .unanswered = (uint8_t)(n / 4 / max % max),
            .kind = (uint8_t)(n / 4 / max / max),
        };

        if (!tick_policy_is_valid(&before, PERIOD_NS))
            continue;
        valid++;
        /* What became of an edge, or how many ticks are lost or EOIs told of. */
        for (unsigned i = 0; i < STEPS * (IRQ_MASKED + 1); i++) {
            struct tick_policy policy = before;

            make_step(&policy, (enum step)(i % STEPS), i / STEPS);
            assert_true(tick_policy_is_valid(&policy, PERIOD_NS));
        }
    }
    /* More than one of each kind, of which nothing is expected. */
    assert_true(valid > LOST_TICKS_KINDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drop_delivers_one_of_the_ticks_that_are_late_and_counts_the_others),
        cmocka_unit_test(a_burst_delivers_every_tick_a_quarter_of_a_period_apart),
        cmocka_unit_test(a_burst_delivers_the_next_as_soon_as_the_one_before_is_acknowledged),
        cmocka_unit_test(a_slew_delivers_at_twice_the_rate_until_none_is_owed),
        cmocka_unit_test(a_guest_that_never_acknowledges_in_400_days_owes_no_more_than_the_cap),
        cmocka_unit_test(where_eois_are_told_of_no_tick_is_sent_before_the_one_before_is_taken),
        cmocka_unit_test(in_a_slew_the_next_comes_half_of_a_period_after_the_eoi),
        cmocka_unit_test(what_nobody_tells_of_is_waited_for_longer_each_time_and_at_last_not),
        cmocka_unit_test(edges_whose_eois_are_told_of_late_were_not_lost),
        cmocka_unit_test(edges_without_an_eoi_after_one_of_them_has_had_its_own_were_merged),
        cmocka_unit_test(an_edge_that_met_a_mask_is_neither_waited_for_nor_owed),
        cmocka_unit_test(an_edge_that_was_merged_is_owed_and_the_first_still_waited_for),
        cmocka_unit_test(dropped_ticks_do_not_wait_for_an_eoi),
        cmocka_unit_test(what_is_forgotten_is_counted_as_dropped),
        cmocka_unit_test(notices_that_cannot_be_expected_are_not_valid),
        cmocka_unit_test(no_step_from_a_valid_state_ends_in_one_that_is_not),
        cmocka_unit_test(no_wait_is_0_or_longer_than_the_longest),
    };

    return cmocka_run_group_tests_name("tick_policy", tests, NULL, NULL);
}
