/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Six properties that every time device has, checked with random programs of register accesses.
 *
 * 1. split: advancing by a + b equals advancing by a and then by b;
 * 2. shift: a constant added to all times changes nothing but the times (finds a hidden clock);
 * 3. save and load: a new chip that loads the state of another goes on as that one (finds a
 *    forgotten field, and a state that load refuses although a guest can reach it);
 * 4. long run: over 24 hours and 400 days the count of ticks is exact to one;
 * 5. late host: timers that run late give the same register reads as timers on time.
 * 6. company: several devices on one timer queue, saved and loaded, go on in the same order of
 *    events, also of those of one time (finds an order that is in no state).
 * In 1 to 3 and 6 the reads and the changes of the interrupt lines, with their order and
 * their times, are the same.
 */
#ifndef TESTS_UNIT_PROPERTIES_H
#define TESTS_UNIT_PROPERTIES_H

#include <stddef.h>
#include <stdint.h>

#include "base/time_math.h"
#include "devices/bus.h"
#include "devices/irq_line.h"
#include "devices/timerq.h"

/* Interrupt lines that a device under test may drive. */
#define PROPERTY_LINES 8
/* Devices on one queue. */
#define PROPERTY_COMPANY 5

struct time_device {
    const char *name;
    /* Size of the chip, whose first member is its struct device. */
    size_t chip_bytes;
    /* The chip's registers are at 0 up to this on a bus of its own. */
    uint64_t length_bytes;
    /* Steps of random programs are up to 2^max_step_log2 ns. */
    unsigned max_step_log2;

    /* rank: the device's place in the list of devices, as in devices/timerq.h. */
    void (*init)(void *chip, struct timerq *timers, unsigned rank, struct irq_line *lines,
                 uint64_t now_ns);
    /* Some access of a guest, chosen by a random number; returns what it read, or 0. */
    uint64_t (*act)(struct bus *bus, uint64_t now_ns, uint64_t random);

    /*
     * Long run: starts something that ticks, and says how often it has, modulo tick_modulus. NULL
     * for a device without such a thing.
     */
    void (*start_ticks)(struct bus *bus, uint64_t now_ns);
    uint64_t (*ticks)(void *chip, struct bus *bus, uint64_t now_ns, uint64_t irq_rises);
    struct rate tick_rate;
    uint64_t tick_modulus;
};

/*
 * One cmocka test's worth: fails with the name of the device, the property and the step. The
 * company is two of the device, with the same accesses, so that their deadlines are the same.
 */
void assert_properties(const struct time_device *device);

/*
 * Of a device that says of some accesses that they have nothing to do with time: each of them, at
 * each step of a random program, gives and does the same now and a day later, and moves no line and
 * no timer, also not when lines and timers are then driven from the state.
 */
void assert_timeless(const struct time_device *device);

/* The sixth property alone, of the devices up to NULL. */
void assert_company(const struct time_device *const *devices);

#endif
