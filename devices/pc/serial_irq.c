/* SPDX-License-Identifier: BSD-2-Clause */
/* See serial_irq.h. */
#include "devices/pc/serial_irq.h"

#include "base/time_math.h"
#include "devices/pc/serial_rx.h"

uint8_t serial_irq_id(const struct serial_state *state, uint64_t now_ns)
{
    if ((state->ier & SERIAL_IER_RLSI) != 0 && state->lsr_errors != 0)
        return SERIAL_IIR_RLSI;
    if ((state->ier & SERIAL_IER_RDI) != 0 && serial_rx_reaches_trigger(state))
        return SERIAL_IIR_RDI;
    if ((state->ier & SERIAL_IER_RDI) != 0 && serial_rx_timeout_runs(state) &&
        now_ns >= serial_rx_timeout_ns(state))
        return SERIAL_IIR_RX_TIMEOUT;
    if ((state->ier & SERIAL_IER_THRI) != 0 && state->thre_pending != 0)
        return SERIAL_IIR_THRI;
    if ((state->ier & SERIAL_IER_MSI) != 0 && state->msr_deltas != 0)
        return SERIAL_IIR_MSI;
    return SERIAL_IIR_NONE;
}

bool serial_irq_is_high(const struct serial_state *state, uint64_t now_ns)
{
    uint8_t out2_pin = state->mcr & (SERIAL_MCR_OUT2 | SERIAL_MCR_LOOP);

    return out2_pin == SERIAL_MCR_OUT2 && serial_irq_id(state, now_ns) != SERIAL_IIR_NONE;
}

uint64_t serial_irq_next_ns(const struct serial_state *state, uint64_t now_ns)
{
    uint64_t timeout_ns;

    if ((state->ier & SERIAL_IER_RDI) == 0 || !serial_rx_timeout_runs(state))
        return TIME_NEVER_NS;
    timeout_ns = serial_rx_timeout_ns(state);
    return now_ns < timeout_ns ? timeout_ns : TIME_NEVER_NS;
}
