/* SPDX-License-Identifier: BSD-2-Clause */
/* See rtc.h. */
#include "devices/pc/rtc.h"

#include <stddef.h>
#include <string.h>

#include "devices/pc/rtc_chain.h"
#include "devices/state_check.h"

#define POWER_ON_A      (RTC_A_DV_RUN | 6u)
#define A_WRITABLE_BITS 0x7fu
/* The interrupts that B enables, in the bits that their flags have in C. */
#define INTERRUPT_BITS (RTC_B_PIE | RTC_B_AIE | RTC_B_UIE)

#define SECOND_NS INT64_C(1000000000)

/* "When the divider reset is removed, the first update cycle begins one-half second later." */
#define RELEASE_AGE_NS (NS_PER_SEC / 2 + RTC_BEFORE_UPDATE_NS)

static struct rtc *rtc_of(struct device *dev)
{
    return (struct rtc *)dev;
}

static bool is_set_mode(const struct rtc_state *state)
{
    return (state->regs[RTC_B] & RTC_B_SET) != 0;
}

static bool time_runs(const struct rtc_state *state)
{
    return rtc_chain_runs(state) && !is_set_mode(state);
}

static void settle_updates(struct rtc_state *state, uint64_t ended)
{
    uint64_t seconds = ended - state->updates_done;

    state->updates_done = ended;
    if (is_set_mode(state))
        return;
    state->regs[RTC_C] |= RTC_C_UF;
    if (rtc_time_alarm_wait_sec(state->regs) <= seconds)
        state->regs[RTC_C] |= RTC_C_AF;
    rtc_time_advance(state->regs, (int64_t)seconds);
}

/* Periodic interrupts are wanted: a period without one is a lost tick. */
static bool counts_ticks(const struct rtc_state *state)
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

    if (counts_ticks(state) && periods > 0)
        tick_policy_lose(&state->ticks, periods - sets_flag);
    else if (counts_ticks(state) && sets_flag)
        sets_flag = tick_policy_take(&state->ticks, now_ns, tick_period_ns(state));
    else
        sets_flag = periods > 0;
    if (sets_flag)
        state->regs[RTC_C] |= RTC_C_PF;
}

/* Brings the registers up to now_ns: what the chain has done since they were last brought up. */
static void settle(struct rtc_state *state, uint64_t now_ns)
{
    uint64_t age_ns = rtc_chain_age_ns(state, now_ns);
    uint64_t periods_done = state->periods_done;

    if (!rtc_chain_runs(state))
        return;
    if (rtc_chain_updates_ended(age_ns) > state->updates_done)
        settle_updates(state, rtc_chain_updates_ended(age_ns));
    if (rtc_chain_periods(state, age_ns) > periods_done)
        state->periods_done = rtc_chain_periods(state, age_ns);
    settle_periods(state, now_ns, state->periods_done - periods_done);
}

/* On a settled state, as all below: UIP is up if an update has begun that will be done. */
static bool update_in_progress(const struct rtc_state *state, uint64_t now_ns)
{
    return time_runs(state) &&
           rtc_chain_updates_begun(rtc_chain_age_ns(state, now_ns)) > state->updates_done;
}

static bool irq_is_high(const struct rtc_state *state)
{
    return (state->regs[RTC_B] & state->regs[RTC_C] & INTERRUPT_BITS) != 0;
}

/* When the next flag that is enabled, and not yet set, will be set. */
static uint64_t next_irq_ns(const struct rtc_state *state)
{
    uint8_t enabled = state->regs[RTC_B];
    uint64_t alarm_sec = rtc_time_alarm_wait_sec(state->regs);
    uint64_t age_ns = TIME_NEVER_NS;

    if (!rtc_chain_runs(state))
        return TIME_NEVER_NS;
    if ((enabled & RTC_B_PIE) != 0 && rtc_chain_period_ticks(state) != 0)
        age_ns = rtc_chain_period_age_ns(state, state->periods_done + 1);
    if ((enabled & RTC_B_UIE) != 0)
        age_ns = timerq_earlier(age_ns, rtc_chain_update_end_age_ns(state->updates_done + 1));
    if ((enabled & RTC_B_AIE) != 0 && !is_set_mode(state) && alarm_sec != RTC_NO_ALARM)
        age_ns =
            timerq_earlier(age_ns, rtc_chain_update_end_age_ns(state->updates_done + alarm_sec));
    if (age_ns != TIME_NEVER_NS)
        age_ns = rtc_chain_deadline_ns(state, age_ns);
    return counts_ticks(state) ? timerq_earlier(age_ns, tick_policy_deadline_ns(&state->ticks))
                               : age_ns;
}

static void rtc_update(struct rtc *rtc)
{
    bool level = rtc->state.irq_enabled && irq_is_high(&rtc->state);

    irq_line_set(rtc->wiring.irq8, level);
    if (rtc->state.irq_enabled && !level)
        timerq_arm(rtc->wiring.timers, &rtc->irq_timer, next_irq_ns(&rtc->state));
    else
        timerq_cancel(rtc->wiring.timers, &rtc->irq_timer);
}

static void rtc_rearm(struct device *dev, uint64_t now_ns)
{
    settle(&rtc_of(dev)->state, now_ns);
    rtc_update(rtc_of(dev));
}

void rtc_forget_ticks(struct rtc *rtc, uint64_t now_ns)
{
    settle(&rtc->state, now_ns);
    tick_policy_forget(&rtc->state.ticks);
    rtc_rearm(&rtc->dev, now_ns);
}

void rtc_set_irq_enabled(struct rtc *rtc, uint64_t now_ns, bool enabled)
{
    settle(&rtc->state, now_ns);
    rtc->state.irq_enabled = enabled;
    rtc_forget_ticks(rtc, now_ns);
}

static void rtc_irq_due(void *ctx, uint64_t deadline_ns)
{
    struct rtc *rtc = ctx;

    rtc_rearm(&rtc->dev, deadline_ns);
}

/* How long the second that is shown has lasted; below 0 after the clock was set back. */
static int64_t second_age_ns(const struct rtc_state *state, uint64_t now_ns)
{
    return (int64_t)(rtc_chain_age_ns(state, now_ns) -
                     rtc_chain_update_end_age_ns(state->updates_done));
}

static bool shown_ns(const struct rtc_state *state, uint64_t now_ns, int64_t *wall_ns)
{
    int64_t epoch_sec;

    if (!time_runs(state) || !rtc_time_get(state->regs, &epoch_sec) || epoch_sec < 0 ||
        epoch_sec >= RTC_WALL_END_SEC)
        return false;
    *wall_ns = epoch_sec * SECOND_NS + second_age_ns(state, now_ns);
    return true;
}

bool rtc_wall_ns(const struct rtc *rtc, uint64_t now_ns, int64_t *wall_ns)
{
    struct rtc_state state = rtc->state;

    settle(&state, now_ns);
    return shown_ns(&state, now_ns, wall_ns);
}

/*
 * The chain's age becomes that of `second_ns`, -1 s to 1 s, into the second that is shown. Whole
 * seconds make no difference to an age: the new one is the least at which an update has been done.
 */
static void set_second_age(struct rtc_state *state, uint64_t now_ns, int64_t second_ns)
{
    bool is_ahead = second_ns < 0;

    state->chain_base_ns = now_ns;
    state->chain_age_ns = RTC_UIP_NS + (uint64_t)(second_ns + (is_ahead ? SECOND_NS : 0));
    state->updates_done = is_ahead ? 2 : 1;
}

/*
 * Moves a settled chain by delta_ns, and the date by what is left. A periodic edge that is passed
 * a second time does not count again; a loaded state can say that there are too many of these.
 */
static void shift_chain(struct rtc_state *state, uint64_t now_ns, int64_t delta_ns)
{
    uint64_t age_ns = rtc_chain_age_ns(state, now_ns) + NS_PER_SEC;
    int64_t second_ns = second_age_ns(state, now_ns) + delta_ns;
    int64_t ahead;

    if (second_ns >= SECOND_NS) {
        settle_updates(state, state->updates_done + (uint64_t)(second_ns / SECOND_NS));
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

void rtc_set_wall(struct rtc *rtc, uint64_t now_ns, int64_t wall_ns)
{
    int64_t old_wall_ns;

    settle(&rtc->state, now_ns);
    if (!shown_ns(&rtc->state, now_ns, &old_wall_ns))
        return;
    shift_chain(&rtc->state, now_ns, wall_ns - old_wall_ns);
    rtc_update(rtc);
}

const uint8_t *rtc_nvram(const struct rtc *rtc)
{
    return &rtc->state.regs[RTC_NVRAM_FIRST];
}

void rtc_set_nvram(struct rtc *rtc, const uint8_t *bytes)
{
    uint8_t century = rtc->state.regs[RTC_CENTURY];

    memcpy(&rtc->state.regs[RTC_NVRAM_FIRST], bytes, RTC_NVRAM_BYTES);
    rtc->state.regs[RTC_CENTURY] = century;
    rtc->state.regs[RTC_CENTURY_PS2] = 0;
}

static uint8_t read_c(struct rtc *rtc, uint64_t now_ns)
{
    uint8_t flags = rtc->state.regs[RTC_C];

    if (irq_is_high(&rtc->state))
        flags |= RTC_C_IRQF;
    rtc->state.regs[RTC_C] = 0;
    rtc_update(rtc);
    if ((flags & RTC_C_PF) != 0 && counts_ticks(&rtc->state)) {
        tick_policy_acknowledged(&rtc->state.ticks, now_ns, tick_period_ns(&rtc->state));
        rtc_rearm(&rtc->dev, now_ns);
    }
    return flags;
}

static uint8_t read_data(struct rtc *rtc, uint64_t now_ns)
{
    struct rtc_state *state = &rtc->state;

    settle(state, now_ns);
    switch (state->index) {
    case RTC_A:
        return state->regs[RTC_A] | (update_in_progress(state, now_ns) ? RTC_A_UIP : 0);
    case RTC_C:
        return read_c(rtc, now_ns);
    case RTC_D:
        return RTC_D_VRT;
    default:
        return state->regs[state->index];
    }
}

static void write_a(struct rtc_state *state, uint64_t now_ns, uint8_t value)
{
    bool was_running = rtc_chain_runs(state);

    if (((state->regs[RTC_A] ^ value) & A_WRITABLE_BITS) != 0)
        tick_policy_forget(&state->ticks);
    state->regs[RTC_A] = value & A_WRITABLE_BITS;
    if (!rtc_chain_runs(state))
        return;
    if (!was_running) {
        state->chain_base_ns = now_ns;
        state->chain_age_ns = RELEASE_AGE_NS;
        state->updates_done = rtc_chain_updates_ended(RELEASE_AGE_NS);
    }
    state->periods_done = rtc_chain_periods(state, rtc_chain_age_ns(state, now_ns));
}

static void write_b(struct rtc_state *state, uint64_t now_ns, uint8_t value)
{
    bool was_set_mode = is_set_mode(state);

    state->regs[RTC_B] = value;
    if (!counts_ticks(state))
        tick_policy_forget(&state->ticks);
    if (is_set_mode(state))
        state->regs[RTC_B] &= (uint8_t)~RTC_B_UIE;
    else if (was_set_mode && rtc_chain_runs(state))
        /* SET has aborted an update that had begun. */
        state->updates_done = rtc_chain_updates_begun(rtc_chain_age_ns(state, now_ns));
}

static bool is_date_byte(uint8_t index)
{
    switch (index) {
    case RTC_SECOND:
    case RTC_MINUTE:
    case RTC_HOUR:
    case RTC_DAY:
    case RTC_MONTH:
    case RTC_YEAR:
    case RTC_CENTURY:
        return true;
    default:
        return false;
    }
}

static void write_data(struct rtc *rtc, uint64_t now_ns, uint8_t value)
{
    struct rtc_state *state = &rtc->state;
    bool was_running = time_runs(state);

    settle(state, now_ns);
    switch (state->index) {
    case RTC_A:
        write_a(state, now_ns, value);
        break;
    case RTC_B:
        write_b(state, now_ns, value);
        break;
    case RTC_C:
    case RTC_D:
        break;
    default:
        state->regs[state->index] = value;
        break;
    }
    rtc_update(rtc);
    if (rtc->wiring.date_set != NULL && time_runs(state) &&
        (!was_running || is_date_byte(state->index)))
        rtc->wiring.date_set(rtc->wiring.ctx, now_ns);
}

static uint64_t rtc_read(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes)
{
    uint64_t value = UINT64_MAX;

    for (unsigned i = 0; i < size_bytes; i++) {
        if (reg + i != RTC_REG_DATA)
            continue;
        value &= ~(UINT64_C(0xff) << 8 * i);
        value |= (uint64_t)read_data(rtc_of(dev), now_ns) << 8 * i;
    }
    return value;
}

static uint8_t register_selected_by(uint8_t index)
{
    index &= RTC_REGISTERS - 1;
    return index == RTC_CENTURY_PS2 ? RTC_CENTURY : index;
}

static void rtc_write(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes,
                      uint64_t value)
{
    struct rtc *rtc = rtc_of(dev);

    for (unsigned i = 0; i < size_bytes; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * i);

        if (reg + i == RTC_REG_INDEX)
            rtc->state.index = register_selected_by(byte);
        else if (reg + i == RTC_REG_DATA)
            write_data(rtc, now_ns, byte);
    }
}

static void rtc_reset(struct device *dev, uint64_t now_ns)
{
    struct rtc *rtc = rtc_of(dev);

    settle(&rtc->state, now_ns);
    rtc->state.regs[RTC_B] &= (uint8_t) ~(INTERRUPT_BITS | RTC_B_SQWE);
    rtc->state.regs[RTC_C] = 0;
    tick_policy_forget(&rtc->state.ticks);
    rtc->state.irq_enabled = 1;
    rtc_update(rtc);
}

static bool rtc_state_is_valid(const struct device *dev, uint64_t now_ns, const void *saved)
{
    const struct rtc_state *state = saved;

    (void)dev;
    return rtc_chain_is_valid(state, now_ns) && has_only(state->regs[RTC_A], A_WRITABLE_BITS) &&
           !(is_set_mode(state) && (state->regs[RTC_B] & RTC_B_UIE) != 0) &&
           has_only(state->regs[RTC_C], INTERRUPT_BITS) && state->regs[RTC_D] == 0 &&
           state->regs[RTC_CENTURY_PS2] == 0 && state->index < RTC_REGISTERS &&
           state->index != RTC_CENTURY_PS2 && is_flag(state->irq_enabled) &&
           is_zero(state->pad, sizeof(state->pad)) && tick_policy_is_valid(&state->ticks, now_ns) &&
           (counts_ticks(state) || state->ticks.owed == 0);
}

static const struct device_ops rtc_ops = {
    .name = "rtc",
    .read = rtc_read,
    .write = rtc_write,
    .reset = rtc_reset,
    .state_version = 3,
    .state_offset = offsetof(struct rtc, state),
    .state_size_bytes = sizeof(struct rtc_state),
    .state_is_valid = rtc_state_is_valid,
    .rearm = rtc_rearm,
};

void rtc_init(struct rtc *rtc, const struct rtc_wiring *wiring, uint64_t now_ns, uint64_t wall_ns)
{
    *rtc = (struct rtc){.dev = {&rtc_ops}, .wiring = *wiring};
    timer_init(&rtc->irq_timer, rtc_irq_due, rtc);
    rtc->state.chain_base_ns = now_ns;
    rtc->state.chain_age_ns = RTC_UIP_NS + wall_ns % NS_PER_SEC;
    rtc->state.updates_done = rtc_chain_updates_ended(rtc->state.chain_age_ns);
    rtc->state.regs[RTC_A] = POWER_ON_A;
    rtc->state.regs[RTC_B] = RTC_B_24H;
    rtc->state.periods_done = rtc_chain_periods(&rtc->state, rtc->state.chain_age_ns);
    rtc_time_set(rtc->state.regs, (int64_t)(wall_ns / NS_PER_SEC));
    rtc_reset(&rtc->dev, now_ns);
}

void rtc_set_lost_ticks(struct rtc *rtc, enum lost_ticks kind)
{
    rtc->state.ticks.kind = (uint8_t)kind;
}
