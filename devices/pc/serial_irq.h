/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interrupt of a 16550A: which of its causes IIR shows, and when the line is high.
 *
 * Source: PC16550D data sheet, table IV "Interrupt control functions". All functions work on the
 * state alone.
 */
#ifndef DEVICES_PC_SERIAL_IRQ_H
#define DEVICES_PC_SERIAL_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/pc/serial_state.h"

/* IIR bits 3..0 at now_ns: the enabled interrupt of the highest priority, or SERIAL_IIR_NONE. */
uint8_t serial_irq_id(const struct serial_state *state, uint64_t now_ns);

/* Whether the interrupt leaves the chip: OUT2 lets it, and loopback does not keep it. */
bool serial_irq_is_high(const struct serial_state *state, uint64_t now_ns);

/*
 * Guest time at which the passing of time alone sets an interrupt, or TIME_NEVER_NS: only the
 * character timeout does.
 */
uint64_t serial_irq_next_ns(const struct serial_state *state, uint64_t now_ns);

#endif
