/* SPDX-License-Identifier: BSD-2-Clause */
/* See pit_counter.h. */
#include "devices/pc/pit_counter.h"

#include "devices/state_check.h"

#define CONTROL_MODE(control) (((control) >> 1) & 7)
/* The clocks of the largest count. */
#define MAX_CLOCKS 65536

/* Modes 6 and 7 are 2 and 3: the high bit of those two is not decoded. */
static unsigned mode_of(const struct pit_counter *c)
{
    unsigned mode = CONTROL_MODE(c->control);

    return mode >= 6 ? mode - 4 : mode;
}

static bool is_periodic(const struct pit_counter *c)
{
    return mode_of(c) == 2 || mode_of(c) == 3;
}

/* Modes 1 and 5 wait for a trigger; the others start with a count. */
static bool is_started_by_count(const struct pit_counter *c)
{
    return mode_of(c) != 1 && mode_of(c) != 5;
}

/* The modes whose counting element stands while GATE is low are the same. */
static bool is_gated_by_level(const struct pit_counter *c)
{
    return is_started_by_count(c);
}

/* Modes in which a rising edge of GATE loads the counting element. */
static bool is_triggered_by_gate(const struct pit_counter *c)
{
    return mode_of(c) != 0 && mode_of(c) != 4;
}

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

/* Clocks that the run has counted. */
static uint64_t elapsed_at(const struct pit_counter *c, uint64_t tick)
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

static void load(struct pit_counter *c)
{
    uint32_t clocks = clocks_from_count(c, c->count_register);
    uint64_t elapsed = elapsed_at(c, c->load_tick);

    c->counted = mode_of(c) == 3 ? square_wave_start(c, elapsed, clocks) : 0;
    c->initial = clocks;
    c->base_tick = c->load_tick;
    c->load_tick = PIT_NEVER_TICK;
    c->running = 1;
    c->halted = is_gated_by_level(c) && !c->gate;
    c->strobe_done = 0;
    c->null_count = 0;
}

static void settle(struct pit_counter *c, uint64_t tick)
{
    if (c->load_tick <= tick)
        load(c);
    if (c->halted && c->counted == c->initial && tick > c->base_tick)
        c->strobe_done = 1;
}

struct pit_counter pit_counter_at(const struct pit_counter *counter, uint64_t tick)
{
    struct pit_counter settled = *counter;

    settle(&settled, tick);
    return settled;
}

void pit_counter_init(struct pit_counter *counter, uint8_t control, bool gate)
{
    *counter = (struct pit_counter){
        .load_tick = PIT_NEVER_TICK,
        .initial = 65536,
        .control = control & PIT_CONTROL_BITS,
        .gate = gate,
        .null_count = 1,
    };
}

static bool settled_out(const struct pit_counter *c, uint64_t tick)
{
    uint64_t elapsed = elapsed_at(c, tick);

    if (!c->running)
        return mode_of(c) != 0;
    switch (mode_of(c)) {
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

static uint16_t settled_count(const struct pit_counter *c, uint64_t tick)
{
    uint64_t elapsed = elapsed_at(c, tick);
    uint32_t modulus = modulus_of(c);

    if (!c->running)
        return c->element;
    switch (mode_of(c)) {
    case 2:
        return count_from_clocks(c, c->initial - (uint32_t)(elapsed % c->initial));
    case 3:
        return count_from_clocks(c, square_wave_clocks(c, elapsed));
    default:
        /* Past 0 the element wraps to FFFFh or 9999 and goes on. */
        return count_from_clocks(c, c->initial + modulus - (uint32_t)(elapsed % modulus));
    }
}

bool pit_counter_out(const struct pit_counter *counter, uint64_t tick)
{
    struct pit_counter c = pit_counter_at(counter, tick);

    return settled_out(&c, tick);
}

uint16_t pit_counter_count(const struct pit_counter *counter, uint64_t tick)
{
    struct pit_counter c = pit_counter_at(counter, tick);

    return settled_count(&c, tick);
}

/* The counting element keeps what it holds, and OUT is at its level before the first load. */
static void stop_run(struct pit_counter *c, uint64_t tick)
{
    c->element = settled_count(c, tick);
    c->running = 0;
    c->halted = 0;
    c->load_tick = PIT_NEVER_TICK;
}

void pit_counter_write_control(struct pit_counter *counter, uint64_t tick, uint8_t control)
{
    settle(counter, tick);
    stop_run(counter, tick);
    counter->control = control & PIT_CONTROL_BITS;
    counter->count_register = 0;
    counter->count_written = 0;
    counter->null_count = 1;
    counter->count_latched = 0;
    counter->status_latched = 0;
    counter->read_msb_next = 0;
    counter->write_msb_next = 0;
}

/* The tick of the end of the present period (mode 2) or half cycle (mode 3). */
static uint64_t period_end_tick(const struct pit_counter *c, uint64_t tick)
{
    uint32_t position = (uint32_t)(elapsed_at(c, tick) % c->initial);
    uint32_t half = high_half(c->initial);

    if (mode_of(c) == 3 && position < half)
        return tick + half - position;
    return tick + c->initial - position;
}

/* When a count that is complete at tick is loaded. */
static uint64_t load_tick_of_write(const struct pit_counter *c, uint64_t tick)
{
    /* A load that is already due at the next pulse, by a trigger or not, takes the new count. */
    if (c->load_tick == tick + 1)
        return c->load_tick;
    if (!is_started_by_count(c))
        return PIT_NEVER_TICK;
    if (!is_periodic(c) || !c->running)
        return tick + 1;
    return c->halted ? PIT_NEVER_TICK : period_end_tick(c, tick);
}

static bool flags_are_valid(const struct pit_counter *c)
{
    bool both_bytes = (c->control & PIT_CONTROL_RW_MASK) == PIT_CONTROL_RW_BOTH;

    return is_flag(c->gate) && is_flag(c->count_written) && is_flag(c->running) &&
           is_flag(c->halted) && is_flag(c->strobe_done) && is_flag(c->null_count) &&
           is_flag(c->count_latched) && is_flag(c->status_latched) &&
           c->read_msb_next <= both_bytes && c->write_msb_next <= both_bytes;
}

/* A level at GATE halts a run; in modes 2 and 3 it stays halted until the trigger's load. */
static bool run_is_valid(const struct pit_counter *c)
{
    bool load_is_due = c->load_tick != PIT_NEVER_TICK;

    if ((c->running || load_is_due) && !c->count_written)
        return false;
    if (!c->halted)
        return !c->running || c->gate || !is_gated_by_level(c);
    return c->running && is_gated_by_level(c) && (!c->gate || (is_periodic(c) && load_is_due));
}

/* A count waits for the end of a period that is under way; all else happens at the next clock. */
static uint64_t longest_wait_for_load(const struct pit_counter *c)
{
    return is_periodic(c) && c->running && !c->halted ? MAX_CLOCKS : 1;
}

bool pit_counter_is_valid(const struct pit_counter *counter, uint64_t tick)
{
    const struct pit_counter *c = counter;

    if (c->base_tick > tick || c->counted > c->base_tick + MAX_CLOCKS)
        return false;
    if (c->load_tick != PIT_NEVER_TICK &&
        (c->load_tick <= c->base_tick || c->load_tick > tick + longest_wait_for_load(c)))
        return false;
    return c->initial >= 1 && c->initial <= MAX_CLOCKS && has_only(c->control, PIT_CONTROL_BITS) &&
           (c->control & PIT_CONTROL_RW_MASK) != PIT_CONTROL_RW_LATCH && flags_are_valid(c) &&
           run_is_valid(c) && is_zero(c->pad, sizeof(c->pad));
}

static void write_complete_count(struct pit_counter *c, uint64_t tick, uint16_t count)
{
    if (mode_of(c) == 0)
        stop_run(c, tick);
    c->count_register = count;
    c->count_written = 1;
    c->null_count = 1;
    c->load_tick = load_tick_of_write(c, tick);
}

void pit_counter_write_count(struct pit_counter *counter, uint64_t tick, uint8_t byte)
{
    settle(counter, tick);
    switch (counter->control & PIT_CONTROL_RW_MASK) {
    case PIT_CONTROL_RW_LSB:
        write_complete_count(counter, tick, byte);
        return;
    case PIT_CONTROL_RW_MSB:
        write_complete_count(counter, tick, (uint16_t)(byte << 8));
        return;
    }
    if (counter->write_msb_next) {
        write_complete_count(counter, tick, (uint16_t)(byte << 8 | counter->first_byte));
    } else {
        counter->first_byte = byte;
        /* "Writing the first byte disables counting. OUT is set low immediately." */
        if (mode_of(counter) == 0)
            stop_run(counter, tick);
    }
    counter->write_msb_next ^= 1;
}

static void gate_falls(struct pit_counter *c, uint64_t tick)
{
    if (!c->running || c->halted || !is_gated_by_level(c))
        return;
    c->counted = elapsed_at(c, tick);
    c->base_tick = tick;
    c->halted = 1;
    /* The end of the period does not come; the count register waits for a trigger. */
    if (is_periodic(c))
        c->load_tick = PIT_NEVER_TICK;
}

static void gate_rises(struct pit_counter *c, uint64_t tick)
{
    if (is_triggered_by_gate(c)) {
        if (c->count_written)
            c->load_tick = tick + 1;
    } else if (c->halted) {
        c->base_tick = tick;
        c->halted = 0;
    }
}

void pit_counter_set_gate(struct pit_counter *counter, uint64_t tick, bool gate)
{
    settle(counter, tick);
    if (counter->gate == gate)
        return;
    counter->gate = gate;
    if (gate)
        gate_rises(counter, tick);
    else
        gate_falls(counter, tick);
}

void pit_counter_latch_count(struct pit_counter *counter, uint64_t tick)
{
    if (counter->count_latched)
        return;
    counter->latched_count = pit_counter_count(counter, tick);
    counter->count_latched = 1;
}

void pit_counter_latch_status(struct pit_counter *counter, uint64_t tick)
{
    settle(counter, tick);
    if (counter->status_latched)
        return;
    counter->latched_status = counter->control;
    if (settled_out(counter, tick))
        counter->latched_status |= PIT_STATUS_OUT;
    if (counter->null_count)
        counter->latched_status |= PIT_STATUS_NULL_COUNT;
    counter->status_latched = 1;
}

/* Takes the bytes of a count in the order of the RW bits; the last of them frees the latch. */
static uint8_t read_count_byte(struct pit_counter *c, uint16_t count)
{
    unsigned rw = c->control & PIT_CONTROL_RW_MASK;
    bool msb = rw == PIT_CONTROL_RW_MSB || (rw == PIT_CONTROL_RW_BOTH && c->read_msb_next);

    if (rw == PIT_CONTROL_RW_BOTH)
        c->read_msb_next ^= 1;
    if (!c->read_msb_next)
        c->count_latched = 0;
    return (uint8_t)(msb ? count >> 8 : count);
}

uint8_t pit_counter_read(struct pit_counter *counter, uint64_t tick)
{
    if (counter->status_latched) {
        counter->status_latched = 0;
        return counter->latched_status;
    }
    if (counter->count_latched)
        return read_count_byte(counter, counter->latched_count);
    return read_count_byte(counter, pit_counter_count(counter, tick));
}

/* The first rise of OUT in the present run after tick. */
static uint64_t next_rise_of_run(const struct pit_counter *c, uint64_t tick)
{
    uint64_t elapsed = elapsed_at(c, tick);
    /* Modes 4 and 5: OUT rises one clock after it fell at 0. */
    uint64_t last = mode_of(c) >= 4 ? c->initial + UINT64_C(1) : c->initial;

    if (!c->running || c->halted || c->strobe_done)
        return PIT_NEVER_TICK;
    if (is_periodic(c))
        return c->initial < 2 ? PIT_NEVER_TICK : tick + c->initial - elapsed % c->initial;
    /* Mode 1: a trigger for the very pulse that ends the run keeps OUT low. */
    if (elapsed >= last || (mode_of(c) == 1 && tick + last - elapsed == c->load_tick))
        return PIT_NEVER_TICK;
    return tick + last - elapsed;
}

static uint64_t rises_of_run(const struct pit_counter *c, uint64_t from_tick, uint64_t to_tick)
{
    if (next_rise_of_run(c, from_tick) > to_tick)
        return 0;
    if (!is_periodic(c))
        return 1;
    return elapsed_at(c, to_tick) / c->initial - elapsed_at(c, from_tick) / c->initial;
}

uint64_t pit_counter_next_rise(const struct pit_counter *counter, uint64_t tick)
{
    struct pit_counter c = pit_counter_at(counter, tick);
    uint64_t rise_tick = next_rise_of_run(&c, tick);

    if (rise_tick <= c.load_tick)
        return rise_tick;
    load(&c);
    return next_rise_of_run(&c, c.base_tick);
}

uint64_t pit_counter_rises(const struct pit_counter *counter, uint64_t from_tick, uint64_t to_tick)
{
    struct pit_counter c = pit_counter_at(counter, from_tick);
    uint64_t rises;

    if (c.load_tick >= to_tick)
        return rises_of_run(&c, from_tick, to_tick);
    rises = rises_of_run(&c, from_tick, c.load_tick);
    load(&c);
    return rises + rises_of_run(&c, c.base_tick, to_tick);
}
