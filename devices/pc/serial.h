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

#include <stdbool.h>
#include <stdint.h>

#include "devices/device.h"
#include "devices/irq_line.h"
#include "devices/pc/serial_state.h"
#include "devices/timerq.h"

#define SERIAL_LENGTH_BYTES 8

#define SERIAL_REG_RBR_THR 0
#define SERIAL_REG_IER     1
#define SERIAL_REG_IIR_FCR 2
#define SERIAL_REG_LCR     3
#define SERIAL_REG_MCR     4
#define SERIAL_REG_LSR     5
#define SERIAL_REG_MSR     6
#define SERIAL_REG_SCR     7

struct serial_wiring {
    struct timerq *timers;
    /* Place in the list of devices. */
    unsigned rank;
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
