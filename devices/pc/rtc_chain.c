/* SPDX-License-Identifier: BSD-2-Clause */
/* See rtc_chain.h. */
#include "devices/pc/rtc_chain.h"

bool rtc_chain_runs(const struct rtc_state *state)
{
    return (state->regs[RTC_A] & RTC_A_DV_MASK) == RTC_A_DV_RUN;
}

bool rtc_chain_updates_run(const struct rtc_state *state)
{
    return rtc_chain_runs(state) && !rtc_is_set_mode(state);
}

uint64_t rtc_chain_age_ns(const struct rtc_state *state, uint64_t now_ns)
{
    return state->chain_age_ns + (now_ns - state->chain_base_ns);
}

uint64_t rtc_chain_deadline_ns(const struct rtc_state *state, uint64_t age_ns)
{
    return state->chain_base_ns + (age_ns - state->chain_age_ns);
}

uint64_t rtc_chain_updates_begun(uint64_t age_ns)
{
    return age_ns / NS_PER_SEC + 1;
}

uint64_t rtc_chain_updates_ended(uint64_t age_ns)
{
    return (age_ns + NS_PER_SEC - RTC_UIP_NS) / NS_PER_SEC;
}

uint64_t rtc_chain_update_end_age_ns(uint64_t count)
{
    return (count - 1) * NS_PER_SEC + RTC_UIP_NS;
}

uint64_t rtc_chain_period_ticks(const struct rtc_state *state)
{
    unsigned rs = state->regs[RTC_A] & RTC_A_RS_MASK;

    if (rs == 0)
        return 0;
    /* Rates 1 and 2 are those of 8 and 9: the chain has no faster tap at 32.768 kHz. */
    return UINT64_C(1) << (rs < 3 ? rs + 6 : rs - 1);
}

uint64_t rtc_chain_periods(const struct rtc_state *state, uint64_t age_ns)
{
    uint64_t period = rtc_chain_period_ticks(state);

    return period != 0 ? (ticks_from_ns(age_ns, RATE_RTC) + period / 2) / period : 0;
}

uint64_t rtc_chain_period_age_ns(const struct rtc_state *state, uint64_t count)
{
    uint64_t period = rtc_chain_period_ticks(state);

    return ns_from_ticks(count * period - period / 2, RATE_RTC);
}

/*
 * A chain that stands can have any count of periodic edges: it is set anew when the chain starts.
 */
bool rtc_chain_is_valid(const struct rtc_state *state, uint64_t now_ns)
{
    uint64_t age_ns, edges_max;

    if (state->chain_base_ns > now_ns || state->chain_age_ns >= NS_PER_SEC + RTC_UIP_NS)
        return false;
    age_ns = rtc_chain_age_ns(state, now_ns);
    edges_max = ticks_from_ns(age_ns + 2 * NS_PER_SEC, RATE_RTC);
    if (rtc_chain_runs(state))
        edges_max = rtc_chain_periods(state, age_ns + 2 * NS_PER_SEC);
    return state->updates_done >= rtc_chain_updates_ended(state->chain_age_ns) &&
           state->updates_done <= rtc_chain_updates_ended(age_ns) + 1 &&
           state->periods_done <= edges_max;
}
