/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 16550A UART: the serial console.
 *
 * Source: National Semiconductor PC16550D data sheet. Registers 0 to 7:
 *   0 RBR (read), THR (write); with DLAB: DLL    4 MCR
 *   1 IER; with DLAB: DLM                        5 LSR (read only)
 *   2 IIR (read), FCR (write)                    6 MSR (read only)
 *   3 LCR                                        7 SCR
 * A wider access is as many byte accesses at successive registers.
 *
 * Chosen here:
 * - Transmission takes no guest time: THRE and TEMT are 1 again when the write of THR returns, and
 *   the THRE interrupt follows each byte. Only a host that has no room makes the transmitter wait:
 *   then up to 16 bytes (1 with the FIFOs off) stay in it, and THRE is 0 until the host took them.
 *   A byte written to a full transmitter is dropped and counted.
 * - Reception takes no guest time either, and there is no overrun: the host keeps what the FIFO
 *   cannot take. The character timeout is four characters of guest time at the programmed rate,
 *   where a divisor of 0 counts as 65536.
 * - The other side is always there: CTS, DSR and DCD are asserted, RI is not.
 * - The interrupt leaves the chip through OUT2, as in the PC: it needs MCR bit 3, and in loopback,
 *   where the outputs are inactive, it stays low.
 *
 * Not modelled: breaks, parity and framing errors, DMA mode signals, the rate of transmission.
 */
#ifndef DEVICES_PC_SERIAL_H
#define DEVICES_PC_SERIAL_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/device.h"
#include "devices/irq_line.h"
#include "devices/timerq.h"

#define SERIAL_LENGTH_BYTES 8
#define SERIAL_FIFO_BYTES   16

#define SERIAL_REG_RBR_THR 0
#define SERIAL_REG_IER     1
#define SERIAL_REG_IIR_FCR 2
#define SERIAL_REG_LCR     3
#define SERIAL_REG_MCR     4
#define SERIAL_REG_LSR     5
#define SERIAL_REG_MSR     6
#define SERIAL_REG_SCR     7

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

#define SERIAL_MCR_DTR  0x01
#define SERIAL_MCR_RTS  0x02
#define SERIAL_MCR_OUT1 0x04
#define SERIAL_MCR_OUT2 0x08
#define SERIAL_MCR_LOOP 0x10

#define SERIAL_LSR_DR   0x01
#define SERIAL_LSR_OE   0x02 /* only in loopback */
#define SERIAL_LSR_THRE 0x20
#define SERIAL_LSR_TEMT 0x40

#define SERIAL_MSR_DCTS 0x01
#define SERIAL_MSR_DDSR 0x02
#define SERIAL_MSR_TERI 0x04
#define SERIAL_MSR_DDCD 0x08
#define SERIAL_MSR_CTS  0x10
#define SERIAL_MSR_DSR  0x20
#define SERIAL_MSR_RI   0x40
#define SERIAL_MSR_DCD  0x80

/* Bytes in order of arrival; bytes[0] is the oldest. */
struct serial_fifo {
    uint8_t bytes[SERIAL_FIFO_BYTES];
    uint8_t count;
};

struct serial_state {
    /* Guest time at which a byte last entered or left the receiver. */
    uint64_t rx_activity_ns;
    uint64_t tx_dropped_count;
    struct serial_fifo rx;
    struct serial_fifo tx;
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
    uint8_t pad[4];
};
static_assert(sizeof(struct serial_state) == 64, "the state is the snapshot");

struct serial_wiring {
    struct timerq *timers;
    struct irq_line *irq;
    /* Takes a byte that the guest sent; false if the host has no room for it now. */
    bool (*tx)(void *ctx, uint8_t byte);
    /*
     * The guest has emptied the receiver: the host may call serial_receive, at once if it likes.
     * NULL if the host does not care.
     */
    void (*rx_room)(void *ctx, uint64_t now_ns);
    void *ctx;
};

struct serial {
    struct device dev;
    struct serial_state state;
    struct serial_wiring wiring;
    struct timer rx_timeout_timer;
};

/*
 * A UART in its power-on state, set to 115200 baud and 8N1 as firmware leaves it (by the data sheet
 * LCR is 0 and the divisor anything). After a load the host calls serial_tx_ready, and
 * serial_receive if it has bytes that wait.
 */
void serial_init(struct serial *serial, const struct serial_wiring *wiring, uint64_t now_ns);

/* How many bytes the receiver would take now: none in loopback. */
unsigned serial_can_receive(const struct serial *serial);

/* Bytes from the host for the guest. Returns how many were taken: min(n, serial_can_receive()). */
unsigned serial_receive(struct serial *serial, uint64_t now_ns, const uint8_t *bytes, unsigned n);

/* The host has room again after tx returned false: the bytes that wait are offered once more. */
void serial_tx_ready(struct serial *serial, uint64_t now_ns);

#endif
