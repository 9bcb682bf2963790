/* SPDX-License-Identifier: BSD-2-Clause */
/* See rtc.h. */
#include "devices/pc/rtc.h"

#include <stddef.h>
#include <string.h>

#include "devices/pc/rtc_chain.h"
#include "devices/pc/rtc_irq.h"
#include "devices/pc/rtc_wall.h"
#include "devices/state_check.h"

#define POWER_ON_A      (RTC_A_DV_RUN | 6u)
#define A_WRITABLE_BITS 0x7fu

/* "When the divider reset is removed, the first update cycle begins one-half second later." */
#define RELEASE_AGE_NS (NS_PER_SEC / 2 + RTC_BEFORE_UPDATE_NS)

/* 2000-01-01. */
#define LOST_POWER_SEC 946684800

static struct rtc *rtc_of(struct device *dev)
{
    return (struct rtc *)dev;
}

/* UIP: an update has begun, and will end. */
static bool update_in_progress(const struct rtc_state *state, uint64_t now_ns)
{
    return rtc_chain_updates_run(state) &&
           rtc_chain_updates_begun(rtc_chain_age_ns(state, now_ns)) > state->updates_done;
}

/*
 * While the line is high nothing changes it but the guest. But a guest that counts ticks reads C
 * soon after each, and the next one is armed for before that: then the read arms nothing, and
 * nobody is woken to wait for it.
 */
static bool waits_for_time(const struct rtc_state *state)
{
    return state->irq_enabled &&
           (!rtc_irq_is_high(state) || (rtc_irq_counts_ticks(state) && state->ticks.owed == 0));
}

static void arm(struct rtc *rtc, bool for_irq8)
{
    timerq_arm(rtc->wiring.timers, &rtc->irq_timer,
               for_irq8 ? rtc_irq_next_ns(&rtc->state) : rtc_irq_alarm_ns(&rtc->state));
}

static void rtc_update(struct rtc *rtc)
{
    irq_line_set(rtc->wiring.irq8, rtc->state.irq_enabled && rtc_irq_is_high(&rtc->state));
    irq_line_set(rtc->wiring.alarm, rtc_irq_alarm_is_high(&rtc->state));
    arm(rtc, waits_for_time(&rtc->state));
}

static void rtc_rearm(struct device *dev, uint64_t now_ns)
{
    rtc_irq_settle(&rtc_of(dev)->state, now_ns);
    rtc_update(rtc_of(dev));
}

void rtc_forget_ticks(struct rtc *rtc, uint64_t now_ns)
{
    rtc_irq_settle(&rtc->state, now_ns);
    tick_policy_forget(&rtc->state.ticks);
    rtc_rearm(&rtc->dev, now_ns);
}

void rtc_set_irq_enabled(struct rtc *rtc, uint64_t now_ns, bool enabled)
{
    rtc_irq_settle(&rtc->state, now_ns);
    rtc->state.irq_enabled = enabled;
    rtc_forget_ticks(rtc, now_ns);
}

static void rtc_irq_due(void *ctx, uint64_t deadline_ns)
{
    struct rtc *rtc = ctx;
    bool was_high = rtc_irq_is_high(&rtc->state);

    rtc_rearm(&rtc->dev, deadline_ns);
    /* The guest has not read C for a whole period, and may never do so. */
    if (was_high)
        arm(rtc, false);
}

bool rtc_wall_ns(const struct rtc *rtc, uint64_t now_ns, int64_t *wall_ns)
{
    struct rtc_state state = rtc->state;

    rtc_irq_settle(&state, now_ns);
    return rtc_wall_shown_ns(&state, now_ns, wall_ns);
}

void rtc_set_wall(struct rtc *rtc, uint64_t now_ns, int64_t wall_ns)
{
    int64_t old_wall_ns;

    rtc_irq_settle(&rtc->state, now_ns);
    if (!rtc_wall_shown_ns(&rtc->state, now_ns, &old_wall_ns))
        return;
    rtc_wall_shift(&rtc->state, now_ns, wall_ns - old_wall_ns);
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

void rtc_lose_power(struct rtc *rtc, uint64_t now_ns)
{
    static const uint8_t nothing[RTC_NVRAM_BYTES];
    uint8_t *regs = rtc->state.regs;

    rtc_irq_settle(&rtc->state, now_ns);
    rtc_set_nvram(rtc, nothing);
    rtc_time_set(regs, LOST_POWER_SEC);
    regs[RTC_SECOND_ALARM] = regs[RTC_MINUTE_ALARM] = regs[RTC_HOUR_ALARM] = 0;
    rtc->state.lost_power = 1;
    rtc_update(rtc);
}

static uint8_t read_c(struct rtc *rtc, uint64_t now_ns)
{
    uint8_t flags = rtc->state.regs[RTC_C];

    if (rtc_irq_is_high(&rtc->state))
        flags |= RTC_C_IRQF;
    rtc->state.regs[RTC_C] = 0;
    rtc_update(rtc);
    if ((flags & RTC_C_PF) != 0 && rtc_irq_counts_ticks(&rtc->state)) {
        rtc_irq_acknowledged(&rtc->state, now_ns);
        rtc_rearm(&rtc->dev, now_ns);
    }
    return flags;
}

/* The read itself says that the time and the memory are valid from now on. */
static uint8_t read_d(struct rtc_state *state)
{
    uint8_t value = state->lost_power ? 0 : RTC_D_VRT;

    state->lost_power = 0;
    return value;
}

static uint8_t read_data(struct rtc *rtc, uint64_t now_ns)
{
    struct rtc_state *state = &rtc->state;

    rtc_irq_settle(state, now_ns);
    switch (state->index) {
    case RTC_A:
        return state->regs[RTC_A] | (update_in_progress(state, now_ns) ? RTC_A_UIP : 0);
    case RTC_C:
        return read_c(rtc, now_ns);
    case RTC_D:
        return read_d(state);
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
    bool was_set_mode = rtc_is_set_mode(state);

    state->regs[RTC_B] = value;
    if (!rtc_irq_counts_ticks(state))
        tick_policy_forget(&state->ticks);
    if (rtc_is_set_mode(state))
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
    bool was_running = rtc_chain_updates_run(state);

    rtc_irq_settle(state, now_ns);
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
    if (rtc->wiring.date_set != NULL && rtc_chain_updates_run(state) &&
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

    rtc_irq_settle(&rtc->state, now_ns);
    rtc->state.regs[RTC_B] &= (uint8_t) ~(RTC_IRQ_BITS | RTC_B_SQWE);
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
           !(rtc_is_set_mode(state) && (state->regs[RTC_B] & RTC_B_UIE) != 0) &&
           has_only(state->regs[RTC_C], RTC_IRQ_BITS) && state->regs[RTC_D] == 0 &&
           state->regs[RTC_CENTURY_PS2] == 0 && state->index < RTC_REGISTERS &&
           state->index != RTC_CENTURY_PS2 && is_flag(state->irq_enabled) &&
           is_flag(state->lost_power) && is_zero(state->pad, sizeof(state->pad)) &&
           tick_policy_is_valid(&state->ticks, now_ns) &&
           (rtc_irq_counts_ticks(state) || state->ticks.owed == 0);
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
    timer_init(&rtc->irq_timer, timer_rank(wiring->rank, 0), rtc_irq_due, rtc);
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
