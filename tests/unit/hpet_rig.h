/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine with nothing but an HPET, for its tests. */
#ifndef TESTS_UNIT_HPET_RIG_H
#define TESTS_UNIT_HPET_RIG_H

#include "tests/unit/unit.h"

#include "devices/bus.h"
#include "devices/pc/hpet.h"

#define BASE     UINT64_C(0xfed00000)
#define TICK_NS  UINT64_C(10)
#define DAY_SEC  UINT64_C(86400)
#define ENABLE   HPET_CONFIG_ENABLE
#define LEGACY   (HPET_CONFIG_ENABLE | HPET_CONFIG_LEG_RT)
#define EDGE     HPET_TIMER_INT_ENB
#define LEVEL    (HPET_TIMER_INT_ENB | HPET_TIMER_LEVEL)
#define PERIODIC (HPET_TIMER_PERIODIC | HPET_TIMER_VAL_SET)
#define GSI(n)   ((uint64_t)(n) << HPET_TIMER_ROUTE_SHIFT)

enum {
    LINE_IRQ0,
    LINE_IRQ8,
    LINE_GSI20,
    LINE_COUNT = LINE_GSI20 + HPET_ROUTE_COUNT,
    /* Messages, beside the lines. */
    MESSAGES = LINE_COUNT,
    COUNTER_COUNT,
};

#define MESSAGE_ADDRESS UINT64_C(0xfee01000)
#define MESSAGE_DATA    UINT64_C(0x00004031)
#define MESSAGE_ROUTE   (MESSAGE_ADDRESS << 32 | MESSAGE_DATA)

struct rig {
    struct timerq timers;
    struct bus bus;
    struct hpet hpet;
    struct irq_line lines[LINE_COUNT];
    /* How often a line rose, and how many messages were sent. */
    unsigned rise_count[COUNTER_COUNT];
    uint64_t last_message;
    bool legacy;
    unsigned legacy_change_count;
};

static enum irq_arrival on_drive(void *ctx, unsigned line, bool level)
{
    struct rig *rig = ctx;

    if (level)
        rig->rise_count[line]++;
    return IRQ_ARRIVED;
}

static void on_legacy(void *ctx, uint64_t now_ns, bool active)
{
    struct rig *rig = ctx;

    (void)now_ns;
    assert_int_not_equal(rig->legacy, active);
    assert_false(rig->lines[LINE_IRQ0].level);
    assert_false(rig->lines[LINE_IRQ8].level);
    rig->legacy = active;
    rig->legacy_change_count++;
}

static void on_message(void *ctx, uint32_t address, uint32_t data)
{
    struct rig *rig = ctx;

    rig->rise_count[MESSAGES]++;
    rig->last_message = (uint64_t)address << 32 | data;
}

static inline void rig_init_timers(struct rig *rig, uint64_t now_ns, unsigned timer_count)
{
    struct hpet_wiring wiring = {
        .timers = &rig->timers,
        .timer_count = timer_count,
        .irq0 = &rig->lines[LINE_IRQ0],
        .irq8 = &rig->lines[LINE_IRQ8],
        .legacy = on_legacy,
        .message = on_message,
        .ctx = rig,
    };

    *rig = (struct rig){0};
    bus_init(&rig->bus, &rig->timers);
    for (unsigned i = 0; i < LINE_COUNT; i++)
        rig->lines[i] = (struct irq_line){.drive = on_drive, .ctx = rig, .gsi = i};
    for (unsigned i = 0; i < HPET_ROUTE_COUNT; i++)
        wiring.routes[i] = &rig->lines[LINE_GSI20 + i];
    hpet_init(&rig->hpet, &wiring, now_ns);
    bus_attach(&rig->bus, (struct bus_range){BASE, HPET_LENGTH_BYTES, &rig->hpet.dev, 0});
}

static inline void rig_init(struct rig *rig, uint64_t now_ns)
{
    rig_init_timers(rig, now_ns, HPET_DEFAULT_TIMERS);
}

static inline uint64_t rd(struct rig *rig, uint64_t now_ns, uint32_t reg)
{
    return bus_read(&rig->bus, now_ns, BASE + reg, 8);
}

static inline void wr(struct rig *rig, uint64_t now_ns, uint32_t reg, uint64_t value)
{
    bus_write(&rig->bus, now_ns, BASE + reg, 8, value);
}

static inline uint32_t rd32(struct rig *rig, uint64_t now_ns, uint32_t reg)
{
    return (uint32_t)bus_read(&rig->bus, now_ns, BASE + reg, 4);
}

static inline void wr32(struct rig *rig, uint64_t now_ns, uint32_t reg, uint32_t value)
{
    bus_write(&rig->bus, now_ns, BASE + reg, 4, value);
}

/* Timer n with its comparator (and period), and a counter that starts at counter at now_ns. */
static inline void start(struct rig *rig, uint64_t now_ns, unsigned n, uint64_t timer_config,
                         uint64_t comparator, uint64_t counter)
{
    wr(rig, now_ns, HPET_REG_CONFIG, 0);
    wr(rig, now_ns, HPET_REG_TIMER_CONFIG(n), timer_config);
    wr(rig, now_ns, HPET_REG_TIMER_COMPARATOR(n), comparator);
    wr(rig, now_ns, HPET_REG_COUNTER, counter);
    wr(rig, now_ns, HPET_REG_CONFIG, ENABLE);
}

/* A host that is never late: each match is dealt with at its own time. */
static inline void run_on_time(struct rig *rig, uint64_t until_ns)
{
    while (timerq_next_deadline_ns(&rig->timers) <= until_ns)
        timerq_run(&rig->timers, timerq_next_deadline_ns(&rig->timers));
    timerq_run(&rig->timers, until_ns);
}

#endif
