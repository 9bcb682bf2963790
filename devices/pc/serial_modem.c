/* SPDX-License-Identifier: BSD-2-Clause */
/* See serial_modem.h. */
#include "devices/pc/serial_modem.h"

/* MSR bits 7..4. In loopback the modem outputs come back as inputs. */
static uint8_t modem_inputs(uint8_t mcr)
{
    uint8_t inputs = 0;

    if ((mcr & SERIAL_MCR_LOOP) == 0)
        return SERIAL_MSR_CTS | SERIAL_MSR_DSR | SERIAL_MSR_DCD;
    if ((mcr & SERIAL_MCR_RTS) != 0)
        inputs |= SERIAL_MSR_CTS;
    if ((mcr & SERIAL_MCR_DTR) != 0)
        inputs |= SERIAL_MSR_DSR;
    if ((mcr & SERIAL_MCR_OUT1) != 0)
        inputs |= SERIAL_MSR_RI;
    if ((mcr & SERIAL_MCR_OUT2) != 0)
        inputs |= SERIAL_MSR_DCD;
    return inputs;
}

void serial_modem_write_mcr(struct serial_state *state, uint8_t value)
{
    uint8_t before = modem_inputs(state->mcr);
    uint8_t after;

    state->mcr = value & SERIAL_MCR_WRITABLE_BITS;
    after = modem_inputs(state->mcr);
    state->msr_deltas |=
        ((before ^ after) >> 4) & (SERIAL_MSR_DCTS | SERIAL_MSR_DDSR | SERIAL_MSR_DDCD);
    if ((before & ~after & SERIAL_MSR_RI) != 0)
        state->msr_deltas |= SERIAL_MSR_TERI;
}

uint8_t serial_modem_read_msr(struct serial_state *state)
{
    uint8_t msr = modem_inputs(state->mcr) | state->msr_deltas;

    state->msr_deltas = 0;
    return msr;
}
