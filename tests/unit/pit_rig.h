/* SPDX-License-Identifier: BSD-2-Clause */
/* A PIT on a bus, driven in CLK pulses, for the tests of its modes and of the chip. */
#ifndef TESTS_UNIT_PIT_RIG_H
#define TESTS_UNIT_PIT_RIG_H

#include "devices/bus.h"
#include "devices/pc/pit.h"

#define PORT_COUNTER(n) (0x40u + (n))
#define PORT_CONTROL    0x43
#define PORT_B          0x61

#define MODE(n)   PIT_CONTROL_MODE((unsigned)(n))
#define SELECT(n) PIT_CONTROL_SELECT(n)
#define LSB       PIT_CONTROL_RW_LSB
#define MSB       PIT_CONTROL_RW_MSB
#define BOTH      PIT_CONTROL_RW_BOTH
#define BCD       PIT_CONTROL_BCD

struct rig {
    struct timerq timers;
    struct bus bus;
    struct irq_line irq0;
    struct pit pit;
    /* Guest time of CLK pulse 0. */
    uint64_t zero_ns;
    /* Rising edges of the line. */
    unsigned irq_count;
};

/* A PIT out of reset. */
void rig_init(struct rig *rig);

/* The first nanosecond after CLK pulse `tick`. */
uint64_t ns_of(const struct rig *rig, uint64_t tick);

/* Port accesses of one byte at that time. */
void out(struct rig *rig, uint64_t tick, uint64_t port, unsigned value);
unsigned in(struct rig *rig, uint64_t tick, uint64_t port);

/* Control word and, low byte first, a count for a counter. */
void program(struct rig *rig, uint64_t tick, unsigned n, unsigned mode_bits, unsigned count);

/* Two bytes from a counter's port: its count if nothing else is latched. */
unsigned in_count(struct rig *rig, uint64_t tick, unsigned n);

/* A counter's status byte, and the OUT bit in it, by read-back. */
unsigned in_status(struct rig *rig, uint64_t tick, unsigned n);
bool in_out(struct rig *rig, uint64_t tick, unsigned n);

/* Sets the gate of counter 2 through port 61h. */
void gate2(struct rig *rig, uint64_t tick, bool level);

/* The level of OUT at each of the pulses that the string has a digit for, from first_tick on. */
void assert_out(struct rig *rig, unsigned n, uint64_t first_tick, const char *levels);

#endif
