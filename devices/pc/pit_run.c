/* SPDX-License-Identifier: BSD-2-Clause */
/* See pit_run.h. */
#include "devices/pc/pit_run.h"

#include "devices/pc/pit_modes.h"

static uint32_t modulus_of(const struct pit_counter *c)
{
    return (c->control & PIT_CONTROL_BCD) != 0 ? 10000 : 65536;
}

/* The clocks that a count stands for: a count of 0 is the largest. */
static uint32_t clocks_from_count(const struct pit_counter *c, uint16_t count)
{
    uint32_t clocks = count;

    if ((c->control & PIT_CONTROL_BCD) != 0)
        clocks = (count >> 12) * 1000u + (count >> 8 & 15) * 100u + (count >> 4 & 15) * 10u +
                 (count & 15);
    return clocks != 0 ? clocks : modulus_of(c);
}

static uint16_t count_from_clocks(const struct pit_counter *c, uint32_t clocks)
{
    uint32_t n = clocks % modulus_of(c);

    if ((c->control & PIT_CONTROL_BCD) == 0)
        return (uint16_t)n;
    return (uint16_t)(n / 1000 << 12 | n / 100 % 10 << 8 | n / 10 % 10 << 4 | n % 10);
}

uint64_t pit_run_elapsed(const struct pit_counter *c, uint64_t tick)
{
    return c->halted ? c->counted : c->counted + (tick - c->base_tick);
}

/* Mode 3: clocks for which OUT is high in each period of `clocks`. */
static uint32_t high_half(uint32_t clocks)
{
    return (clocks + 1) / 2;
}

/*
 * Mode 3: where a run starts that is loaded when the run before it had counted `elapsed` clocks. A
 * count written while counting is loaded at the end of a half cycle; after the high half the new
 * run goes on with its low half.
 */
static uint64_t square_wave_start(const struct pit_counter *c, uint64_t elapsed, uint32_t clocks)
{
    if (!c->running || c->halted || elapsed % c->initial != high_half(c->initial))
        return 0;
    return high_half(clocks);
}

void pit_run_load(struct pit_counter *c)
{
    uint32_t clocks = clocks_from_count(c, c->count_register);
    uint64_t elapsed = pit_run_elapsed(c, c->load_tick);

    c->counted = pit_mode_of(c) == 3 ? square_wave_start(c, elapsed, clocks) : 0;
    c->initial = clocks;
    c->base_tick = c->load_tick;
    c->load_tick = PIT_NEVER_TICK;
    c->running = 1;
    c->halted = pit_mode_is_gated_by_level(c) && !c->gate;
    c->strobe_done = 0;
    c->null_count = 0;
}

void pit_run_settle(struct pit_counter *c, uint64_t tick)
{
    if (c->load_tick <= tick)
        pit_run_load(c);
    if (c->halted && c->counted == c->initial && tick > c->base_tick)
        c->strobe_done = 1;
}

bool pit_run_out(const struct pit_counter *c, uint64_t tick)
{
    uint64_t elapsed = pit_run_elapsed(c, tick);

    if (!c->running)
        return pit_mode_of(c) != 0;
    switch (pit_mode_of(c)) {
    case 0:
    case 1:
        return elapsed >= c->initial;
    case 2:
        return c->halted || c->initial < 2 || elapsed % c->initial != c->initial - 1;
    case 3:
        return c->halted || elapsed % c->initial < high_half(c->initial);
    default:
        return elapsed != c->initial || c->strobe_done;
    }
}

/* Mode 3 counts by two, from an even number, in each half. */
static uint32_t square_wave_clocks(const struct pit_counter *c, uint64_t elapsed)
{
    uint32_t position = (uint32_t)(elapsed % c->initial);
    uint32_t half = high_half(c->initial);

    return (c->initial & ~1u) - 2 * (position < half ? position : position - half);
}

uint16_t pit_run_count(const struct pit_counter *c, uint64_t tick)
{
    uint64_t elapsed = pit_run_elapsed(c, tick);
    uint32_t modulus = modulus_of(c);

    if (!c->running)
        return c->element;
    switch (pit_mode_of(c)) {
    case 2:
        return count_from_clocks(c, c->initial - (uint32_t)(elapsed % c->initial));
    case 3:
        return count_from_clocks(c, square_wave_clocks(c, elapsed));
    default:
        /* Past 0 the element wraps to FFFFh or 9999 and goes on. */
        return count_from_clocks(c, c->initial + modulus - (uint32_t)(elapsed % modulus));
    }
}

void pit_run_stop(struct pit_counter *c, uint64_t tick)
{
    c->element = pit_run_count(c, tick);
    c->running = 0;
    c->halted = 0;
    c->load_tick = PIT_NEVER_TICK;
}

uint64_t pit_run_period_end_tick(const struct pit_counter *c, uint64_t tick)
{
    uint32_t position = (uint32_t)(pit_run_elapsed(c, tick) % c->initial);
    uint32_t half = high_half(c->initial);

    if (pit_mode_of(c) == 3 && position < half)
        return tick + half - position;
    return tick + c->initial - position;
}

uint64_t pit_run_next_rise(const struct pit_counter *c, uint64_t tick)
{
    uint64_t elapsed = pit_run_elapsed(c, tick);
    /* Modes 4 and 5: OUT rises one clock after it fell at 0. */
    uint64_t last = pit_mode_of(c) >= 4 ? c->initial + UINT64_C(1) : c->initial;

    if (!c->running || c->halted || c->strobe_done)
        return PIT_NEVER_TICK;
    if (pit_mode_is_periodic(c))
        return c->initial < 2 ? PIT_NEVER_TICK : tick + c->initial - elapsed % c->initial;
    /* Mode 1: a trigger for the very pulse that ends the run keeps OUT low. */
    if (elapsed >= last || (pit_mode_of(c) == 1 && tick + last - elapsed == c->load_tick))
        return PIT_NEVER_TICK;
    return tick + last - elapsed;
}

uint64_t pit_run_rises(const struct pit_counter *c, uint64_t from_tick, uint64_t to_tick)
{
    if (pit_run_next_rise(c, from_tick) > to_tick)
        return 0;
    if (!pit_mode_is_periodic(c))
        return 1;
    return pit_run_elapsed(c, to_tick) / c->initial - pit_run_elapsed(c, from_tick) / c->initial;
}
