/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PIT: Intel 8254 with three counters, and port 61h of the PC around counter 2.
 *
 * Sources: Intel 8254 data sheet (order 231164); port 61h: IBM PC/AT technical reference and Intel
 * ICH data sheets, NMI_SC. Registers, one byte each:
 *   0 to 2  counters 0 to 2 (ports 40h to 42h): read and write the count, read a latched status
 *   3       control word (port 43h), write only; reads as ones
 *   4       port 61h: 0 GATE 2, 1 speaker data, 2 and 3 NMI enables (kept, no effect),
 *           4 refresh toggle (read only), 5 OUT 2 (read only), 7 and 6 read 0
 * A wider access is one access per byte; bytes beyond the chip read as ones.
 *
 * CLK is 105/88 MHz for all counters and ticks from power-on; nothing that the guest can read
 * depends on a timer. GATE 0 and 1 are high for good. The refresh toggle changes every 18 CLKs
 * (15.085 us) whatever counter 1 holds. After power-on, where the data sheet promises nothing, all
 * counters are in mode 3 without a count: OUT is high and nothing interrupts.
 *
 * IRQ 0 is edge-triggered and follows the rising edge of OUT 0: at each one the line is set and
 * cleared. Of the edges that a late host has missed one is delivered, as by an interrupt
 * controller, which holds one; state.ticks says what becomes of the others (tick_policy.h), and of
 * those that the line says were merged with one that the guest had not taken. No register tells
 * that the guest has taken an interrupt; pit_irq0_noticed does.
 * Nothing is owed any more when the guest writes the control word or the count of counter 0.
 *
 * Not modelled: speaker sound, NMI sources, the refresh rate of counter 1.
 */
#ifndef DEVICES_PC_PIT_H
#define DEVICES_PC_PIT_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/device.h"
#include "devices/irq_line.h"
#include "devices/pc/pit_counter.h"
#include "devices/tick_policy.h"
#include "devices/timerq.h"

#define PIT_REG_COUNTER(n) ((uint32_t)(n))
#define PIT_REG_CONTROL    3
#define PIT_REG_PORT61     4
#define PIT_REG_COUNT      5
#define PIT_COUNTERS       3

/* Bits 7..6 of the control word: a counter, or the read-back command. */
#define PIT_CONTROL_SELECT(n) ((unsigned)(n) << 6)
#define PIT_CONTROL_READ_BACK (3u << 6)
/* Read-back command: low means do latch. */
#define PIT_READ_BACK_NO_COUNT   (1u << 5)
#define PIT_READ_BACK_NO_STATUS  (1u << 4)
#define PIT_READ_BACK_COUNTER(n) (2u << (n))

#define PIT_PORT61_GATE2   (1u << 0)
#define PIT_PORT61_SPEAKER (1u << 1)
#define PIT_PORT61_REFRESH (1u << 4)
#define PIT_PORT61_OUT2    (1u << 5)

#define PIT_REFRESH_TICKS 18

struct pit_state {
    /* Guest time of CLK pulse 0. */
    uint64_t clk_zero_ns;
    struct pit_counter counters[PIT_COUNTERS];
    /* Bits 3..0 of port 61h. */
    uint8_t port61;
    /* 0 while something else (the HPET in legacy mode) drives IRQ 0. */
    uint8_t irq_enabled;
    uint8_t pad[6];
    /* Rising edges of OUT 0 that were not delivered in time. */
    struct tick_policy ticks;
};
static_assert(sizeof(struct pit_state) == 208, "the state is the snapshot");

struct pit_wiring {
    struct timerq *timers;
    /* Place in the list of devices. */
    unsigned rank;
    struct irq_line *irq0;
};

struct pit {
    struct device dev;
    struct pit_state state;
    struct pit_wiring wiring;
    struct timer out0_timer;
    struct timer owed_timer;
};

/* A PIT in its power-on state at now_ns. */
void pit_init(struct pit *pit, const struct pit_wiring *wiring, uint64_t now_ns);

/* What becomes of missed edges; out of init, they are dropped. For a PIT that has not run yet. */
void pit_set_lost_ticks(struct pit *pit, enum lost_ticks kind);

/* The guest has made so many EOIs of IRQ 0. Without such notices guest time paces what is owed. */
void pit_irq0_noticed(struct pit *pit, uint64_t now_ns, uint64_t eois);

/* Of the edges that were missed none is owed any more: they are dropped. */
void pit_forget_ticks(struct pit *pit);

/* Lets OUT 0 reach IRQ 0, or keeps it from it. Enabled out of reset. */
void pit_set_irq_enabled(struct pit *pit, uint64_t now_ns, bool enabled);

#endif
