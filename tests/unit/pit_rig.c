/* SPDX-License-Identifier: BSD-2-Clause */
/* See pit_rig.h. */
#include "tests/unit/unit.h"

#include "tests/unit/pit_rig.h"

static enum irq_arrival on_irq0(void *ctx, unsigned gsi, bool level)
{
    struct rig *rig = ctx;

    (void)gsi;
    rig->irq_count += level;
    return IRQ_ARRIVED;
}

void rig_init(struct rig *rig)
{
    uint64_t now_ns = 1000;

    *rig = (struct rig){.irq0 = {.drive = on_irq0, .ctx = rig}, .zero_ns = now_ns};
    bus_init(&rig->bus, &rig->timers);
    pit_init(&rig->pit, &(struct pit_wiring){&rig->timers, 0, &rig->irq0}, now_ns);
    bus_attach(&rig->bus, (struct bus_range){0x40, 4, &rig->pit.dev, PIT_REG_COUNTER(0)});
    bus_attach(&rig->bus, (struct bus_range){0x61, 1, &rig->pit.dev, PIT_REG_PORT61});
}

uint64_t ns_of(const struct rig *rig, uint64_t tick)
{
    return rig->zero_ns + ns_from_ticks(tick, RATE_PIT);
}

void out(struct rig *rig, uint64_t tick, uint64_t port, unsigned value)
{
    bus_write(&rig->bus, ns_of(rig, tick), port, 1, value);
}

unsigned in(struct rig *rig, uint64_t tick, uint64_t port)
{
    return bus_read(&rig->bus, ns_of(rig, tick), port, 1) & 0xff;
}

void program(struct rig *rig, uint64_t tick, unsigned n, unsigned mode_bits, unsigned count)
{
    out(rig, tick, PORT_CONTROL, SELECT(n) | BOTH | mode_bits);
    out(rig, tick, PORT_COUNTER(n), count & 0xff);
    out(rig, tick, PORT_COUNTER(n), count >> 8);
}

unsigned in_count(struct rig *rig, uint64_t tick, unsigned n)
{
    unsigned lsb = in(rig, tick, PORT_COUNTER(n));

    return lsb | in(rig, tick, PORT_COUNTER(n)) << 8;
}

unsigned in_status(struct rig *rig, uint64_t tick, unsigned n)
{
    out(rig, tick, PORT_CONTROL,
        PIT_CONTROL_READ_BACK | PIT_READ_BACK_NO_COUNT | PIT_READ_BACK_COUNTER(n));
    return in(rig, tick, PORT_COUNTER(n));
}

bool in_out(struct rig *rig, uint64_t tick, unsigned n)
{
    return (in_status(rig, tick, n) & PIT_STATUS_OUT) != 0;
}

void gate2(struct rig *rig, uint64_t tick, bool level)
{
    out(rig, tick, PORT_B, level ? PIT_PORT61_GATE2 : 0);
}

void assert_out(struct rig *rig, unsigned n, uint64_t first_tick, const char *levels)
{
    for (unsigned i = 0; levels[i] != '\0'; i++)
        assert_int_equal(in_out(rig, first_tick + i, n), levels[i] == '1');
}
