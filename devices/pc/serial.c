/* SPDX-License-Identifier: BSD-2-Clause */
/* See serial.h. */
#include "devices/pc/serial.h"

#include <stddef.h>
#include <string.h>

#include "devices/state_check.h"

#define BAUD_CLOCK_HZ     1843200 /* 16 clocks a bit at divisor 1: 115200 baud */
#define POWER_ON_LCR      SERIAL_LCR_WORD_LENGTH
#define IER_WRITABLE_BITS 0x0f
#define MCR_WRITABLE_BITS 0x1f
#define FCR_KEPT_BITS     (SERIAL_FCR_ENABLE | SERIAL_FCR_TRIGGER)
#define MSR_DELTA_BITS    0x0f

static struct serial *serial_of(struct device *dev)
{
    return (struct serial *)dev;
}

static void fifo_push(struct serial_fifo *fifo, uint8_t byte)
{
    assert(fifo->count < SERIAL_FIFO_BYTES);
    fifo->bytes[fifo->count++] = byte;
}

static uint8_t fifo_pop(struct serial_fifo *fifo)
{
    uint8_t byte = fifo->bytes[0];

    assert(fifo->count > 0);
    fifo->count--;
    memmove(fifo->bytes, fifo->bytes + 1, fifo->count);
    return byte;
}

static bool fifos_on(const struct serial *serial)
{
    return (serial->state.fcr & SERIAL_FCR_ENABLE) != 0;
}

static bool in_loopback(const struct serial *serial)
{
    return (serial->state.mcr & SERIAL_MCR_LOOP) != 0;
}

static unsigned fifo_capacity(const struct serial *serial)
{
    return fifos_on(serial) ? SERIAL_FIFO_BYTES : 1;
}

static unsigned rx_trigger(const struct serial *serial)
{
    static const uint8_t trigger_bytes[] = {1, 4, 8, 14};

    return fifos_on(serial) ? trigger_bytes[serial->state.fcr >> 6] : 1;
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

/* Guest time of the character timeout: four characters after the receiver's last activity. */
static uint64_t rx_timeout_deadline_ns(const struct serial *serial)
{
    uint64_t clocks_per_bit =
        UINT64_C(16) * (serial->state.divisor != 0 ? serial->state.divisor : 65536);
    uint64_t clocks = 4 * clocks_per_bit * char_half_bits(serial->state.lcr) / 2;

    return serial->state.rx_activity_ns + ns_from_ticks(clocks, (struct rate){BAUD_CLOCK_HZ, 1});
}

/* Whether the character timeout applies: bytes wait, and too few to reach the trigger. */
static bool rx_timeout_runs(const struct serial *serial)
{
    return fifos_on(serial) && serial->state.rx.count > 0 &&
           serial->state.rx.count < rx_trigger(serial);
}

/* IIR bits 3..0 at now_ns: the interrupt of the highest priority (PC16550D, table IV). */
static uint8_t interrupt_id(const struct serial *serial, uint64_t now_ns)
{
    const struct serial_state *state = &serial->state;

    if ((state->ier & SERIAL_IER_RLSI) != 0 && state->lsr_errors != 0)
        return SERIAL_IIR_RLSI;
    if ((state->ier & SERIAL_IER_RDI) != 0 && state->rx.count >= rx_trigger(serial))
        return SERIAL_IIR_RDI;
    if ((state->ier & SERIAL_IER_RDI) != 0 && rx_timeout_runs(serial) &&
        now_ns >= rx_timeout_deadline_ns(serial))
        return SERIAL_IIR_RX_TIMEOUT;
    if ((state->ier & SERIAL_IER_THRI) != 0 && state->thre_pending != 0)
        return SERIAL_IIR_THRI;
    if ((state->ier & SERIAL_IER_MSI) != 0 && state->msr_deltas != 0)
        return SERIAL_IIR_MSI;
    return SERIAL_IIR_NONE;
}

/* Drives the line, and arms the timer for the character timeout if that would raise it. */
static void serial_update(struct serial *serial, uint64_t now_ns)
{
    uint8_t out2_pin = serial->state.mcr & (SERIAL_MCR_OUT2 | SERIAL_MCR_LOOP);
    uint64_t deadline_ns = rx_timeout_deadline_ns(serial);

    irq_line_set(serial->wiring.irq,
                 out2_pin == SERIAL_MCR_OUT2 && interrupt_id(serial, now_ns) != SERIAL_IIR_NONE);
    if ((serial->state.ier & SERIAL_IER_RDI) != 0 && rx_timeout_runs(serial) &&
        now_ns < deadline_ns)
        timerq_arm(serial->wiring.timers, &serial->rx_timeout_timer, deadline_ns);
    else
        timerq_cancel(serial->wiring.timers, &serial->rx_timeout_timer);
}

static void rx_timeout(void *ctx, uint64_t deadline_ns)
{
    serial_update(ctx, deadline_ns);
}

/* Lets the host refill a receiver that could take could_receive bytes before and is empty now. */
static void offer_rx_room(struct serial *serial, uint64_t now_ns, unsigned could_receive)
{
    bool emptied = serial->state.rx.count == 0 && serial_can_receive(serial) > could_receive;

    if (emptied && serial->wiring.rx_room != NULL)
        serial->wiring.rx_room(serial->wiring.ctx, now_ns);
}

/* Hands waiting bytes to the host until it has no room. */
static void tx_drain(struct serial *serial)
{
    struct serial_fifo *tx = &serial->state.tx;

    while (tx->count > 0 && serial->wiring.tx(serial->wiring.ctx, tx->bytes[0]))
        fifo_pop(tx);
    if (tx->count == 0)
        serial->state.thre_pending = 1;
}

static void loop_back(struct serial *serial, uint64_t now_ns, uint8_t byte)
{
    if (serial->state.rx.count < fifo_capacity(serial))
        fifo_push(&serial->state.rx, byte);
    else
        serial->state.lsr_errors |= SERIAL_LSR_OE;
    serial->state.rx_activity_ns = now_ns;
    serial->state.thre_pending = 1;
}

static void write_thr(struct serial *serial, uint64_t now_ns, uint8_t byte)
{
    struct serial_state *state = &serial->state;

    if (in_loopback(serial)) {
        loop_back(serial, now_ns, byte);
    } else if (state->tx.count == fifo_capacity(serial)) {
        state->tx_dropped_count++;
    } else {
        state->thre_pending = 0;
        fifo_push(&state->tx, byte);
        if (state->tx.count == 1)
            tx_drain(serial);
    }
}

/* Enabling THRI with an empty transmitter interrupts at once; Linux tests for it at start-up. */
static void write_ier(struct serial *serial, uint8_t value)
{
    uint8_t changed = serial->state.ier ^ value;

    serial->state.ier = value & IER_WRITABLE_BITS;
    if ((changed & SERIAL_IER_THRI) != 0)
        serial->state.thre_pending = (value & SERIAL_IER_THRI) != 0 && serial->state.tx.count == 0;
}

static void write_fcr(struct serial *serial, uint8_t value)
{
    bool switched = ((serial->state.fcr ^ value) & SERIAL_FCR_ENABLE) != 0;
    bool enable = (value & SERIAL_FCR_ENABLE) != 0;

    /* The other bits count only if bit 0 is set with them. */
    serial->state.fcr = enable ? value & FCR_KEPT_BITS : 0;
    if (switched || (enable && (value & SERIAL_FCR_CLEAR_RX) != 0))
        serial->state.rx.count = 0;
    if ((switched || (enable && (value & SERIAL_FCR_CLEAR_TX) != 0)) &&
        serial->state.tx.count > 0) {
        serial->state.tx.count = 0;
        serial->state.thre_pending = 1;
    }
}

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

static void write_mcr(struct serial *serial, uint8_t value)
{
    uint8_t before = modem_inputs(serial->state.mcr);
    uint8_t after;

    serial->state.mcr = value & MCR_WRITABLE_BITS;
    after = modem_inputs(serial->state.mcr);
    serial->state.msr_deltas |=
        ((before ^ after) >> 4) & (SERIAL_MSR_DCTS | SERIAL_MSR_DDSR | SERIAL_MSR_DDCD);
    if ((before & ~after & SERIAL_MSR_RI) != 0)
        serial->state.msr_deltas |= SERIAL_MSR_TERI;
}

static uint8_t read_rbr(struct serial *serial, uint64_t now_ns)
{
    if (serial->state.rx.count == 0)
        return 0;
    serial->state.rx_activity_ns = now_ns;
    return fifo_pop(&serial->state.rx);
}

/* Reading IIR acknowledges the THRE interrupt, but only if that is the one it shows. */
static uint8_t read_iir(struct serial *serial, uint64_t now_ns)
{
    uint8_t id = interrupt_id(serial, now_ns);

    if (id == SERIAL_IIR_THRI)
        serial->state.thre_pending = 0;
    return id | (fifos_on(serial) ? SERIAL_IIR_FIFO_ON : 0);
}

static uint8_t read_lsr(struct serial *serial)
{
    uint8_t lsr = serial->state.lsr_errors;

    serial->state.lsr_errors = 0;
    if (serial->state.rx.count > 0)
        lsr |= SERIAL_LSR_DR;
    if (serial->state.tx.count == 0)
        lsr |= SERIAL_LSR_THRE | SERIAL_LSR_TEMT;
    return lsr;
}

static uint8_t read_msr(struct serial *serial)
{
    uint8_t msr = modem_inputs(serial->state.mcr) | serial->state.msr_deltas;

    serial->state.msr_deltas = 0;
    return msr;
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
        return read_msr(serial);
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
        write_fcr(serial, value);
        break;
    case SERIAL_REG_LCR:
        serial->state.lcr = value;
        break;
    case SERIAL_REG_MCR:
        write_mcr(serial, value);
        break;
    case SERIAL_REG_SCR:
        serial->state.scr = value;
        break;
    }
}

static uint64_t serial_read(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes)
{
    struct serial *serial = serial_of(dev);
    unsigned could_receive = serial_can_receive(serial);
    uint64_t value = 0;

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

static void power_on(struct serial *serial, uint64_t now_ns)
{
    serial->state =
        (struct serial_state){.rx_activity_ns = now_ns, .divisor = 1, .lcr = POWER_ON_LCR};
    serial_update(serial, now_ns);
}

static void serial_reset(struct device *dev, uint64_t now_ns)
{
    struct serial *serial = serial_of(dev);
    unsigned could_receive = serial_can_receive(serial);

    power_on(serial, now_ns);
    offer_rx_room(serial, now_ns, could_receive);
}

static bool serial_state_is_valid(const struct device *dev, uint64_t now_ns, const void *saved)
{
    const struct serial_state *state = saved;
    struct serial loaded = {.state = *state};

    (void)dev;
    return state->rx_activity_ns <= now_ns && state->rx.count <= fifo_capacity(&loaded) &&
           state->tx.count <= fifo_capacity(&loaded) && has_only(state->ier, IER_WRITABLE_BITS) &&
           has_only(state->fcr, fifos_on(&loaded) ? FCR_KEPT_BITS : 0) &&
           has_only(state->mcr, MCR_WRITABLE_BITS) && has_only(state->lsr_errors, SERIAL_LSR_OE) &&
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
    .reset = serial_reset,
    .state_version = 1,
    .state_offset = offsetof(struct serial, state),
    .state_size_bytes = sizeof(struct serial_state),
    .state_is_valid = serial_state_is_valid,
    .rearm = serial_rearm,
};

void serial_init(struct serial *serial, const struct serial_wiring *wiring, uint64_t now_ns)
{
    *serial = (struct serial){.dev = {&serial_ops}, .wiring = *wiring};
    timer_init(&serial->rx_timeout_timer, rx_timeout, serial);
    power_on(serial, now_ns);
}

unsigned serial_can_receive(const struct serial *serial)
{
    return in_loopback(serial) ? 0 : fifo_capacity(serial) - serial->state.rx.count;
}

unsigned serial_receive(struct serial *serial, uint64_t now_ns, const uint8_t *bytes, unsigned n)
{
    unsigned room = serial_can_receive(serial);
    unsigned taken = n < room ? n : room;

    if (taken == 0)
        return 0;
    for (unsigned i = 0; i < taken; i++)
        fifo_push(&serial->state.rx, bytes[i]);
    serial->state.rx_activity_ns = now_ns;
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
