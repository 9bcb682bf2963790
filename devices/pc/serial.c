/* SPDX-License-Identifier: BSD-2-Clause */
/* See serial.h. */
#include "devices/pc/serial.h"

#include <stddef.h>

#include "devices/pc/serial_irq.h"
#include "devices/pc/serial_modem.h"
#include "devices/pc/serial_rx.h"
#include "devices/state_check.h"

#define POWER_ON_LCR      SERIAL_LCR_WORD_LENGTH
#define IER_WRITABLE_BITS 0x0f
#define FCR_KEPT_BITS     (SERIAL_FCR_ENABLE | SERIAL_FCR_TRIGGER)
#define MSR_DELTA_BITS    0x0f

static struct serial *serial_of(struct device *dev)
{
    return (struct serial *)dev;
}

/*
 * Brings kept bytes in and drives the line. Arms the timer for the end of the receiver's rest, or
 * for the character timeout if that would raise the line.
 */
static void serial_update(struct serial *serial, uint64_t now_ns)
{
    serial_rx_refill(&serial->state, now_ns);
    irq_line_set(serial->wiring.irq, serial_irq_is_high(&serial->state, now_ns));
    timerq_arm(serial->wiring.timers, &serial->rx_timer,
               timerq_earlier(serial_irq_next_ns(&serial->state, now_ns),
                              serial_rx_rest_end_ns(&serial->state)));
}

/* Lets the host refill a receiver that could take could_receive bytes before and is empty now. */
static void offer_rx_room(struct serial *serial, uint64_t now_ns, unsigned could_receive)
{
    bool emptied = serial->state.rx.count == 0 && serial_can_receive(serial) > could_receive;

    if (emptied && serial->wiring.rx_room != NULL)
        serial->wiring.rx_room(serial->wiring.ctx, now_ns);
}

static void rx_timer_due(void *ctx, uint64_t deadline_ns)
{
    struct serial *serial = ctx;
    unsigned could_receive = serial_can_receive(serial);

    serial_update(serial, deadline_ns);
    offer_rx_room(serial, deadline_ns, could_receive);
}

/* Hands waiting bytes to the host until it has no room. */
static void tx_drain(struct serial *serial)
{
    struct serial_fifo *tx = &serial->state.tx;

    while (tx->count > 0 && serial->wiring.tx(serial->wiring.ctx, tx->bytes[0]))
        serial_fifo_pop(tx);
    if (tx->count == 0)
        serial->state.thre_pending = 1;
}

static void write_thr(struct serial *serial, uint64_t now_ns, uint8_t byte)
{
    struct serial_state *state = &serial->state;

    if (serial_in_loopback(state)) {
        serial_rx_loop_back(state, now_ns, byte);
        state->thre_pending = 1;
    } else if (state->tx.count == serial_fifo_capacity(state)) {
        state->tx_dropped_count++;
    } else {
        state->thre_pending = 0;
        serial_fifo_push(&state->tx, byte);
        if (state->tx.count == 1)
            tx_drain(serial);
    }
}

/* Enabling THRI with an empty transmitter interrupts at once; Linux tests for it at start-up. */
static void write_ier(struct serial *serial, uint8_t value)
{
    uint8_t changed = serial->state.ier ^ value;

    serial->state.ier = value & IER_WRITABLE_BITS;
    if ((value & SERIAL_IER_RDI) != 0)
        serial_rx_listen(&serial->state);
    if ((changed & SERIAL_IER_THRI) != 0)
        serial->state.thre_pending = (value & SERIAL_IER_THRI) != 0 && serial->state.tx.count == 0;
}

static bool rts_is_raised(const struct serial_state *state)
{
    return (state->mcr & (SERIAL_MCR_RTS | SERIAL_MCR_LOOP)) == SERIAL_MCR_RTS;
}

static void write_mcr(struct serial_state *state, uint8_t value)
{
    bool rts_was_raised = rts_is_raised(state);

    serial_modem_write_mcr(state, value);
    if (serial_in_loopback(state))
        serial_rx_enter_loopback(state);
    if (rts_is_raised(state) && !rts_was_raised)
        serial_rx_listen(state);
}

static void write_fcr(struct serial *serial, uint64_t now_ns, uint8_t value)
{
    bool switched = ((serial->state.fcr ^ value) & SERIAL_FCR_ENABLE) != 0;
    bool enable = (value & SERIAL_FCR_ENABLE) != 0;

    /* The other bits count only if bit 0 is set with them. */
    serial->state.fcr = enable ? value & FCR_KEPT_BITS : 0;
    if (switched || (enable && (value & SERIAL_FCR_CLEAR_RX) != 0))
        serial_rx_clear(&serial->state, now_ns);
    if ((switched || (enable && (value & SERIAL_FCR_CLEAR_TX) != 0)) &&
        serial->state.tx.count > 0) {
        serial->state.tx.count = 0;
        serial->state.thre_pending = 1;
    }
}

/* Reading IIR acknowledges the THRE interrupt, but only if that is the one it shows. */
static uint8_t read_iir(struct serial *serial, uint64_t now_ns)
{
    uint8_t id = serial_irq_id(&serial->state, now_ns);

    if (id == SERIAL_IIR_THRI)
        serial->state.thre_pending = 0;
    return id | (serial_fifos_on(&serial->state) ? SERIAL_IIR_FIFO_ON : 0);
}

static uint8_t read_rbr(struct serial *serial, uint64_t now_ns)
{
    uint8_t byte = serial_rx_read(&serial->state, now_ns);

    serial_rx_poll(&serial->state, true);
    return byte;
}

static uint8_t read_lsr(struct serial *serial)
{
    uint8_t lsr = serial->state.lsr_errors;

    serial_rx_poll(&serial->state, false);
    if (serial_fifos_on(&serial->state) && serial->state.rx_breaks != 0)
        lsr |= SERIAL_LSR_FIFO_ERROR;
    serial->state.lsr_errors = 0;
    if (serial->state.rx.count > 0)
        lsr |= SERIAL_LSR_DR;
    if (serial->state.tx.count == 0)
        lsr |= SERIAL_LSR_THRE | SERIAL_LSR_TEMT;
    return lsr;
}

static uint8_t read_byte(struct serial *serial, uint64_t now_ns, uint32_t reg)
{
    bool dlab = (serial->state.lcr & SERIAL_LCR_DLAB) != 0;

    switch (reg) {
    case SERIAL_REG_RBR_THR:
        return dlab ? (uint8_t)serial->state.divisor : read_rbr(serial, now_ns);
    case SERIAL_REG_IER:
        return dlab ? (uint8_t)(serial->state.divisor >> 8) : serial->state.ier;
    case SERIAL_REG_IIR_FCR:
        return read_iir(serial, now_ns);
    case SERIAL_REG_LCR:
        return serial->state.lcr;
    case SERIAL_REG_MCR:
        return serial->state.mcr;
    case SERIAL_REG_LSR:
        return read_lsr(serial);
    case SERIAL_REG_MSR:
        return serial_modem_read_msr(&serial->state);
    case SERIAL_REG_SCR:
        return serial->state.scr;
    default:
        return 0xff;
    }
}

static void write_divisor(struct serial *serial, uint32_t reg, uint8_t value)
{
    unsigned shift = reg == SERIAL_REG_RBR_THR ? 0 : 8;

    serial->state.divisor =
        (uint16_t)((serial->state.divisor & ~(0xffu << shift)) | (unsigned)value << shift);
}

static void write_byte(struct serial *serial, uint64_t now_ns, uint32_t reg, uint8_t value)
{
    bool dlab = (serial->state.lcr & SERIAL_LCR_DLAB) != 0;

    serial_rx_end_polls(&serial->state, reg == SERIAL_REG_RBR_THR && !dlab);
    if (dlab && reg <= SERIAL_REG_IER) {
        write_divisor(serial, reg, value);
        return;
    }
    switch (reg) {
    case SERIAL_REG_RBR_THR:
        write_thr(serial, now_ns, value);
        break;
    case SERIAL_REG_IER:
        write_ier(serial, value);
        break;
    case SERIAL_REG_IIR_FCR:
        write_fcr(serial, now_ns, value);
        break;
    case SERIAL_REG_LCR:
        serial->state.lcr = value;
        break;
    case SERIAL_REG_MCR:
        write_mcr(&serial->state, value);
        break;
    case SERIAL_REG_SCR:
        serial->state.scr = value;
        break;
    }
}

/*
 * A read of LSR, if the receiver is empty and stays so: it is not one by which the guest begins to
 * listen. It changes nothing but the count of such reads.
 */
static bool serial_is_timeless(const struct device *dev, bool is_write, uint32_t reg,
                               unsigned size_bytes)
{
    const struct serial_state *state = &((const struct serial *)dev)->state;

    return !is_write && reg == SERIAL_REG_LSR && size_bytes == 1 && state->rx.count == 0 &&
           state->lsr_errors == 0 && serial_rx_stays(state);
}

static uint64_t serial_read(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes)
{
    struct serial *serial = serial_of(dev);
    unsigned could_receive;
    uint64_t value = 0;

    if (serial_is_timeless(dev, false, reg, size_bytes))
        return read_lsr(serial);
    could_receive = serial_can_receive(serial);
    for (unsigned i = 0; i < size_bytes; i++)
        value |= (uint64_t)read_byte(serial, now_ns, reg + i) << 8 * i;
    serial_update(serial, now_ns);
    offer_rx_room(serial, now_ns, could_receive);
    return value;
}

static void serial_write(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes,
                         uint64_t value)
{
    struct serial *serial = serial_of(dev);
    unsigned could_receive = serial_can_receive(serial);

    for (unsigned i = 0; i < size_bytes; i++)
        write_byte(serial, now_ns, reg + i, (uint8_t)(value >> 8 * i));
    serial_update(serial, now_ns);
    offer_rx_room(serial, now_ns, could_receive);
}

struct serial_fifo serial_unread(const struct serial *serial)
{
    struct serial_state cleared = serial->state;

    serial_rx_clear(&cleared, cleared.rx_activity_ns);
    return cleared.rx_unseen;
}

void serial_give_unread(struct serial *serial, const struct serial_fifo *unread)
{
    serial->state.rx_unseen = *unread;
}

/* What the guest has not read stays for the one that follows. */
static void power_on(struct serial *serial, uint64_t now_ns)
{
    struct serial_fifo unseen = serial_unread(serial);

    serial->state = (struct serial_state){
        .rx_activity_ns = now_ns, .rx_unseen = unseen, .divisor = 1, .lcr = POWER_ON_LCR};
    serial_update(serial, now_ns);
}

static void serial_reset(struct device *dev, uint64_t now_ns)
{
    struct serial *serial = serial_of(dev);
    power_on(serial, now_ns);
}

/* In loopback, and while the guest does not listen, the receiver has no byte of the host. */
static bool rx_is_valid(const struct serial_state *state)
{
    unsigned from_host = (unsigned)state->rx.count - state->rx_looped;

    if (state->rx.count > serial_fifo_capacity(state) || state->rx_looped > state->rx.count)
        return false;
    if (state->rx_breaks >> state->rx.count != 0 ||
        (state->rx_breaks & ((1u << state->rx_looped) - 1)) != 0)
        return false;
    if ((serial_in_loopback(state) || !state->rx_listening) && from_host > 0)
        return false;
    return state->rx_unseen.count + from_host <= SERIAL_FIFO_BYTES &&
           is_flag(state->rx_listening) &&
           state->rx_polls < (state->rx_listening ? 1 : SERIAL_RX_POLLS) &&
           state->rx_rbr_polls < (state->rx_listening ? 1 : SERIAL_RX_POLLS);
}

static bool serial_state_is_valid(const struct device *dev, uint64_t now_ns, const void *saved)
{
    const struct serial_state *state = saved;

    (void)dev;
    return state->rx_activity_ns <= now_ns && rx_is_valid(state) &&
           state->tx.count <= serial_fifo_capacity(state) &&
           has_only(state->ier, IER_WRITABLE_BITS) &&
           has_only(state->fcr, serial_fifos_on(state) ? FCR_KEPT_BITS : 0) &&
           has_only(state->mcr, SERIAL_MCR_WRITABLE_BITS) &&
           has_only(state->lsr_errors, SERIAL_LSR_OE | SERIAL_LSR_BI) &&
           has_only(state->msr_deltas, MSR_DELTA_BITS) && is_flag(state->thre_pending) &&
           is_zero(state->pad, sizeof(state->pad));
}

static void serial_rearm(struct device *dev, uint64_t now_ns)
{
    serial_update(serial_of(dev), now_ns);
}

static const struct device_ops serial_ops = {
    .name = "serial",
    .read = serial_read,
    .write = serial_write,
    .is_timeless = serial_is_timeless,
    .reset = serial_reset,
    .state_version = 2,
    .state_offset = offsetof(struct serial, state),
    .state_size_bytes = sizeof(struct serial_state),
    .state_is_valid = serial_state_is_valid,
    .rearm = serial_rearm,
};

void serial_init(struct serial *serial, const struct serial_wiring *wiring, uint64_t now_ns)
{
    *serial = (struct serial){.dev = {&serial_ops}, .wiring = *wiring};
    timer_init(&serial->rx_timer, timer_rank(wiring->rank, 0), rx_timer_due, serial);
    power_on(serial, now_ns);
}

unsigned serial_can_receive(const struct serial *serial)
{
    return serial_rx_room(&serial->state);
}

unsigned serial_receive(struct serial *serial, uint64_t now_ns, const uint8_t *bytes, unsigned n)
{
    unsigned taken = serial_rx_take(&serial->state, now_ns, bytes, n);

    if (taken > 0)
        serial_update(serial, now_ns);
    return taken;
}

bool serial_receive_break(struct serial *serial, uint64_t now_ns)
{
    bool taken = serial_rx_take_break(&serial->state, now_ns);

    if (taken)
        serial_update(serial, now_ns);
    return taken;
}

void serial_tx_ready(struct serial *serial, uint64_t now_ns)
{
    if (serial->state.tx.count == 0)
        return;
    tx_drain(serial);
    serial_update(serial, now_ns);
}
