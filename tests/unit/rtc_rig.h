/* SPDX-License-Identifier: BSD-2-Clause */
/* An RTC on a bus, read and written through its two ports, for its tests. */
#ifndef TESTS_UNIT_RTC_RIG_H
#define TESTS_UNIT_RTC_RIG_H

#include "tests/unit/unit.h"

#include "devices/bus.h"
#include "devices/pc/rtc.h"

#define PORT_INDEX 0x70
#define PORT_DATA  0x71

/* Tuesday 2023-11-14 22:13:20 UTC, and the guest time at which an RTC set to it shows it first. */
#define WALL_NS  INT64_C(1700000000000000000)
#define START_NS (5 * NS_PER_SEC)
#define SEC(n)   (START_NS + (n)*NS_PER_SEC)
#define UIP_NS   (RTC_BEFORE_UPDATE_NS + RTC_UPDATE_NS)

struct rig {
    struct timerq timers;
    struct bus bus;
    struct irq_line irq8;
    struct irq_line alarm;
    struct rtc rtc;
    unsigned dates_set;
    uint64_t date_set_ns;
};

static void on_date_set(void *ctx, uint64_t now_ns)
{
    struct rig *rig = ctx;

    rig->dates_set++;
    rig->date_set_ns = now_ns;
}

/* An RTC that shows wall_ns at START_NS. */
static inline void rig_init(struct rig *rig, int64_t wall_ns)
{
    const struct rtc_wiring wiring = {&rig->timers, 0, &rig->irq8, &rig->alarm, on_date_set, rig};

    *rig = (struct rig){0};
    bus_init(&rig->bus, &rig->timers);
    rtc_init(&rig->rtc, &wiring, START_NS, (uint64_t)wall_ns);
    bus_attach(&rig->bus, (struct bus_range){PORT_INDEX, 2, &rig->rtc.dev, RTC_REG_INDEX});
}

static inline unsigned in(struct rig *rig, uint64_t now_ns, unsigned index)
{
    bus_write(&rig->bus, now_ns, PORT_INDEX, 1, index);
    return bus_read(&rig->bus, now_ns, PORT_DATA, 1) & 0xff;
}

static inline void out(struct rig *rig, uint64_t now_ns, unsigned index, unsigned value)
{
    bus_write(&rig->bus, now_ns, PORT_INDEX, 1, index);
    bus_write(&rig->bus, now_ns, PORT_DATA, 1, value);
}

static inline bool uip(struct rig *rig, uint64_t now_ns)
{
    return (in(rig, now_ns, RTC_A) & RTC_A_UIP) != 0;
}

#endif
