/* SPDX-License-Identifier: BSD-2-Clause */
/* See pit_counter.h. */
#include "devices/pc/pit_counter.h"

#include "devices/pc/pit_modes.h"
#include "devices/pc/pit_run.h"
#include "devices/state_check.h"

/* The clocks of the largest count. */
#define MAX_CLOCKS 65536

struct pit_counter pit_counter_at(const struct pit_counter *counter, uint64_t tick)
{
    struct pit_counter settled = *counter;

    pit_run_settle(&settled, tick);
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

bool pit_counter_out(const struct pit_counter *counter, uint64_t tick)
{
    struct pit_counter c = pit_counter_at(counter, tick);

    return pit_run_out(&c, tick);
}

uint16_t pit_counter_count(const struct pit_counter *counter, uint64_t tick)
{
    struct pit_counter c = pit_counter_at(counter, tick);

    return pit_run_count(&c, tick);
}

void pit_counter_write_control(struct pit_counter *counter, uint64_t tick, uint8_t control)
{
    pit_run_settle(counter, tick);
    pit_run_stop(counter, tick);
    counter->control = control & PIT_CONTROL_BITS;
    counter->count_register = 0;
    counter->count_written = 0;
    counter->null_count = 1;
    counter->count_latched = 0;
    counter->status_latched = 0;
    counter->read_msb_next = 0;
    counter->write_msb_next = 0;
}

/* The tick at which a count is loaded whose last byte was written at tick. */
static uint64_t load_tick_of_write(const struct pit_counter *c, uint64_t tick)
{
    /* A load that is already due at the next pulse, by a trigger or not, takes the new count. */
    if (c->load_tick == tick + 1)
        return c->load_tick;
    if (!pit_mode_is_started_by_count(c))
        return PIT_NEVER_TICK;
    if (!pit_mode_is_periodic(c) || !c->running)
        return tick + 1;
    return c->halted ? PIT_NEVER_TICK : pit_run_period_end_tick(c, tick);
}

static bool flags_are_valid(const struct pit_counter *c)
{
    bool both_bytes = (c->control & PIT_CONTROL_RW_MASK) == PIT_CONTROL_RW_BOTH;

    return is_flag(c->gate) && is_flag(c->count_written) && is_flag(c->running) &&
           is_flag(c->halted) && is_flag(c->strobe_done) && is_flag(c->null_count) &&
           is_flag(c->count_latched) && is_flag(c->status_latched) &&
           c->read_msb_next <= both_bytes && c->write_msb_next <= both_bytes;
}

/*
 * GATE low halts a run. In modes 2 and 3 it stays halted until the load that the trigger makes due.
 */
static bool run_is_valid(const struct pit_counter *c)
{
    bool load_is_due = c->load_tick != PIT_NEVER_TICK;

    if ((c->running || load_is_due) && !c->count_written)
        return false;
    if (!c->halted)
        return !c->running || c->gate || !pit_mode_is_gated_by_level(c);
    return c->running && pit_mode_is_gated_by_level(c) &&
           (!c->gate || (pit_mode_is_periodic(c) && load_is_due));
}

/*
 * A new count waits for the end of a period that is under way. Any other load is at the next tick.
 */
static uint64_t longest_wait_for_load(const struct pit_counter *c)
{
    return pit_mode_is_periodic(c) && c->running && !c->halted ? MAX_CLOCKS : 1;
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
    if (pit_mode_of(c) == 0)
        pit_run_stop(c, tick);
    c->count_register = count;
    c->count_written = 1;
    c->null_count = 1;
    c->load_tick = load_tick_of_write(c, tick);
}

void pit_counter_write_count(struct pit_counter *counter, uint64_t tick, uint8_t byte)
{
    pit_run_settle(counter, tick);
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
        if (pit_mode_of(counter) == 0)
            pit_run_stop(counter, tick);
    }
    counter->write_msb_next ^= 1;
}

static void gate_falls(struct pit_counter *c, uint64_t tick)
{
    if (!c->running || c->halted || !pit_mode_is_gated_by_level(c))
        return;
    c->counted = pit_run_elapsed(c, tick);
    c->base_tick = tick;
    c->halted = 1;
    /* The end of the period does not come; the count register waits for a trigger. */
    if (pit_mode_is_periodic(c))
        c->load_tick = PIT_NEVER_TICK;
}

static void gate_rises(struct pit_counter *c, uint64_t tick)
{
    if (pit_mode_is_triggered_by_gate(c)) {
        if (c->count_written)
            c->load_tick = tick + 1;
    } else if (c->halted) {
        c->base_tick = tick;
        c->halted = 0;
    }
}

void pit_counter_set_gate(struct pit_counter *counter, uint64_t tick, bool gate)
{
    pit_run_settle(counter, tick);
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
    pit_run_settle(counter, tick);
    if (counter->status_latched)
        return;
    counter->latched_status = counter->control;
    if (pit_run_out(counter, tick))
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

uint64_t pit_counter_next_rise(const struct pit_counter *counter, uint64_t tick)
{
    struct pit_counter c = pit_counter_at(counter, tick);
    uint64_t rise_tick = pit_run_next_rise(&c, tick);

    if (rise_tick <= c.load_tick)
        return rise_tick;
    pit_run_load(&c);
    return pit_run_next_rise(&c, c.base_tick);
}

uint64_t pit_counter_rises(const struct pit_counter *counter, uint64_t from_tick, uint64_t to_tick)
{
    struct pit_counter c = pit_counter_at(counter, from_tick);
    uint64_t rises;

    if (c.load_tick >= to_tick)
        return pit_run_rises(&c, from_tick, to_tick);
    rises = pit_run_rises(&c, from_tick, c.load_tick);
    pit_run_load(&c);
    return rises + pit_run_rises(&c, c.base_tick, to_tick);
}
