/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The modem lines of a 16550A: MCR drives the outputs, MSR shows the inputs and which have changed.
 *
 * Source: PC16550D data sheet, "Modem control register" and "Modem status register". The other side
 * is always there: CTS, DSR and DCD are asserted, RI is not. In loopback the outputs come back as
 * inputs.
 */
#ifndef DEVICES_PC_SERIAL_MODEM_H
#define DEVICES_PC_SERIAL_MODEM_H

#include <stdint.h>

#include "devices/pc/serial_state.h"

/* A write of MCR. Inputs that loopback changes by it are noted for the next read of MSR. */
void serial_modem_write_mcr(struct serial_state *state, uint8_t value);

/* A read of MSR, which clears the notes of changes in bits 3..0. */
uint8_t serial_modem_read_msr(struct serial_state *state);

#endif
