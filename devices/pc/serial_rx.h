/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The receiver of a 16550A: its FIFO, the trigger level and the character timeout; and when the
 * guest listens, which serial.h explains.
 *
 * Source: PC16550D data sheet, "Receiver buffer register" and "FIFO interrupt mode operation". All
 * functions work on the state alone; the caller drives the line and the timer afterwards.
 */
#ifndef DEVICES_PC_SERIAL_RX_H
#define DEVICES_PC_SERIAL_RX_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/pc/serial_state.h"

/* Reads of LSR or RBR in a row that say that the guest polls. Linux's start-up has 3 of them. */
#define SERIAL_RX_POLLS 16

/* How long after a clear the receiver stays empty if only RDI says that the guest listens. */
#define SERIAL_RX_REST_NS UINT64_C(10000000)

/* The guest has raised RTS or enabled RDI: it listens. */
void serial_rx_listen(struct serial_state *state);

/* The guest has read LSR, or RBR. */
void serial_rx_poll(struct serial_state *state, bool of_rbr);

/* The guest has written THR, or another register: the reads before are in no row with those after.
 */
void serial_rx_end_polls(struct serial_state *state, bool by_thr);

/* Whether neither one more read of LSR nor time alone makes the guest listen. */
bool serial_rx_stays(const struct serial_state *state);

/*
 * The guest clears the receiver, and does not listen any more. Bytes of the host that it has not
 * read are kept; they come again when it listens. Breaks are not kept.
 */
void serial_rx_clear(struct serial_state *state, uint64_t now_ns);

/* The guest enters loopback: bytes of the host wait until it has left it. */
void serial_rx_enter_loopback(struct serial_state *state);

/* Fills an empty receiver with kept bytes if the guest listens. To be called after each change. */
void serial_rx_refill(struct serial_state *state, uint64_t now_ns);

/* Guest time at which the rest after a clear ends, or TIME_NEVER_NS. */
uint64_t serial_rx_rest_end_ns(const struct serial_state *state);

/*
 * How many bytes of the host the receiver would take now: none in loopback, while the guest does
 * not listen, or while it has kept bytes to read.
 */
unsigned serial_rx_room(const struct serial_state *state);

/* Takes bytes of the host, as many of n as there is room for; returns how many. */
unsigned serial_rx_take(struct serial_state *state, uint64_t now_ns, const uint8_t *bytes,
                        unsigned n);

/* Takes a break, which is a byte 0 with BI once it is the oldest. False if there is no room. */
bool serial_rx_take_break(struct serial_state *state, uint64_t now_ns);

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
