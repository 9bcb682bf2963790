/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The transmitter's and the receiver's FIFO of a 16550A. With the FIFOs off it holds one byte.
 *
 * Source: PC16550D data sheet, "FIFO control register".
 */
#ifndef DEVICES_PC_SERIAL_FIFO_H
#define DEVICES_PC_SERIAL_FIFO_H

#include <assert.h>
#include <stdint.h>

#define SERIAL_FIFO_BYTES 16

/* Bytes in order of arrival; bytes[0] is the oldest. Part of a snapshot. */
struct serial_fifo {
    uint8_t bytes[SERIAL_FIFO_BYTES];
    uint8_t count;
};
static_assert(sizeof(struct serial_fifo) == SERIAL_FIFO_BYTES + 1, "part of a snapshot");

/* Appends a byte. There is room for it. */
void serial_fifo_push(struct serial_fifo *fifo, uint8_t byte);

/* Takes the oldest byte out. There is one. */
uint8_t serial_fifo_pop(struct serial_fifo *fifo);

#endif
