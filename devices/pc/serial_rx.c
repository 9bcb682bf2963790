/* SPDX-License-Identifier: BSD-2-Clause */
/* See serial_rx.h. */
#include "devices/pc/serial_rx.h"

#include "base/time_math.h"
#include "devices/timerq.h"

#define BAUD_CLOCK_HZ 1843200 /* 16 clocks a bit at divisor 1: 115200 baud */

void serial_rx_listen(struct serial_state *state)
{
    state->rx_listening = 1;
    state->rx_polls = state->rx_rbr_polls = 0;
}

/* A guest that waits for its transmitter, or tests itself in loopback, does not look for input. */
void serial_rx_poll(struct serial_state *state, bool of_rbr)
{
    if (state->rx_listening || serial_in_loopback(state) || state->tx.count > 0)
        return;
    state->rx_polls++;
    state->rx_rbr_polls += of_rbr;
    if (state->rx_polls == SERIAL_RX_POLLS || state->rx_rbr_polls == SERIAL_RX_POLLS)
        serial_rx_listen(state);
}

void serial_rx_end_polls(struct serial_state *state, bool by_thr)
{
    state->rx_polls = 0;
    if (!by_thr)
        state->rx_rbr_polls = 0;
}

bool serial_rx_stays(const struct serial_state *state)
{
    return state->rx_listening ||
           (state->rx_polls + 1 < SERIAL_RX_POLLS && serial_rx_rest_end_ns(state) == TIME_NEVER_NS);
}

/* Keeps the host's bytes. They fit: while some are kept, the host gives no more. */
static void keep_unseen(struct serial_state *state)
{
    struct serial_fifo unseen = {0};

    for (unsigned i = state->rx_looped; i < state->rx.count; i++)
        if ((state->rx_breaks >> i & 1) == 0)
            serial_fifo_push(&unseen, state->rx.bytes[i]);
    while (state->rx_unseen.count > 0)
        serial_fifo_push(&unseen, serial_fifo_pop(&state->rx_unseen));
    state->rx_unseen = unseen;
    if ((state->rx_breaks & 1) != 0)
        state->lsr_errors &= (uint8_t)~SERIAL_LSR_BI;
    state->rx_breaks = 0;
    state->rx.count = state->rx_looped;
}

void serial_rx_clear(struct serial_state *state, uint64_t now_ns)
{
    keep_unseen(state);
    state->rx.count = 0;
    state->rx_looped = 0;
    state->rx_listening = 0;
    state->rx_polls = state->rx_rbr_polls = 0;
    state->rx_activity_ns = now_ns;
}

void serial_rx_enter_loopback(struct serial_state *state)
{
    keep_unseen(state);
}

uint64_t serial_rx_rest_end_ns(const struct serial_state *state)
{
    if (state->rx_listening || (state->ier & SERIAL_IER_RDI) == 0)
        return TIME_NEVER_NS;
    return state->rx_activity_ns + SERIAL_RX_REST_NS;
}

void serial_rx_refill(struct serial_state *state, uint64_t now_ns)
{
    if (now_ns >= serial_rx_rest_end_ns(state))
        serial_rx_listen(state);
    if (!state->rx_listening || serial_in_loopback(state) || state->rx.count > 0)
        return;
    while (state->rx_unseen.count > 0 && state->rx.count < serial_fifo_capacity(state)) {
        serial_fifo_push(&state->rx, serial_fifo_pop(&state->rx_unseen));
        state->rx_activity_ns = now_ns;
    }
}

unsigned serial_rx_room(const struct serial_state *state)
{
    if (!state->rx_listening || serial_in_loopback(state) || state->rx_unseen.count > 0)
        return 0;
    return serial_fifo_capacity(state) - state->rx.count;
}

unsigned serial_rx_take(struct serial_state *state, uint64_t now_ns, const uint8_t *bytes,
                        unsigned n)
{
    unsigned room = serial_rx_room(state);
    unsigned taken = n < room ? n : room;

    for (unsigned i = 0; i < taken; i++)
        serial_fifo_push(&state->rx, bytes[i]);
    if (taken > 0)
        state->rx_activity_ns = now_ns;
    return taken;
}

bool serial_rx_take_break(struct serial_state *state, uint64_t now_ns)
{
    if (serial_rx_room(state) == 0)
        return false;
    state->rx_breaks |= (uint16_t)(1u << state->rx.count);
    serial_fifo_push(&state->rx, 0);
    if (state->rx.count == 1)
        state->lsr_errors |= SERIAL_LSR_BI;
    state->rx_activity_ns = now_ns;
    return true;
}

void serial_rx_loop_back(struct serial_state *state, uint64_t now_ns, uint8_t byte)
{
    if (state->rx.count < serial_fifo_capacity(state)) {
        serial_fifo_push(&state->rx, byte);
        state->rx_looped++;
    } else {
        state->lsr_errors |= SERIAL_LSR_OE;
    }
    state->rx_activity_ns = now_ns;
}

uint8_t serial_rx_read(struct serial_state *state, uint64_t now_ns)
{
    if (state->rx.count == 0)
        return 0;
    state->rx_activity_ns = now_ns;
    if (state->rx_looped > 0)
        state->rx_looped--;
    state->rx_breaks >>= 1;
    if ((state->rx_breaks & 1) != 0)
        state->lsr_errors |= SERIAL_LSR_BI;
    return serial_fifo_pop(&state->rx);
}

static unsigned rx_trigger(const struct serial_state *state)
{
    static const uint8_t trigger_bytes[] = {1, 4, 8, 14};

    return serial_fifos_on(state) ? trigger_bytes[state->fcr >> 6] : 1;
}

bool serial_rx_reaches_trigger(const struct serial_state *state)
{
    return state->rx.count >= rx_trigger(state);
}

/* Half bits of a character with its start, parity and stop bits: there may be 1.5 stop bits. */
static unsigned char_half_bits(uint8_t lcr)
{
    unsigned data_bits = 5 + (lcr & SERIAL_LCR_WORD_LENGTH);
    unsigned parity_bits = (lcr & SERIAL_LCR_PARITY) != 0;
    unsigned stop_half_bits = 2;

    if ((lcr & SERIAL_LCR_STOP) != 0)
        stop_half_bits = data_bits == 5 ? 3 : 4;
    return 2 * (1 + data_bits + parity_bits) + stop_half_bits;
}

uint64_t serial_rx_timeout_ns(const struct serial_state *state)
{
    uint64_t clocks_per_bit = UINT64_C(16) * (state->divisor != 0 ? state->divisor : 65536);
    uint64_t clocks = 4 * clocks_per_bit * char_half_bits(state->lcr) / 2;

    return state->rx_activity_ns + ns_from_ticks(clocks, (struct rate){BAUD_CLOCK_HZ, 1});
}

bool serial_rx_timeout_runs(const struct serial_state *state)
{
    return serial_fifos_on(state) && state->rx.count > 0 && state->rx.count < rx_trigger(state);
}
