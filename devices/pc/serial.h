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
 * - Transmission takes no guest time. When the write of THR returns, THRE and TEMT are 1 again, and
 *   the THRE interrupt follows each byte.
 * - A host that has no room makes the transmitter wait. Up to 16 bytes (1 with the FIFOs off) then
 *   stay in it, and THRE is 0 until the host has taken them. A byte written to a full transmitter
 *   is dropped and counted.
 * - Reception takes no guest time. There is no overrun, because the host keeps what the FIFO cannot
 *   take.
 * - A byte of the host enters the receiver only while the guest listens. It begins to listen when
 *   it raises RTS, when it writes IER with RDI set, or when it polls. It stops when it clears the
 *   receiver, by FCR or a reset. The reason: a driver that starts up clears the FIFO and reads RBR
 *   to get rid of old bytes. On a real line nothing is lost by that, for no one has typed yet; but
 *   a pipe has its bytes at once.
 * - To poll is to read LSR or RBR 16 times and to write nothing in between, or to read RBR 16 times
 *   and to write nothing but THR. One read of RBR is no poll: Linux reads it twice in its start,
 *   before it is ready. Reads of LSR between writes of THR are none, because whoever prints waits
 *   for THRE there. So a guest that looks at LSR once for each byte that it prints has to raise RTS
 *   or to set RDI, as drivers do.
 * - Bytes of the host that the guest clears away before it has read them come again when it next
 *   listens. In loopback they wait. Bytes that were looped back are cleared.
 * - Linux enables RDI and then switches the FIFO on, which clears it. So if RDI is set at a clear,
 *   the guest listens again after 10 ms of guest time, unless it has done so before. It is not at
 *   once, because a kernel that was started by kexec finds RDI set by the one before.
 * - The character timeout is four characters of guest time at the programmed rate. A divisor of 0
 *   counts as 65536.
 * - The other side is always there: CTS, DSR and DCD are asserted, RI is not.
 * - The interrupt leaves the chip through OUT2, as in the PC. So it needs MCR bit 3, and stays low
 *   in loopback, where the outputs are inactive.
 * - A break comes from the host only, and is dropped if the guest clears it away. The guest's own,
 *   by LCR, is not sent on.
 *
 * Not modelled: parity and framing errors, DMA mode signals, the rate of transmission.
 *
 * Times are guest time. Every call is under the machine's lock, on any thread, and so are the calls
 * of the wiring's functions.
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
    /* Takes a byte that the guest has sent. False: the host has no room now, and keeps nothing. */
    bool (*tx)(void *ctx, uint8_t byte);
    /*
     * The guest has emptied the receiver, or has begun to listen. The host may call serial_receive,
     * also from in here. NULL if the host does not want to know.
     */
    void (*rx_room)(void *ctx, uint64_t now_ns);
    void *ctx;
};

struct serial {
    struct device dev;
    struct serial_state state;
    struct serial_wiring wiring;
    /* For the character timeout, and for the end of the receiver's rest after a clear. */
    struct timer rx_timer;
};

/*
 * A UART in its power-on state, set to 115200 baud and 8N1 as firmware leaves it (by the data sheet
 * LCR is 0 and the divisor anything). Copies the wiring. After a load of a state the host calls
 * serial_tx_ready, and serial_receive if it has bytes for the guest.
 */
void serial_init(struct serial *serial, const struct serial_wiring *wiring, uint64_t now_ns);

/*
 * How many bytes serial_receive would take now: none while the guest does not listen, in loopback,
 * or before the guest has read the bytes that a clear has kept.
 */
unsigned serial_can_receive(const struct serial *serial);

/* Gives bytes to the guest. Returns how many were taken: min(n, serial_can_receive()). */
unsigned serial_receive(struct serial *serial, uint64_t now_ns, const uint8_t *bytes, unsigned n);

/*
 * Gives a break to the guest, behind the bytes that it has. False, and nothing is given: what
 * serial_can_receive says is 0.
 */
bool serial_receive_break(struct serial *serial, uint64_t now_ns);

/*
 * Bytes of the host that the guest has not read, those that a reset of the chip keeps; and such
 * bytes for a chip that takes another's place, and that has none of its own yet.
 */
struct serial_fifo serial_unread(const struct serial *serial);
void serial_give_unread(struct serial *serial, const struct serial_fifo *unread);

/* The host has room again after tx returned false: tx is called for the bytes that wait. */
void serial_tx_ready(struct serial *serial, uint64_t now_ns);

#endif
