/* SPDX-License-Identifier: BSD-2-Clause */
/* See hpet.h. */
#include "devices/pc/hpet.h"

#include <stddef.h>
#include <string.h>

#include "devices/pc/hpet_irq.h"
#include "devices/state_check.h"

#define CONFIG_WRITABLE_BITS (HPET_CONFIG_ENABLE | HPET_CONFIG_LEG_RT)
#define FIRST_TIMER_REG      HPET_REG_TIMER_CONFIG(0)
#define TIMER_REG_BYTES      0x20

static struct hpet *hpet_of(struct device *dev)
{
    return (struct hpet *)dev;
}

struct hpet_counter hpet_counter(const struct hpet *hpet)
{
    return (struct hpet_counter){hpet->state.counter, hpet->state.start_ns, hpet_is_enabled(hpet)};
}

static uint64_t ticks_at(const struct hpet *hpet, uint64_t now_ns)
{
    const struct hpet_counter counter = hpet_counter(hpet);

    return hpet_counter_ticks(&counter, now_ns);
}

static uint64_t counter_at(const struct hpet *hpet, uint64_t now_ns)
{
    return hpet->state.counter + ticks_at(hpet, now_ns);
}

/* The period of a timer. For one that is not periodic it is a wrap of 32 bits. */
static uint64_t tick_period_ns(const struct hpet_timer_state *timer)
{
    bool short_period = (timer->config & HPET_TIMER_PERIODIC) != 0 && timer->period < UINT32_MAX;

    return ns_from_ticks(short_period ? timer->period : UINT32_MAX, RATE_HPET);
}

/* A match while INT_STATUS waits to be cleared is a lost tick. */
static void matches_in_level_mode(struct hpet *hpet, unsigned n, uint64_t matches)
{
    bool sets_status = (hpet->state.int_status & 1u << n) == 0;

    if (hpet_reaches_guest(hpet, n))
        tick_policy_lose(&hpet->state.ticks[n], matches - sets_status);
    hpet->state.int_status |= 1u << n;
}

static void deliver_edge(struct hpet *hpet, unsigned n, uint64_t now_ns)
{
    tick_policy_sent(&hpet->state.ticks[n], now_ns, tick_period_ns(&hpet->state.timers[n]),
                     hpet_interrupt_by_edge(hpet, n));
}

static void matches_in_edge_mode(struct hpet *hpet, unsigned n, uint64_t now_ns, uint64_t matches)
{
    if (hpet_reaches_guest(hpet, n) &&
        tick_policy_due(&hpet->state.ticks[n], now_ns, tick_period_ns(&hpet->state.timers[n]),
                        matches))
        deliver_edge(hpet, n, now_ns);
}

/*
 * Deals with the matches of all timers while the counter goes on by `elapsed` ticks. Of those of
 * one timer at most so many count.
 */
static void pass_comparators(struct hpet *hpet, uint64_t now_ns, uint64_t counter, uint64_t elapsed,
                             uint64_t most)
{
    for (unsigned n = 0; n < hpet->wiring.timer_count; n++) {
        struct hpet_timer_state *timer = &hpet->state.timers[n];
        uint64_t matches = hpet_timer_advance(timer, counter, elapsed);

        matches = matches < most ? matches : most;
        if (matches != 0 && (timer->config & HPET_TIMER_LEVEL) != 0)
            matches_in_level_mode(hpet, n, matches);
        else if (matches != 0)
            matches_in_edge_mode(hpet, n, now_ns, matches);
    }
}

/* Deals with the matches of all timers up to now_ns. */
static void hpet_advance(struct hpet *hpet, uint64_t now_ns)
{
    uint64_t counter = hpet->state.counter + hpet->state.done_ticks;
    uint64_t elapsed = ticks_at(hpet, now_ns) - hpet->state.done_ticks;

    hpet->state.done_ticks += elapsed;
    pass_comparators(hpet, now_ns, counter, elapsed, UINT64_MAX);
}

/* Guest time of timer n's next match, or TIME_NEVER_NS if that would not interrupt. */
static uint64_t match_deadline_ns(const struct hpet *hpet, unsigned n)
{
    const struct hpet_state *state = &hpet->state;
    uint64_t distance =
        hpet_timer_distance_less_1(&state->timers[n], state->counter + state->done_ticks);
    uint64_t delta_ns;

    if (!hpet_reaches_guest(hpet, n) || (state->int_status & 1u << n) != 0 ||
        distance >= UINT64_MAX - state->done_ticks)
        return TIME_NEVER_NS;
    delta_ns = ns_from_ticks(state->done_ticks + distance + 1, RATE_HPET);
    return delta_ns < TIME_NEVER_NS - state->start_ns ? state->start_ns + delta_ns : TIME_NEVER_NS;
}

/* Whether an owed tick of timer n can be delivered now. */
static bool can_take_tick(const struct hpet *hpet, unsigned n)
{
    return hpet_reaches_guest(hpet, n) && (hpet->state.int_status & 1u << n) == 0;
}

/* Drives the lines and arms for the next match that would interrupt, and the next that is owed. */
static void hpet_update(struct hpet *hpet)
{
    uint64_t match_ns = TIME_NEVER_NS;
    uint64_t owed_ns = TIME_NEVER_NS;

    hpet_drive_lines(hpet);
    for (unsigned n = 0; n < hpet->wiring.timer_count; n++) {
        match_ns = timerq_earlier(match_ns, match_deadline_ns(hpet, n));
        if (can_take_tick(hpet, n))
            owed_ns = timerq_earlier(owed_ns, tick_policy_deadline_ns(&hpet->state.ticks[n]));
    }
    timerq_arm(hpet->wiring.timers, &hpet->match_timer, match_ns);
    timerq_arm(hpet->wiring.timers, &hpet->owed_timer, owed_ns);
}

static void interrupt(struct hpet *hpet, unsigned n, uint64_t now_ns)
{
    if ((hpet->state.timers[n].config & HPET_TIMER_LEVEL) != 0)
        hpet->state.int_status |= 1u << n;
    else
        deliver_edge(hpet, n, now_ns);
}

/* Delivers at most one owed tick of each timer: the next one is not due before some time later. */
static void hpet_owed_due(void *ctx, uint64_t deadline_ns)
{
    struct hpet *hpet = ctx;
    uint64_t run_now_ns = hpet->wiring.timers->run_now_ns;

    (void)deadline_ns;
    for (unsigned n = 0; n < hpet->wiring.timer_count; n++)
        if (can_take_tick(hpet, n) && tick_policy_take(&hpet->state.ticks[n], run_now_ns,
                                                       tick_period_ns(&hpet->state.timers[n])))
            interrupt(hpet, n, run_now_ns);
    hpet_update(hpet);
}

void hpet_line_noticed(struct hpet *hpet, uint64_t now_ns, const struct irq_line *line,
                       uint64_t eois)
{
    /* They are of edges that were sent: matches are dealt with after the EOIs of all lines. */
    for (unsigned n = 0; n < hpet->wiring.timer_count; n++)
        if (hpet_sends_edges_by(hpet, n, line))
            tick_policy_noticed(&hpet->state.ticks[n], now_ns,
                                tick_period_ns(&hpet->state.timers[n]), eois);
    hpet_update(hpet);
}

bool hpet_line_waits_for_notice(const struct hpet *hpet, const struct irq_line *line)
{
    for (unsigned n = 0; n < hpet->wiring.timer_count; n++)
        if (hpet_sends_edges_by(hpet, n, line) &&
            tick_policy_waits_for_notice(&hpet->state.ticks[n]))
            return true;
    return false;
}

void hpet_step(struct hpet *hpet, uint64_t now_ns, int64_t ticks)
{
    hpet_advance(hpet, now_ns);
    if (ticks > 0 && hpet_is_enabled(hpet))
        pass_comparators(hpet, now_ns, counter_at(hpet, now_ns), (uint64_t)ticks, 1);
    hpet->state.counter += (uint64_t)ticks;
    hpet_update(hpet);
}

static void forget_owed(struct hpet *hpet)
{
    for (unsigned n = 0; n < HPET_MAX_TIMERS; n++)
        tick_policy_forget(&hpet->state.ticks[n]);
}

void hpet_forget_ticks(struct hpet *hpet, uint64_t now_ns)
{
    hpet_advance(hpet, now_ns);
    forget_owed(hpet);
    hpet_update(hpet);
}

/* If it is late it deals with all matches up to the run's now at once, of any period. */
static void hpet_match(void *ctx, uint64_t deadline_ns)
{
    struct hpet *hpet = ctx;
    uint64_t run_now_ns = hpet->wiring.timers->run_now_ns;

    hpet_advance(hpet, run_now_ns > deadline_ns ? run_now_ns : deadline_ns);
    hpet_update(hpet);
}

static uint64_t read_timer(const struct hpet *hpet, unsigned n, uint32_t timer_reg)
{
    const struct hpet_timer_state *timer = &hpet->state.timers[n];

    switch (timer_reg) {
    case HPET_REG_TIMER_CONFIG(0):
        return hpet_timer_read_config(timer);
    case HPET_REG_TIMER_COMPARATOR(0):
        return timer->comparator;
    case HPET_REG_TIMER_FSB(0):
        return timer->fsb_route;
    default:
        return 0;
    }
}

static uint64_t read_register(struct hpet *hpet, uint64_t now_ns, uint32_t reg)
{
    uint32_t n = (reg - FIRST_TIMER_REG) / TIMER_REG_BYTES;

    switch (reg) {
    case HPET_REG_CAP_ID:
        return HPET_PERIOD_FS << 32 | HPET_CAP_ID_LOW(hpet->wiring.timer_count);
    case HPET_REG_CONFIG:
        return hpet->state.config;
    case HPET_REG_INT_STATUS:
        hpet_advance(hpet, now_ns);
        return hpet->state.int_status;
    case HPET_REG_COUNTER:
        return counter_at(hpet, now_ns);
    }
    if (reg < FIRST_TIMER_REG || n >= hpet->wiring.timer_count)
        return 0;
    hpet_advance(hpet, now_ns);
    return read_timer(hpet, n, reg - n * TIMER_REG_BYTES);
}

/* Starts or halts the counter, and begins or ends legacy replacement. */
static void set_config(struct hpet *hpet, uint64_t now_ns, uint32_t config)
{
    bool was_legacy = hpet_legacy_active(hpet);
    bool was_enabled = hpet_is_enabled(hpet);

    forget_owed(hpet);
    if (was_enabled && (config & HPET_CONFIG_ENABLE) == 0) {
        hpet->state.counter = counter_at(hpet, now_ns);
        hpet->state.done_ticks = 0;
    }
    if (!was_enabled)
        hpet->state.start_ns = now_ns;
    hpet->state.config = config;
    if (!was_legacy && hpet_legacy_active(hpet))
        hpet->wiring.legacy(hpet->wiring.ctx, now_ns, true);
    hpet_drive_lines(hpet);
    if (was_legacy && !hpet_legacy_active(hpet))
        hpet->wiring.legacy(hpet->wiring.ctx, now_ns, false);
}

static void write_int_status(struct hpet *hpet, uint64_t now_ns, uint32_t written)
{
    uint32_t cleared = hpet->state.int_status & written;

    hpet->state.int_status &= ~written;
    for (unsigned n = 0; n < hpet->wiring.timer_count; n++)
        if ((cleared & 1u << n) != 0)
            tick_policy_acknowledged(&hpet->state.ticks[n], now_ns,
                                     tick_period_ns(&hpet->state.timers[n]));
}

static void write_timer_config(struct hpet *hpet, unsigned n, uint32_t written)
{
    hpet_timer_write_config(&hpet->state.timers[n], written);
    tick_policy_forget(&hpet->state.ticks[n]);
    if ((written & HPET_TIMER_LEVEL) == 0)
        hpet->state.int_status &= ~(1u << n);
}

static void write_timer(struct hpet *hpet, uint32_t reg, uint64_t written, uint64_t mask)
{
    uint32_t n = (reg - FIRST_TIMER_REG) / TIMER_REG_BYTES;

    if (reg < FIRST_TIMER_REG || n >= hpet->wiring.timer_count)
        return;
    switch (reg - n * TIMER_REG_BYTES) {
    case HPET_REG_TIMER_CONFIG(0):
        if ((mask & UINT32_MAX) != 0)
            write_timer_config(hpet, n, (uint32_t)written);
        break;
    case HPET_REG_TIMER_COMPARATOR(0):
        hpet_timer_write_comparator(&hpet->state.timers[n], written, mask);
        tick_policy_forget(&hpet->state.ticks[n]);
        break;
    case HPET_REG_TIMER_FSB(0):
        hpet->state.timers[n].fsb_route =
            hpet_merge(hpet->state.timers[n].fsb_route, written, mask);
        break;
    }
}

/* Write of those bits of an 8-byte register that mask has. */
static void write_register(struct hpet *hpet, uint64_t now_ns, uint32_t reg, uint64_t written,
                           uint64_t mask)
{
    switch (reg) {
    case HPET_REG_CONFIG:
        if ((mask & UINT32_MAX) != 0)
            set_config(hpet, now_ns, (uint32_t)written & CONFIG_WRITABLE_BITS);
        break;
    case HPET_REG_INT_STATUS:
        write_int_status(hpet, now_ns, (uint32_t)written);
        break;
    case HPET_REG_COUNTER:
        if (!hpet_is_enabled(hpet))
            hpet->state.counter = hpet_merge(hpet->state.counter, written, mask);
        break;
    default:
        write_timer(hpet, reg, written, mask);
        break;
    }
}

static uint64_t hpet_read(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes)
{
    if (!hpet_decodes(reg, size_bytes))
        return UINT64_MAX;
    return read_register(hpet_of(dev), now_ns, reg & ~7u) >> 8 * (reg & 7);
}

static void hpet_write(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes,
                       uint64_t value)
{
    struct hpet *hpet = hpet_of(dev);
    unsigned shift = 8 * (reg & 7);
    uint64_t mask = size_bytes == 8 ? UINT64_MAX : (uint64_t)UINT32_MAX << shift;

    if (!hpet_decodes(reg, size_bytes))
        return;
    hpet_advance(hpet, now_ns);
    write_register(hpet, now_ns, reg & ~7u, value << shift, mask);
    hpet_update(hpet);
}

static void hpet_reset(struct device *dev, uint64_t now_ns)
{
    struct hpet *hpet = hpet_of(dev);

    set_config(hpet, now_ns, 0);
    memset(&hpet->state, 0, offsetof(struct hpet_state, ticks));
    hpet->state.start_ns = now_ns;
    for (unsigned n = 0; n < HPET_MAX_TIMERS; n++)
        hpet_timer_reset(&hpet->state.timers[n]);
    hpet_update(hpet);
}

static bool ticks_are_valid(const struct hpet *hpet, uint64_t now_ns)
{
    for (unsigned n = 0; n < HPET_MAX_TIMERS; n++) {
        const struct tick_policy *ticks = &hpet->state.ticks[n];

        if (!tick_policy_is_valid(ticks, now_ns) ||
            (n >= hpet->wiring.timer_count && (ticks->owed != 0 || ticks->dropped != 0)))
            return false;
    }
    return true;
}

static bool timers_are_valid(const struct hpet *hpet)
{
    const struct hpet_state *state = &hpet->state;

    for (unsigned n = 0; n < HPET_MAX_TIMERS; n++) {
        const struct hpet_timer_state *timer = &state->timers[n];

        if (n >= hpet->wiring.timer_count ? !hpet_timer_is_reset(timer)
                                          : !hpet_timer_is_valid(timer))
            return false;
        if ((state->int_status & 1u << n) != 0 && (timer->config & HPET_TIMER_LEVEL) == 0)
            return false;
    }
    return true;
}

static bool hpet_state_is_valid(const struct device *dev, uint64_t now_ns, const void *saved)
{
    const struct hpet_state *state = saved;
    struct hpet loaded = {.state = *state, .wiring = ((const struct hpet *)dev)->wiring};

    return has_only(state->config, CONFIG_WRITABLE_BITS) && state->start_ns <= now_ns &&
           state->done_ticks <= ticks_at(&loaded, now_ns) && timers_are_valid(&loaded) &&
           ticks_are_valid(&loaded, now_ns);
}

static void hpet_rearm(struct device *dev, uint64_t now_ns)
{
    (void)now_ns;
    hpet_update(hpet_of(dev));
}

static const struct device_ops hpet_ops = {
    .name = "hpet",
    .read = hpet_read,
    .write = hpet_write,
    .reset = hpet_reset,
    .state_version = 5,
    .state_offset = offsetof(struct hpet, state),
    .state_size_bytes = sizeof(struct hpet_state),
    .state_is_valid = hpet_state_is_valid,
    .rearm = hpet_rearm,
};

void hpet_init(struct hpet *hpet, const struct hpet_wiring *wiring, uint64_t now_ns)
{
    assert(wiring->timer_count >= HPET_MIN_TIMERS && wiring->timer_count <= HPET_MAX_TIMERS);
    *hpet = (struct hpet){.dev = {&hpet_ops}, .wiring = *wiring};
    timer_init(&hpet->match_timer, timer_rank(wiring->rank, 0), hpet_match, hpet);
    timer_init(&hpet->owed_timer, timer_rank(wiring->rank, 1), hpet_owed_due, hpet);
    hpet_reset(&hpet->dev, now_ns);
}

void hpet_set_lost_ticks(struct hpet *hpet, enum lost_ticks kind)
{
    for (unsigned n = 0; n < HPET_MAX_TIMERS; n++)
        hpet->state.ticks[n].kind = (uint8_t)kind;
}

struct tick_counts hpet_lost_ticks(const struct hpet *hpet)
{
    struct tick_counts counts = {0};

    for (unsigned n = 0; n < hpet->wiring.timer_count; n++)
        tick_policy_count(&hpet->state.ticks[n], &counts);
    return counts;
}
