/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The receiver of a 16550A: its FIFO, the trigger level and the character timeout.
 *
 * Source: PC16550D data sheet, "Receiver buffer register" and "FIFO interrupt mode operation". All
 * functions work on the state alone; the caller drives the line and the timer afterwards.
 */
#ifndef DEVICES_PC_SERIAL_RX_H
#define DEVICES_PC_SERIAL_RX_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/pc/serial_state.h"

/* How many bytes of the host the receiver would take now: none in loopback. */
unsigned serial_rx_room(const struct serial_state *state);

/* Takes bytes of the host, as many of n as there is room for; returns how many. */
unsigned serial_rx_take(struct serial_state *state, uint64_t now_ns, const uint8_t *bytes,
                        unsigned n);

/* In loopback a byte of the transmitter arrives. A full receiver drops it and sets OE. */
void serial_rx_loop_back(struct serial_state *state, uint64_t now_ns, uint8_t byte);

/* A read of RBR: the oldest byte; 0 if there is none. */
uint8_t serial_rx_read(struct serial_state *state, uint64_t now_ns);

/* Whether as many bytes wait as the trigger level says. */
bool serial_rx_reaches_trigger(const struct serial_state *state);

/* Whether the character timeout runs: bytes wait, and too few to reach the trigger level. */
bool serial_rx_timeout_runs(const struct serial_state *state);

/* Guest time of the character timeout: four characters after the receiver's last activity. */
uint64_t serial_rx_timeout_ns(const struct serial_state *state);

#endif
