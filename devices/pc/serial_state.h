/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state of a 16550A, which is the snapshot, and the bits of its registers. serial.h says what
 * they do; this is what the parts of the chip share.
 */
#ifndef DEVICES_PC_SERIAL_STATE_H
#define DEVICES_PC_SERIAL_STATE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/pc/serial_fifo.h"

#define SERIAL_IER_RDI  0x01 /* received data available, and character timeout */
#define SERIAL_IER_THRI 0x02
#define SERIAL_IER_RLSI 0x04
#define SERIAL_IER_MSI  0x08

/* IIR bits 3..0; bits 7 and 6 are set while the FIFOs are on. */
#define SERIAL_IIR_MSI        0x00
#define SERIAL_IIR_NONE       0x01
#define SERIAL_IIR_THRI       0x02
#define SERIAL_IIR_RDI        0x04
#define SERIAL_IIR_RLSI       0x06
#define SERIAL_IIR_RX_TIMEOUT 0x0c
#define SERIAL_IIR_FIFO_ON    0xc0

#define SERIAL_FCR_ENABLE   0x01
#define SERIAL_FCR_CLEAR_RX 0x02
#define SERIAL_FCR_CLEAR_TX 0x04
#define SERIAL_FCR_TRIGGER  0xc0 /* receiver trigger: 1, 4, 8 or 14 bytes */

#define SERIAL_LCR_WORD_LENGTH 0x03 /* 5 to 8 bits */
#define SERIAL_LCR_STOP        0x04 /* 2 stop bits, 1.5 with 5 data bits */
#define SERIAL_LCR_PARITY      0x08
#define SERIAL_LCR_DLAB        0x80

#define SERIAL_MCR_DTR           0x01
#define SERIAL_MCR_RTS           0x02
#define SERIAL_MCR_OUT1          0x04
#define SERIAL_MCR_OUT2          0x08
#define SERIAL_MCR_LOOP          0x10
#define SERIAL_MCR_WRITABLE_BITS 0x1f

#define SERIAL_LSR_DR         0x01
#define SERIAL_LSR_OE         0x02 /* only in loopback */
#define SERIAL_LSR_BI         0x10 /* break */
#define SERIAL_LSR_THRE       0x20
#define SERIAL_LSR_TEMT       0x40
#define SERIAL_LSR_FIFO_ERROR 0x80 /* with FIFOs: a break is in the receiver */

#define SERIAL_MSR_DCTS 0x01
#define SERIAL_MSR_DDSR 0x02
#define SERIAL_MSR_TERI 0x04
#define SERIAL_MSR_DDCD 0x08
#define SERIAL_MSR_CTS  0x10
#define SERIAL_MSR_DSR  0x20
#define SERIAL_MSR_RI   0x40
#define SERIAL_MSR_DCD  0x80

struct serial_state {
    /* Guest time at which a byte last entered or left the receiver, or the guest cleared it. */
    uint64_t rx_activity_ns;
    /* Bytes that the guest has written to a full transmitter. */
    uint64_t tx_dropped_count;
    struct serial_fifo rx;
    struct serial_fifo tx;
    /* Bytes of the host that the guest has cleared away before it read them. They come next. */
    struct serial_fifo rx_unseen;
    /* How many bytes of rx have come from the transmitter in loopback. They are its first ones. */
    uint8_t rx_looped;
    /* DLM and DLL. */
    uint16_t divisor;
    uint8_t ier;
    /* FCR without its self-clearing bits. */
    uint8_t fcr;
    uint8_t lcr;
    uint8_t mcr;
    uint8_t scr;
    /* LSR bits that reading LSR clears. */
    uint8_t lsr_errors;
    /* MSR bits 3..0. */
    uint8_t msr_deltas;
    /* 1 while the THRE interrupt waits to be acknowledged. */
    uint8_t thre_pending;
    /* 1 while the guest listens: bytes of the host enter the receiver. */
    uint8_t rx_listening;
    /* While it does not: the reads in a row that look for a byte. */
    uint8_t rx_polls;
    /* Bit n: byte n of rx, which is 0, is a break. */
    uint16_t rx_breaks;
    /* The reads of RBR among them; a write of THR may come between. */
    uint8_t rx_rbr_polls;
    uint8_t pad[5];
};
static_assert(sizeof(struct serial_state) == 88, "the state is the snapshot");

/* Whether the FIFOs are on, by bit 0 of FCR. */
static inline bool serial_fifos_on(const struct serial_state *state)
{
    return (state->fcr & SERIAL_FCR_ENABLE) != 0;
}

/* Whether the transmitter is connected to the receiver, and the modem outputs to the inputs. */
static inline bool serial_in_loopback(const struct serial_state *state)
{
    return (state->mcr & SERIAL_MCR_LOOP) != 0;
}

/* Bytes that the receiver holds, and the transmitter too. */
static inline unsigned serial_fifo_capacity(const struct serial_state *state)
{
    return serial_fifos_on(state) ? SERIAL_FIFO_BYTES : 1;
}

#endif
