/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One counter of the Intel 8254, in clock pulses.
 *
 * Source: Intel 8254 data sheet (order 231164), "Programming the 8254" and "Mode definitions".
 *
 * Time is the number of the last CLK pulse. What happens after pulse t and before pulse t+1 happens
 * at tick t. What the data sheet lets happen "on the next CLK pulse" happens at tick t+1. Ticks
 * never decrease from call to call. GATE is taken as the pulse that counts samples it.
 *
 * The state is that of one moment. A load of the counting element that is still to come is in it as
 * a tick (load_tick), and every function first does a load that is due (pit_counter_at). OUT, the
 * count and the next edge are then arithmetic on the clocks counted since the load (pit_run.h).
 *
 * Where the data sheet leaves the behaviour open:
 * - A count of 1 in mode 2 or 3, which is illegal, leaves OUT high.
 * - A BCD digit above 9 counts for its value.
 * - A counter without a count keeps the last one.
 * - One flip-flop for reads and one for writes say which byte of two is next. The control word sets
 *   both; a latch command touches neither.
 */
#ifndef DEVICES_PC_PIT_COUNTER_H
#define DEVICES_PC_PIT_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/pc/pit_counter_state.h"

/*
 * A counter that has been given bits 5..0 of a control word and no count, with its GATE at a level.
 * (The data sheet calls the power-on state undefined.)
 */
void pit_counter_init(struct pit_counter *counter, uint8_t control, bool gate);

/* Whether a counter can be in this state at tick; any bytes will do. */
bool pit_counter_is_valid(const struct pit_counter *counter, uint64_t tick);

/* The same counter as it is at tick: a load that was due by then has been done. */
struct pit_counter pit_counter_at(const struct pit_counter *counter, uint64_t tick);

/* The level of OUT at tick. */
bool pit_counter_out(const struct pit_counter *counter, uint64_t tick);

/* The counting element as it would be latched: 16 bits, binary or four BCD digits. */
uint16_t pit_counter_count(const struct pit_counter *counter, uint64_t tick);

/* Writes by the guest: control word (bits 5..0, not a latch command), count byte, GATE. */
void pit_counter_write_control(struct pit_counter *counter, uint64_t tick, uint8_t control);
void pit_counter_write_count(struct pit_counter *counter, uint64_t tick, uint8_t byte);
void pit_counter_set_gate(struct pit_counter *counter, uint64_t tick, bool gate);

/* Latch commands. A latch that has not been read yet keeps what it holds. */
void pit_counter_latch_count(struct pit_counter *counter, uint64_t tick);
void pit_counter_latch_status(struct pit_counter *counter, uint64_t tick);

/* A read of the counter's port: latched status, else latched count, else the count as it is. */
uint8_t pit_counter_read(struct pit_counter *counter, uint64_t tick);

/*
 * The first tick after `tick` at which OUT rises if nothing is written, or PIT_NEVER_TICK. GATE is
 * high.
 */
uint64_t pit_counter_next_rise(const struct pit_counter *counter, uint64_t tick);

/* How often OUT rises after from_tick and up to to_tick if nothing is written. GATE is high. */
uint64_t pit_counter_rises(const struct pit_counter *counter, uint64_t from_tick, uint64_t to_tick);

#endif
