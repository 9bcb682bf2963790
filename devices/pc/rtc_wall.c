/* SPDX-License-Identifier: BSD-2-Clause */
/* See rtc_wall.h. */
#include "devices/pc/rtc_wall.h"

#include "devices/pc/rtc_chain.h"
#include "devices/pc/rtc_irq.h"
#include "devices/timerq.h"

#define SECOND_NS INT64_C(1000000000)

/* How long the shown second has lasted. Below 0 after a step back: it has been shown too early. */
static int64_t second_age_ns(const struct rtc_state *state, uint64_t now_ns)
{
    return (int64_t)(rtc_chain_age_ns(state, now_ns) -
                     rtc_chain_update_end_age_ns(state->updates_done));
}

bool rtc_wall_shown_ns(const struct rtc_state *state, uint64_t now_ns, int64_t *wall_ns)
{
    int64_t epoch_sec;

    if (!rtc_chain_updates_run(state) || !rtc_time_get(state->regs, &epoch_sec) || epoch_sec < 0 ||
        epoch_sec >= RTC_WALL_END_SEC)
        return false;
    *wall_ns = epoch_sec * SECOND_NS + second_age_ns(state, now_ns);
    return true;
}

/*
 * Sets the age of the chain so that the shown second has lasted second_ns, which is above -1 s and
 * below 1 s. Below 0, the second has still to begin. Any age with the right fraction would do; this
 * is the smallest one at which an update has ended.
 */
static void set_second_age(struct rtc_state *state, uint64_t now_ns, int64_t second_ns)
{
    bool is_ahead = second_ns < 0;

    state->chain_base_ns = now_ns;
    state->chain_age_ns = RTC_UIP_NS + (uint64_t)(second_ns + (is_ahead ? SECOND_NS : 0));
    state->updates_done = is_ahead ? 2 : 1;
}

/*
 * After a step back of less than a second the chain passes some periodic edges a second time. They
 * are in periods_done already, `ahead` of them, and do not count again. A loaded state can say that
 * there are more of them than two seconds have: the rest is left out.
 */
void rtc_wall_shift(struct rtc_state *state, uint64_t now_ns, int64_t delta_ns)
{
    uint64_t age_ns = rtc_chain_age_ns(state, now_ns) + NS_PER_SEC;
    int64_t second_ns = second_age_ns(state, now_ns) + delta_ns;
    int64_t ahead;

    if (second_ns >= SECOND_NS) {
        rtc_irq_end_updates(state, state->updates_done + (uint64_t)(second_ns / SECOND_NS));
        second_ns %= SECOND_NS;
    } else if (second_ns <= -SECOND_NS) {
        rtc_time_advance(state->regs, second_ns / SECOND_NS);
        delta_ns -= second_ns / SECOND_NS * SECOND_NS;
        second_ns %= SECOND_NS;
    }
    ahead = (int64_t)(state->periods_done + rtc_chain_periods(state, age_ns) -
                      rtc_chain_periods(state, age_ns - NS_PER_SEC) -
                      rtc_chain_periods(state, age_ns + (uint64_t)delta_ns));
    set_second_age(state, now_ns, second_ns);
    if (ahead < 0)
        state->regs[RTC_C] |= RTC_C_PF;
    age_ns = rtc_chain_age_ns(state, now_ns);
    state->periods_done =
        timerq_earlier(rtc_chain_periods(state, age_ns) + (ahead > 0 ? (uint64_t)ahead : 0),
                       rtc_chain_periods(state, age_ns + 2 * NS_PER_SEC));
}
