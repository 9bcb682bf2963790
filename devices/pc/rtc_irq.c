/* SPDX-License-Identifier: BSD-2-Clause */
/* See rtc_irq.h. */
#include "devices/pc/rtc_irq.h"

#include "devices/pc/rtc_chain.h"
#include "devices/timerq.h"

void rtc_irq_end_updates(struct rtc_state *state, uint64_t ended)
{
    uint64_t seconds = ended - state->updates_done;

    state->updates_done = ended;
    if (rtc_is_set_mode(state))
        return;
    state->regs[RTC_C] |= RTC_C_UF;
    if (rtc_time_alarm_wait_sec(state->regs) <= seconds)
        state->regs[RTC_C] |= RTC_C_AF;
    rtc_time_advance(state->regs, (int64_t)seconds);
}

bool rtc_irq_counts_ticks(const struct rtc_state *state)
{
    return state->irq_enabled && (state->regs[RTC_B] & RTC_B_PIE) != 0;
}

static uint64_t tick_period_ns(const struct rtc_state *state)
{
    return ns_from_ticks(rtc_chain_period_ticks(state), RATE_RTC);
}

static void settle_periods(struct rtc_state *state, uint64_t now_ns, uint64_t periods)
{
    bool sets_flag = (state->regs[RTC_C] & RTC_C_PF) == 0;

    if (rtc_irq_counts_ticks(state) && periods > 0)
        tick_policy_lose(&state->ticks, periods - sets_flag);
    else if (rtc_irq_counts_ticks(state) && sets_flag)
        sets_flag = tick_policy_take(&state->ticks, now_ns, tick_period_ns(state));
    else
        sets_flag = periods > 0;
    if (sets_flag)
        state->regs[RTC_C] |= RTC_C_PF;
}

void rtc_irq_settle(struct rtc_state *state, uint64_t now_ns)
{
    uint64_t age_ns = rtc_chain_age_ns(state, now_ns);
    uint64_t periods_done = state->periods_done;

    if (!rtc_chain_runs(state))
        return;
    if (rtc_chain_updates_ended(age_ns) > state->updates_done)
        rtc_irq_end_updates(state, rtc_chain_updates_ended(age_ns));
    if (rtc_chain_periods(state, age_ns) > periods_done)
        state->periods_done = rtc_chain_periods(state, age_ns);
    settle_periods(state, now_ns, state->periods_done - periods_done);
}

void rtc_irq_acknowledged(struct rtc_state *state, uint64_t now_ns)
{
    tick_policy_acknowledged(&state->ticks, now_ns, tick_period_ns(state));
}

bool rtc_irq_is_high(const struct rtc_state *state)
{
    return (state->regs[RTC_B] & state->regs[RTC_C] & RTC_IRQ_BITS) != 0;
}

/* The chain's age at which AF is set, if AIE is; the chain runs. */
static uint64_t alarm_age_ns(const struct rtc_state *state)
{
    uint64_t wait_sec = rtc_time_alarm_wait_sec(state->regs);

    if ((state->regs[RTC_B] & RTC_B_AIE) == 0 || rtc_is_set_mode(state) || wait_sec == RTC_NO_ALARM)
        return TIME_NEVER_NS;
    return rtc_chain_update_end_age_ns(state->updates_done + wait_sec);
}

bool rtc_irq_alarm_is_high(const struct rtc_state *state)
{
    return (state->regs[RTC_B] & state->regs[RTC_C] & RTC_B_AIE) != 0;
}

uint64_t rtc_irq_alarm_ns(const struct rtc_state *state)
{
    uint64_t age_ns = TIME_NEVER_NS;

    if (rtc_chain_runs(state) && !rtc_irq_alarm_is_high(state))
        age_ns = alarm_age_ns(state);
    return age_ns == TIME_NEVER_NS ? TIME_NEVER_NS : rtc_chain_deadline_ns(state, age_ns);
}

uint64_t rtc_irq_next_ns(const struct rtc_state *state)
{
    uint8_t enabled = state->regs[RTC_B];
    uint64_t age_ns = TIME_NEVER_NS;

    if (!rtc_chain_runs(state))
        return TIME_NEVER_NS;
    if ((enabled & RTC_B_PIE) != 0 && rtc_chain_period_ticks(state) != 0)
        age_ns = rtc_chain_period_age_ns(state, state->periods_done + 1);
    if ((enabled & RTC_B_UIE) != 0)
        age_ns = timerq_earlier(age_ns, rtc_chain_update_end_age_ns(state->updates_done + 1));
    age_ns = timerq_earlier(age_ns, alarm_age_ns(state));
    if (age_ns != TIME_NEVER_NS)
        age_ns = rtc_chain_deadline_ns(state, age_ns);
    return rtc_irq_counts_ticks(state)
               ? timerq_earlier(age_ns, tick_policy_deadline_ns(&state->ticks))
               : age_ns;
}
