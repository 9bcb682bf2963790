/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An HPET as a struct: its state, which is the snapshot, and its wiring. hpet.h says what it does;
 * this is what the parts of the chip share.
 */
#ifndef DEVICES_PC_HPET_STATE_H
#define DEVICES_PC_HPET_STATE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/device.h"
#include "devices/irq_line.h"
#include "devices/pc/hpet_timer.h"
#include "devices/tick_policy.h"
#include "devices/timerq.h"

#define HPET_MIN_TIMERS     3
#define HPET_MAX_TIMERS     32
#define HPET_DEFAULT_TIMERS 3

/* Bits of the CONFIG register of the block. */
#define HPET_CONFIG_ENABLE (1u << 0)
#define HPET_CONFIG_LEG_RT (1u << 1)

struct hpet_state {
    /* The counter at start_ns if it runs; else the counter. */
    uint64_t counter;
    /* Guest time at which the counter last started. */
    uint64_t start_ns;
    /* Matches have been dealt with up to this many ticks after the start; 0 while halted. */
    uint64_t done_ticks;
    uint32_t config;
    uint32_t int_status;
    struct hpet_timer_state timers[HPET_MAX_TIMERS];
    /* The lost ticks of each timer. */
    struct tick_policy ticks[HPET_MAX_TIMERS];
};
static_assert(sizeof(struct hpet_state) == 32 + (32 + 24) * HPET_MAX_TIMERS,
              "the state is the snapshot");

struct hpet_wiring {
    struct timerq *timers;
    /* Place in the list of devices. */
    unsigned rank;
    unsigned timer_count;
    /* Lines of GSI 20 to 23. */
    struct irq_line *routes[HPET_ROUTE_COUNT];
    /* Legacy replacement: lines of ISA interrupts 0 and 8 (beside those of PIT and RTC). */
    struct irq_line *irq0;
    struct irq_line *irq8;
    /*
     * Legacy replacement begins (active: before the HPET first drives irq0 and irq8) or ends (after
     * both are low). In between PIT and RTC must not drive these lines. Not called at init.
     */
    void (*legacy)(void *ctx, uint64_t now_ns, bool active);
    /* Sends an interrupt message to a local APIC: a write of data to an address in FEExxxxxh. */
    void (*message)(void *ctx, uint32_t address, uint32_t data);
    void *ctx;
};

struct hpet {
    struct device dev;
    struct hpet_state state;
    struct hpet_wiring wiring;
    struct timer match_timer;
    struct timer owed_timer;
};

#endif
