/* SPDX-License-Identifier: BSD-2-Clause */
/* UART; the host sends to it and has, or has not, room for what it sends. */
#include "tests/fuzz/fuzz_device.h"

#include "devices/pc/serial.h"

/* Flags of the host. */
#define REFUSES         1
#define ANSWERS_AT_ONCE 2

static bool on_tx(void *ctx, uint8_t byte)
{
    struct fuzz_host *host = ctx;

    (void)byte;
    host->event_count++;
    return (host->flags & REFUSES) == 0;
}

static void send_to_guest(struct serial *serial, uint64_t now_ns, unsigned n)
{
    static const uint8_t bytes[] = "what the host sends to the guest";
    unsigned room = serial_can_receive(serial);

    n %= sizeof bytes;
    if (serial_receive(serial, now_ns, bytes, n) != (n < room ? n : room))
        fuzz_fail("serial_receive takes another number of bytes than serial_can_receive says");
}

static void on_rx_room(void *ctx, uint64_t now_ns)
{
    struct fuzz_host *host = ctx;

    host->event_count++;
    if ((host->flags & ANSWERS_AT_ONCE) != 0)
        send_to_guest(host->chip, now_ns, SERIAL_FIFO_BYTES);
}

static void init(void *chip, struct fuzz_host *host, uint64_t now_ns)
{
    serial_init(chip,
                &(struct serial_wiring){&host->timers, 0, &host->lines[0], on_tx, on_rx_room, host},
                now_ns);
}

static void host_act(void *chip, struct fuzz_host *host, uint64_t now_ns, uint64_t choice)
{
    switch (choice & 3) {
    case 0:
        send_to_guest(chip, now_ns, (unsigned)(choice >> 2));
        break;
    case 1:
        if ((choice & 4) != 0)
            serial_receive_break(chip, now_ns);
        serial_tx_ready(chip, now_ns);
        break;
    case 2:
        host->flags ^= REFUSES;
        break;
    case 3:
        host->flags ^= ANSWERS_AT_ONCE;
        break;
    }
}

const struct fuzz_device fuzz_device = {
    .chip_bytes = sizeof(struct serial),
    .length_bytes = SERIAL_LENGTH_BYTES,
    .init = init,
    .host_act = host_act,
    /* A full FIFO goes out at once, and the line may change with each byte. */
    .max_events = 2 * SERIAL_FIFO_BYTES + 4,
    .max_fire_rate = {1000000, 1},
};
