/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PIT: Intel 8254 with three counters, and port 61h of the PC around counter 2.
 *
 * Sources: Intel 8254 data sheet (order 231164); port 61h: IBM PC/AT technical reference and Intel
 * ICH data sheets, NMI_SC. Registers, one byte each:
 *   0 to 2  counters 0 to 2 (ports 40h to 42h): read and write the count, read a latched status
 *   3       control word (port 43h): write only, reads as ones
 *   4       port 61h: 0 GATE 2, 1 speaker data, 2 and 3 NMI enables (kept, no effect), 4 refresh
 *           toggle (read only), 5 OUT 2 (read only), 7 and 6 read 0
 * A wider access is one access per byte. Bytes beyond the chip read as ones.
 *
 * CLK is 105/88 MHz for all counters and ticks from power-on. Nothing that the guest can read
 * depends on a timer. GATE 0 and 1 are always high. The refresh toggle changes every 18 CLKs
 * (15.085 us), whatever counter 1 holds.
 *
 * Power-on, where the data sheet promises nothing: all counters are in mode 3 without a count. OUT
 * is high, and nothing interrupts.
 *
 * IRQ 0 is edge-triggered. At each rising edge of OUT 0 the line is set and cleared.
 *
 * Lost ticks. Of the edges that a late host has missed one is delivered, because an interrupt
 * controller would hold one. The others are lost ticks, and so is an edge of which the line says
 * that it was merged. state.ticks says what becomes of them (tick_policy.h). No register tells that
 * the guest has taken an interrupt; pit_irq0_noticed does. Owed ticks are dropped when the guest
 * writes the control word or the count of counter 0.
 *
 * Not modelled: speaker sound, NMI sources, the refresh rate of counter 1.
 *
 * Times are guest time. Every call is under the machine's lock, on any thread.
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
/* Bits of the read-back command. A NO_ bit that is 0 latches. */
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
    /* The lost ticks of IRQ 0. */
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

/* A PIT in its power-on state at now_ns, which is CLK pulse 0. Copies the wiring. */
void pit_init(struct pit *pit, const struct pit_wiring *wiring, uint64_t now_ns);

/*
 * Chooses the policy for lost ticks. Without this call they are dropped. Before the PIT first runs.
 */
void pit_set_lost_ticks(struct pit *pit, enum lost_ticks kind);

/*
 * KVM has told of `eois` EOIs, 1 or more, of IRQ 0. Without such notices guest time paces what is
 * owed. Ignored while IRQ 0 is disconnected.
 */
void pit_irq0_noticed(struct pit *pit, uint64_t now_ns, uint64_t eois);

/* Whether such a notice is to be passed on at once, and not only before the next tick. */
bool pit_irq0_waits_for_notice(const struct pit *pit);

/* The count of a counter, as a read would show it without a latch. */
uint16_t pit_count(const struct pit *pit, uint64_t now_ns, unsigned counter);

/* Drops the ticks that are owed. */
void pit_forget_ticks(struct pit *pit);

/*
 * Connects IRQ 0 to OUT 0, or disconnects it, as legacy replacement of the HPET does. Owed ticks
 * are dropped. A reset connects it.
 */
void pit_set_irq_enabled(struct pit *pit, uint64_t now_ns, bool enabled);

#endif
