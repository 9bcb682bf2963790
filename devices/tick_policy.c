/* SPDX-License-Identifier: BSD-2-Clause */
/* See tick_policy.h. */
#include "devices/tick_policy.h"

/* A wait of 0 would let the owed ticks of one moment be a loop. */
static uint64_t limited(uint64_t wait_ns)
{
    if (wait_ns == 0)
        return 1;
    return wait_ns < TICK_POLICY_MAX_WAIT_NS ? wait_ns : TICK_POLICY_MAX_WAIT_NS;
}

/* How long a notice is waited for when `patience` more edges may be sent without one. */
static uint64_t notice_wait_ns(uint64_t period_ns, unsigned patience)
{
    unsigned periods = TICK_POLICY_NOTICE_PERIODS << (TICK_POLICY_PATIENCE - patience);

    return period_ns < TICK_POLICY_MAX_WAIT_NS ? limited(periods * period_ns)
                                               : TICK_POLICY_MAX_WAIT_NS;
}

/*
 * A tick was delivered at now_ns. If nobody tells of its acknowledgement, the next may come then.
 */
static void pace(struct tick_policy *policy, uint64_t now_ns, uint64_t period_ns)
{
    if (policy->kind == LOST_TICKS_BURST)
        policy->earliest_ns = now_ns + limited(period_ns / 4);
    else if (policy->kind == LOST_TICKS_SLEW)
        policy->earliest_ns = now_ns + limited(period_ns / 2);
}

/* An edge is about to be sent, and no notice has come in the time in which it was waited for. */
static void give_up_waiting(struct tick_policy *policy)
{
    if (policy->unanswered == 0)
        return;
    if (policy->answered)
        tick_policy_lose(policy, policy->unanswered);
    else
        policy->patience--;
    if (policy->answered || policy->patience == 0)
        policy->unanswered = 0;
    policy->answered = false;
}

void tick_policy_lose(struct tick_policy *policy, uint64_t ticks)
{
    uint64_t room = policy->kind == LOST_TICKS_DROP ? 0 : TICK_POLICY_MAX_OWED - policy->owed;
    uint64_t owed = ticks < room ? ticks : room;

    policy->owed += (uint32_t)owed;
    policy->dropped += ticks - owed;
}

bool tick_policy_due(struct tick_policy *policy, uint64_t now_ns, uint64_t period_ns,
                     uint64_t ticks)
{
    bool deliver = now_ns >= policy->earliest_ns;

    tick_policy_lose(policy, ticks - deliver);
    if (deliver) {
        give_up_waiting(policy);
        pace(policy, now_ns, period_ns);
    }
    return deliver;
}

bool tick_policy_take(struct tick_policy *policy, uint64_t now_ns, uint64_t period_ns)
{
    if (policy->owed == 0 || now_ns < policy->earliest_ns)
        return false;
    policy->owed--;
    give_up_waiting(policy);
    pace(policy, now_ns, period_ns);
    return true;
}

void tick_policy_sent(struct tick_policy *policy, uint64_t now_ns, uint64_t period_ns,
                      enum irq_arrival arrival)
{
    if (arrival == IRQ_MERGED)
        tick_policy_lose(policy, 1);
    if (arrival == IRQ_MASKED)
        policy->unanswered = 0;
    if (arrival == IRQ_ARRIVED && policy->patience != 0) {
        policy->unanswered++;
        policy->answered = false;
    }
    if (policy->unanswered != 0)
        policy->earliest_ns = now_ns + notice_wait_ns(period_ns, policy->patience);
}

void tick_policy_noticed(struct tick_policy *policy, uint64_t now_ns, uint64_t period_ns,
                         uint64_t eois)
{
    if (policy->kind == LOST_TICKS_DROP)
        return;
    policy->patience = TICK_POLICY_PATIENCE;
    policy->unanswered -= eois < policy->unanswered ? (uint8_t)eois : policy->unanswered;
    policy->answered = policy->unanswered != 0;
    if (policy->answered)
        policy->earliest_ns = now_ns + notice_wait_ns(period_ns, policy->patience);
    else
        tick_policy_acknowledged(policy, now_ns, period_ns);
}

bool tick_policy_waits_for_notice(const struct tick_policy *policy)
{
    return policy->owed != 0 || (policy->kind == LOST_TICKS_SLEW && policy->unanswered != 0);
}

/* A burst with nothing owed: the next tick may be one that became due before this call. */
void tick_policy_acknowledged(struct tick_policy *policy, uint64_t now_ns, uint64_t period_ns)
{
    if (policy->kind == LOST_TICKS_BURST)
        policy->earliest_ns = policy->owed != 0 ? now_ns : 0;
    else if (policy->kind == LOST_TICKS_SLEW)
        policy->earliest_ns = now_ns + limited(period_ns / 2);
}

uint64_t tick_policy_deadline_ns(const struct tick_policy *policy)
{
    return policy->owed != 0 ? policy->earliest_ns : TIME_NEVER_NS;
}

void tick_policy_forget(struct tick_policy *policy)
{
    policy->dropped += policy->owed;
    policy->owed = 0;
    policy->earliest_ns = 0;
    policy->patience = 0;
    policy->unanswered = 0;
    policy->answered = false;
}

/*
 * A notice fills patience up, and leaves at least one edge fewer than can have been sent. After it
 * each edge but the first takes one from patience.
 */
static bool notices_are_valid(const struct tick_policy *policy)
{
    if (policy->answered)
        return policy->answered == 1 && policy->patience == TICK_POLICY_PATIENCE &&
               policy->unanswered >= 1 && policy->unanswered < TICK_POLICY_PATIENCE;
    if (policy->patience == 0)
        return policy->unanswered == 0;
    return policy->patience <= TICK_POLICY_PATIENCE &&
           policy->unanswered <= TICK_POLICY_PATIENCE + 1 - policy->patience;
}

bool tick_policy_is_valid(const struct tick_policy *policy, uint64_t now_ns)
{
    if (policy->kind == LOST_TICKS_DROP &&
        (policy->owed != 0 || policy->earliest_ns != 0 || policy->patience != 0))
        return false;
    return notices_are_valid(policy) && policy->kind < LOST_TICKS_KINDS &&
           policy->owed <= TICK_POLICY_MAX_OWED &&
           policy->earliest_ns <= now_ns + TICK_POLICY_MAX_WAIT_NS;
}

void tick_policy_count(const struct tick_policy *policy, struct tick_counts *counts)
{
    counts->dropped += policy->dropped;
    counts->owed += policy->owed;
}
