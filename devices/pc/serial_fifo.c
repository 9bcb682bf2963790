/* SPDX-License-Identifier: BSD-2-Clause */
/* See serial_fifo.h. */
#include "devices/pc/serial_fifo.h"

#include <string.h>

void serial_fifo_push(struct serial_fifo *fifo, uint8_t byte)
{
    assert(fifo->count < SERIAL_FIFO_BYTES);
    fifo->bytes[fifo->count++] = byte;
}

uint8_t serial_fifo_pop(struct serial_fifo *fifo)
{
    uint8_t byte = fifo->bytes[0];

    assert(fifo->count > 0);
    fifo->count--;
    memmove(fifo->bytes, fifo->bytes + 1, fifo->count);
    return byte;
}
