/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the six modes of an 8254 counter have in common, and in what they differ.
 *
 * Source: Intel 8254 data sheet (order 231164), "Mode definitions" and "Gate pin operations
 * summary".
 */
#ifndef DEVICES_PC_PIT_MODES_H
#define DEVICES_PC_PIT_MODES_H

#include <stdbool.h>

#include "devices/pc/pit_counter_state.h"

/* The mode, 0 to 5. Modes 6 and 7 are 2 and 3: the high bit of those two is not decoded. */
unsigned pit_mode_of(const struct pit_counter *c);

/* Modes 2 and 3 begin again by themselves when the count has run out. */
bool pit_mode_is_periodic(const struct pit_counter *c);

/* A written count starts the run. Modes 1 and 5 wait for a rising edge of GATE instead. */
bool pit_mode_is_started_by_count(const struct pit_counter *c);

/* The counting element stands while GATE is low: in the same modes. */
bool pit_mode_is_gated_by_level(const struct pit_counter *c);

/* A rising edge of GATE loads the counting element: in all modes but 0 and 4. */
bool pit_mode_is_triggered_by_gate(const struct pit_counter *c);

#endif
