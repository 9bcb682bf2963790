/* See tick_policy.h. */
#include "devices/tick_policy.h"

#include "devices/state_check.h"

static uint64_t wait_ns(uint64_t period_ns, unsigned part)
{
    uint64_t ns = period_ns / part;

    /* A wait of 0 would let the owed ticks of one moment be a loop. */
    if (ns == 0)
        return 1;
    return ns < TICK_POLICY_MAX_WAIT_NS ? ns : TICK_POLICY_MAX_WAIT_NS;
}

/* One was delivered at now_ns, and nobody will tell when it is acknowledged. */
static void pace(struct tick_policy *policy, uint64_t now_ns, uint64_t period_ns)
{
    if (policy->kind == LOST_TICKS_BURST)
        policy->earliest_ns = now_ns + wait_ns(period_ns, 4);
    else if (policy->kind == LOST_TICKS_SLEW)
        policy->earliest_ns = now_ns + wait_ns(period_ns, 2);
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
    if (deliver)
        pace(policy, now_ns, period_ns);
    return deliver;
}

bool tick_policy_take(struct tick_policy *policy, uint64_t now_ns, uint64_t period_ns)
{
    if (policy->owed == 0 || now_ns < policy->earliest_ns)
        return false;
    policy->owed--;
    pace(policy, now_ns, period_ns);
    return true;
}

void tick_policy_acknowledged(struct tick_policy *policy, uint64_t now_ns, uint64_t period_ns)
{
    if (policy->kind == LOST_TICKS_BURST)
        policy->earliest_ns = now_ns;
    else if (policy->kind == LOST_TICKS_SLEW)
        policy->earliest_ns = now_ns + wait_ns(period_ns, 2);
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
}

bool tick_policy_is_valid(const struct tick_policy *policy, uint64_t now_ns)
{
    if (policy->kind == LOST_TICKS_DROP && (policy->owed != 0 || policy->earliest_ns != 0))
        return false;
    return policy->kind < LOST_TICKS_KINDS && policy->owed <= TICK_POLICY_MAX_OWED &&
           policy->earliest_ns <= now_ns + TICK_POLICY_MAX_WAIT_NS &&
           is_zero(policy->pad, sizeof(policy->pad));
}

void tick_policy_count(const struct tick_policy *policy, struct tick_counts *counts)
{
    counts->dropped += policy->dropped;
    counts->owed += policy->owed;
}
