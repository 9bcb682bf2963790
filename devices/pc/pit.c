/* SPDX-License-Identifier: BSD-2-Clause */
/* See pit.h. */
#include "devices/pc/pit.h"

#include <stddef.h>

#include "devices/state_check.h"

#define PORT61_WRITABLE_BITS 0x0fu
/* Out of reset: mode 3, both bytes, binary. */
#define POWER_ON_CONTROL (PIT_CONTROL_RW_BOTH | PIT_CONTROL_MODE(3u))

static struct pit *pit_of(struct device *dev)
{
    return (struct pit *)dev;
}

static uint64_t tick_at(const struct pit *pit, uint64_t now_ns)
{
    return ticks_from_ns(now_ns - pit->state.clk_zero_ns, RATE_PIT);
}

uint16_t pit_count(const struct pit *pit, uint64_t now_ns, unsigned counter)
{
    return pit_counter_count(&pit->state.counters[counter], tick_at(pit, now_ns));
}

static uint64_t deadline_ns_of(const struct pit *pit, uint64_t tick)
{
    if (tick == PIT_NEVER_TICK)
        return TIME_NEVER_NS;
    return pit->state.clk_zero_ns + ns_from_ticks(tick, RATE_PIT);
}

/* The period of counter 0. */
static uint64_t period_ns_at(const struct pit *pit, uint64_t tick)
{
    return ns_from_ticks(pit_counter_at(&pit->state.counters[0], tick).initial, RATE_PIT);
}

static enum irq_arrival raise_irq0(struct pit *pit)
{
    enum irq_arrival arrival = IRQ_ARRIVED;

    if (pit->state.irq_enabled) {
        arrival = irq_line_set(pit->wiring.irq0, true);
        irq_line_set(pit->wiring.irq0, false);
    }
    return arrival;
}

static void deliver_tick(struct pit *pit, uint64_t now_ns, uint64_t period_ns)
{
    tick_policy_sent(&pit->state.ticks, now_ns, period_ns, raise_irq0(pit));
}

/* Arms the timer for the first rise of OUT 0 after tick. */
static void arm_after(struct pit *pit, uint64_t tick)
{
    uint64_t rise_tick = PIT_NEVER_TICK;

    if (pit->state.irq_enabled)
        rise_tick = pit_counter_next_rise(&pit->state.counters[0], tick);
    timerq_arm(pit->wiring.timers, &pit->out0_timer, deadline_ns_of(pit, rise_tick));
}

static void arm_owed(struct pit *pit)
{
    timerq_arm(pit->wiring.timers, &pit->owed_timer, tick_policy_deadline_ns(&pit->state.ticks));
}

/*
 * A late host deals with all the edges that it has missed at once, and then arms the timer for the
 * next one. So a guest that asks for an interrupt in every other clock costs it one call and not a
 * million.
 */
static void pit_out0_rises(void *ctx, uint64_t deadline_ns)
{
    struct pit *pit = ctx;
    uint64_t run_now_ns = pit->wiring.timers->run_now_ns;
    uint64_t run_tick = tick_at(pit, run_now_ns);
    uint64_t period_ns = period_ns_at(pit, run_tick);
    uint64_t rises =
        1 + pit_counter_rises(&pit->state.counters[0], tick_at(pit, deadline_ns), run_tick);

    if (tick_policy_due(&pit->state.ticks, run_now_ns, period_ns, rises))
        deliver_tick(pit, run_now_ns, period_ns);
    arm_owed(pit);
    arm_after(pit, run_tick);
}

static void pit_owed_due(void *ctx, uint64_t deadline_ns)
{
    struct pit *pit = ctx;
    uint64_t run_now_ns = pit->wiring.timers->run_now_ns;
    uint64_t period_ns = period_ns_at(pit, tick_at(pit, run_now_ns));

    (void)deadline_ns;
    if (tick_policy_take(&pit->state.ticks, run_now_ns, period_ns))
        deliver_tick(pit, run_now_ns, period_ns);
    arm_owed(pit);
}

void pit_irq0_noticed(struct pit *pit, uint64_t now_ns, uint64_t eois)
{
    if (!pit->state.irq_enabled)
        return;
    tick_policy_noticed(&pit->state.ticks, now_ns, period_ns_at(pit, tick_at(pit, now_ns)), eois);
    arm_owed(pit);
}

bool pit_irq0_waits_for_notice(const struct pit *pit)
{
    return pit->state.irq_enabled && tick_policy_waits_for_notice(&pit->state.ticks);
}

void pit_forget_ticks(struct pit *pit)
{
    tick_policy_forget(&pit->state.ticks);
    arm_owed(pit);
}

/* The guest has set up counter n anew. */
static void forget_owed(struct pit *pit, unsigned n)
{
    if (n == 0)
        pit_forget_ticks(pit);
}

static uint8_t read_port61(const struct pit *pit, uint64_t tick)
{
    uint8_t value = pit->state.port61;

    if ((tick / PIT_REFRESH_TICKS & 1) != 0)
        value |= PIT_PORT61_REFRESH;
    if (pit_counter_out(&pit->state.counters[2], tick))
        value |= PIT_PORT61_OUT2;
    return value;
}

static void write_port61(struct pit *pit, uint64_t tick, uint8_t value)
{
    pit->state.port61 = value & PORT61_WRITABLE_BITS;
    pit_counter_set_gate(&pit->state.counters[2], tick, (value & PIT_PORT61_GATE2) != 0);
}

static void read_back(struct pit *pit, uint64_t tick, uint8_t command)
{
    for (unsigned n = 0; n < PIT_COUNTERS; n++) {
        if ((command & PIT_READ_BACK_COUNTER(n)) == 0)
            continue;
        if ((command & PIT_READ_BACK_NO_COUNT) == 0)
            pit_counter_latch_count(&pit->state.counters[n], tick);
        if ((command & PIT_READ_BACK_NO_STATUS) == 0)
            pit_counter_latch_status(&pit->state.counters[n], tick);
    }
}

static void write_control(struct pit *pit, uint64_t tick, uint8_t value)
{
    unsigned select = value >> 6;

    if ((value & PIT_CONTROL_READ_BACK) == PIT_CONTROL_READ_BACK)
        read_back(pit, tick, value);
    else if ((value & PIT_CONTROL_RW_MASK) == PIT_CONTROL_RW_LATCH)
        pit_counter_latch_count(&pit->state.counters[select], tick);
    else {
        pit_counter_write_control(&pit->state.counters[select], tick, value & PIT_CONTROL_BITS);
        forget_owed(pit, select);
    }
}

static uint8_t pit_read_byte(struct pit *pit, uint64_t tick, uint32_t reg)
{
    switch (reg) {
    case PIT_REG_CONTROL:
        return 0xff;
    case PIT_REG_PORT61:
        return read_port61(pit, tick);
    default:
        return pit_counter_read(&pit->state.counters[reg], tick);
    }
}

static void pit_write_byte(struct pit *pit, uint64_t tick, uint32_t reg, uint8_t value)
{
    switch (reg) {
    case PIT_REG_CONTROL:
        write_control(pit, tick, value);
        break;
    case PIT_REG_PORT61:
        write_port61(pit, tick, value);
        break;
    default:
        pit_counter_write_count(&pit->state.counters[reg], tick, value);
        forget_owed(pit, reg);
        break;
    }
}

/* Bytes of an access that reach the chip: ports 40h to 43h and port 61h are not neighbours. */
static unsigned decoded_bytes(uint32_t reg, unsigned size_bytes)
{
    uint32_t end = reg < PIT_REG_PORT61 ? PIT_REG_PORT61 : PIT_REG_COUNT;

    return reg + size_bytes <= end ? size_bytes : end - reg;
}

static uint64_t pit_read(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes)
{
    struct pit *pit = pit_of(dev);
    uint64_t tick = tick_at(pit, now_ns);
    uint64_t value = UINT64_MAX;

    for (unsigned i = 0; i < decoded_bytes(reg, size_bytes); i++) {
        value &= ~(UINT64_C(0xff) << 8 * i);
        value |= (uint64_t)pit_read_byte(pit, tick, reg + i) << 8 * i;
    }
    return value;
}

static void pit_write(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes,
                      uint64_t value)
{
    struct pit *pit = pit_of(dev);
    uint64_t tick = tick_at(pit, now_ns);
    bool out0_was_high = pit_counter_out(&pit->state.counters[0], tick);

    for (unsigned i = 0; i < decoded_bytes(reg, size_bytes); i++)
        pit_write_byte(pit, tick, reg + i, (uint8_t)(value >> 8 * i));
    if (!out0_was_high && pit_counter_out(&pit->state.counters[0], tick))
        raise_irq0(pit);
    arm_after(pit, tick);
}

static void pit_rearm(struct device *dev, uint64_t now_ns)
{
    arm_after(pit_of(dev), tick_at(pit_of(dev), now_ns));
    arm_owed(pit_of(dev));
}

void pit_set_lost_ticks(struct pit *pit, enum lost_ticks kind)
{
    pit->state.ticks.kind = (uint8_t)kind;
}

void pit_set_irq_enabled(struct pit *pit, uint64_t now_ns, bool enabled)
{
    pit->state.irq_enabled = enabled;
    tick_policy_forget(&pit->state.ticks);
    pit_rearm(&pit->dev, now_ns);
}

static void pit_reset(struct device *dev, uint64_t now_ns)
{
    struct pit *pit = pit_of(dev);

    tick_policy_forget(&pit->state.ticks);
    pit->state =
        (struct pit_state){.clk_zero_ns = now_ns, .irq_enabled = 1, .ticks = pit->state.ticks};
    for (unsigned n = 0; n < PIT_COUNTERS; n++)
        pit_counter_init(&pit->state.counters[n], POWER_ON_CONTROL, n != 2);
    pit_rearm(dev, now_ns);
}

static bool pit_state_is_valid(const struct device *dev, uint64_t now_ns, const void *saved)
{
    const struct pit_state *state = saved;
    uint64_t tick = ticks_from_ns(now_ns - state->clk_zero_ns, RATE_PIT);

    (void)dev;
    if (state->clk_zero_ns > now_ns)
        return false;
    for (unsigned n = 0; n < PIT_COUNTERS; n++) {
        uint8_t gate = n != 2 || (state->port61 & PIT_PORT61_GATE2) != 0;

        if (!pit_counter_is_valid(&state->counters[n], tick) || state->counters[n].gate != gate)
            return false;
    }
    return has_only(state->port61, PORT61_WRITABLE_BITS) && is_flag(state->irq_enabled) &&
           is_zero(state->pad, sizeof(state->pad)) && tick_policy_is_valid(&state->ticks, now_ns) &&
           (state->irq_enabled || state->ticks.owed == 0);
}

static const struct device_ops pit_ops = {
    .name = "pit",
    .read = pit_read,
    .write = pit_write,
    .reset = pit_reset,
    .state_version = 3,
    .state_offset = offsetof(struct pit, state),
    .state_size_bytes = sizeof(struct pit_state),
    .state_is_valid = pit_state_is_valid,
    .rearm = pit_rearm,
};

void pit_init(struct pit *pit, const struct pit_wiring *wiring, uint64_t now_ns)
{
    *pit = (struct pit){.dev = {&pit_ops}, .wiring = *wiring};
    timer_init(&pit->out0_timer, timer_rank(wiring->rank, 0), pit_out0_rises, pit);
    timer_init(&pit->owed_timer, timer_rank(wiring->rank, 1), pit_owed_due, pit);
    pit_reset(&pit->dev, now_ns);
}
