/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One run of the counting element of an 8254 counter: from the load of a count on. OUT, the count
 * and the next edge are arithmetic on the clocks that the element has counted since the load.
 *
 * Source: Intel 8254 data sheet (order 231164), "Mode definitions". Times are clock ticks, as in
 * pit_counter.h. All but pit_run_settle expect a counter that pit_run_settle has brought up to
 * tick: a load that was due by then has been done.
 */
#ifndef DEVICES_PC_PIT_RUN_H
#define DEVICES_PC_PIT_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/pc/pit_counter_state.h"

/* Brings the counter up to tick. At most one load can be due. */
void pit_run_settle(struct pit_counter *c, uint64_t tick);

/* Loads the counting element from the count register at c->load_tick, which begins a new run. */
void pit_run_load(struct pit_counter *c);

/* Ends the run. The counting element keeps its count; OUT is at its level before a first load. */
void pit_run_stop(struct pit_counter *c, uint64_t tick);

/* Clocks that the run has counted by tick. */
uint64_t pit_run_elapsed(const struct pit_counter *c, uint64_t tick);

/* The level of OUT at tick, with a run or without. */
bool pit_run_out(const struct pit_counter *c, uint64_t tick);

/* The counting element at tick: 16 bits, binary or four BCD digits. */
uint16_t pit_run_count(const struct pit_counter *c, uint64_t tick);

/* The tick at which the present period (mode 2) or half cycle (mode 3) ends. */
uint64_t pit_run_period_end_tick(const struct pit_counter *c, uint64_t tick);

/* The first tick after `tick` at which the present run makes OUT rise, or PIT_NEVER_TICK. */
uint64_t pit_run_next_rise(const struct pit_counter *c, uint64_t tick);

/* How often the present run makes OUT rise after from_tick and up to to_tick. */
uint64_t pit_run_rises(const struct pit_counter *c, uint64_t from_tick, uint64_t to_tick);

#endif
