/* SPDX-License-Identifier: BSD-2-Clause */
/* See hpet_timer.h. */
#include "devices/pc/hpet_timer.h"

#include "devices/state_check.h"

#define WRITABLE_BITS                                                                              \
    (HPET_TIMER_LEVEL | HPET_TIMER_INT_ENB | HPET_TIMER_PERIODIC | HPET_TIMER_VAL_SET |            \
     HPET_TIMER_32MODE | HPET_TIMER_FSB_EN)
#define ROUTE_CAP (((UINT64_C(1) << HPET_ROUTE_COUNT) - 1) << HPET_FIRST_ROUTE)
#define CAP_BITS                                                                                   \
    (ROUTE_CAP << 32 | HPET_TIMER_FSB_CAP | HPET_TIMER_PERIODIC_CAP | HPET_TIMER_SIZE_CAP)
#define CONFIG_ROUTE(cfg) (((cfg)&HPET_TIMER_ROUTE_MASK) >> HPET_TIMER_ROUTE_SHIFT)

/* The bits of counter and comparator that a timer compares. */
static uint64_t width_mask(const struct hpet_timer_state *timer)
{
    return (timer->config & HPET_TIMER_32MODE) != 0 ? UINT32_MAX : UINT64_MAX;
}

void hpet_timer_reset(struct hpet_timer_state *timer)
{
    *timer = (struct hpet_timer_state){.comparator = UINT64_MAX};
}

/* Only then is there something for VAL_SET to do after a half. */
static bool has_two_halves_to_set(uint32_t config)
{
    return (config & (HPET_TIMER_PERIODIC | HPET_TIMER_32MODE)) == HPET_TIMER_PERIODIC;
}

/* The halves of a register that these of its bits are in. */
static uint32_t halves_of(uint64_t mask)
{
    return ((mask & UINT32_MAX) != 0 ? HPET_HALF_LOW : 0) | (mask >> 32 != 0 ? HPET_HALF_HIGH : 0);
}

static bool route_can_be_taken(uint32_t config)
{
    return (ROUTE_CAP >> CONFIG_ROUTE(config) & 1) != 0;
}

bool hpet_timer_is_valid(const struct hpet_timer_state *timer)
{
    bool routed = (timer->config & HPET_TIMER_ROUTE_MASK) != 0;

    return has_only(timer->config, WRITABLE_BITS | HPET_TIMER_ROUTE_MASK) &&
           (!routed || route_can_be_taken(timer->config)) &&
           has_only(timer->comparator | timer->period, width_mask(timer)) &&
           (timer->val_set_half == 0 ||
            (timer->val_set_half <= HPET_HALF_HIGH && has_two_halves_to_set(timer->config)));
}

bool hpet_timer_is_reset(const struct hpet_timer_state *timer)
{
    return timer->comparator == UINT64_MAX && timer->period == 0 && timer->fsb_route == 0 &&
           timer->config == 0 && timer->val_set_half == 0;
}

uint64_t hpet_timer_distance_less_1(const struct hpet_timer_state *timer, uint64_t counter)
{
    return (timer->comparator - counter - 1) & width_mask(timer);
}

uint64_t hpet_timer_advance(struct hpet_timer_state *timer, uint64_t counter, uint64_t elapsed)
{
    uint64_t mask = width_mask(timer);
    uint64_t period = (timer->config & HPET_TIMER_PERIODIC) != 0 ? timer->period : 0;
    uint64_t matches = 1;

    if (elapsed <= hpet_timer_distance_less_1(timer, counter))
        return 0;
    elapsed -= hpet_timer_distance_less_1(timer, counter) + 1;
    /* A comparator that stays, one-shot or with period 0, matches once in each wrap. */
    if (period != 0)
        matches += elapsed / period;
    else if (mask != UINT64_MAX)
        matches += elapsed / (mask + 1);
    timer->comparator = (timer->comparator + matches * period) & mask;
    return matches;
}

unsigned hpet_timer_route(const struct hpet_timer_state *timer)
{
    return CONFIG_ROUTE(timer->config);
}

bool hpet_timer_sends_messages(const struct hpet_timer_state *timer)
{
    return (timer->config & (HPET_TIMER_FSB_EN | HPET_TIMER_LEVEL)) == HPET_TIMER_FSB_EN;
}

uint64_t hpet_timer_read_config(const struct hpet_timer_state *timer)
{
    return CAP_BITS | (timer->config & ~HPET_TIMER_VAL_SET);
}

void hpet_timer_write_config(struct hpet_timer_state *timer, uint32_t written)
{
    uint32_t route_bits = timer->config & HPET_TIMER_ROUTE_MASK;

    if (route_can_be_taken(written))
        route_bits = written & HPET_TIMER_ROUTE_MASK;
    timer->config = (written & WRITABLE_BITS) | route_bits;
    timer->comparator &= width_mask(timer);
    timer->period &= width_mask(timer);
    if ((written & HPET_TIMER_VAL_SET) == 0 || !has_two_halves_to_set(written))
        timer->val_set_half = 0;
}

/* Periodic mode adds "the last value written" to the register, the one with VAL_SET included. */
void hpet_timer_write_comparator(struct hpet_timer_state *timer, uint64_t written, uint64_t mask)
{
    uint64_t width = width_mask(timer);
    uint32_t halves = halves_of(mask & width);
    bool periodic = (timer->config & HPET_TIMER_PERIODIC) != 0;
    bool val_set = (timer->config & HPET_TIMER_VAL_SET) != 0;

    if (halves == 0)
        return;
    if (!periodic || val_set || halves == timer->val_set_half)
        timer->comparator = hpet_merge(timer->comparator, written, mask) & width;
    timer->period = hpet_merge(timer->period, written, mask) & width;
    timer->config &= ~HPET_TIMER_VAL_SET;
    timer->val_set_half =
        periodic && val_set && halves != timer->val_set_half ? halves_of(width) & ~halves : 0;
}
