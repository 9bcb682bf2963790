/* SPDX-License-Identifier: BSD-2-Clause */
/* A UART on a bus, and a host that takes what it sends, for its tests. */
#ifndef TESTS_UNIT_SERIAL_RIG_H
#define TESTS_UNIT_SERIAL_RIG_H

#include "tests/unit/unit.h"

#include "devices/bus.h"
#include "devices/pc/serial.h"

#define PORT_BASE 0x3f8

struct rig {
    struct timerq timers;
    struct bus bus;
    struct irq_line irq;
    struct serial serial;
    uint8_t sent[64];
    unsigned sent_count;
    /* Bytes that the host takes, of all that are sent. */
    unsigned host_room;
    unsigned rx_room_count;
    /* Bytes that the host has when the receiver has been drained. */
    unsigned refill_bytes;
    /* A text that the host has for the guest from the start, as from a pipe. NULL for none. */
    const char *input;
};

static bool on_tx(void *ctx, uint8_t byte)
{
    struct rig *rig = ctx;

    if (rig->sent_count == rig->host_room)
        return false;
    rig->sent[rig->sent_count++] = byte;
    return true;
}

static void on_rx_room(void *ctx, uint64_t now_ns)
{
    static const uint8_t refill[SERIAL_FIFO_BYTES] = "refill";
    struct rig *rig = ctx;

    rig->rx_room_count++;
    serial_receive(&rig->serial, now_ns, refill, rig->refill_bytes);
    while (rig->input != NULL && *rig->input != 0 &&
           serial_receive(&rig->serial, now_ns, (const uint8_t *)rig->input, 1) == 1)
        rig->input++;
}

static inline void rig_init(struct rig *rig)
{
    *rig = (struct rig){.host_room = sizeof(rig->sent)};
    bus_init(&rig->bus, &rig->timers);
    serial_init(&rig->serial,
                &(struct serial_wiring){&rig->timers, 0, &rig->irq, on_tx, on_rx_room, rig}, 0);
    bus_attach(&rig->bus, (struct bus_range){PORT_BASE, SERIAL_LENGTH_BYTES, &rig->serial.dev, 0});
}

static inline uint8_t in(struct rig *rig, uint64_t now_ns, uint32_t reg)
{
    return (uint8_t)bus_read(&rig->bus, now_ns, PORT_BASE + reg, 1);
}

static inline void out(struct rig *rig, uint64_t now_ns, uint32_t reg, uint8_t value)
{
    bus_write(&rig->bus, now_ns, PORT_BASE + reg, 1, value);
}

#endif
