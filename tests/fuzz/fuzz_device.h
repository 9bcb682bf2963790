/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One device under fuzzing. The input is a program of operations: reads and writes of registers or
 * MSRs, steps of time from a nanosecond to centuries, reset, save and load, load of arbitrary
 * bytes, and what the host does to the chip. It runs on two machines at once: the first   on time:
 * timers run at their deadlines, the first 64 of a step the second  late: timers run only before an
 * access; at each save and load, a new chip that has loaded the first one's state takes over After
 * each operation: both read the same, their lines have the same level, no run of the timers fires
 * more than a few, or makes more events than the chip says, however much time has passed; timers
 * fire no more often than the chip's clock ticks; and load takes every state that a save gives.
 */
#ifndef TESTS_FUZZ_FUZZ_DEVICE_H
#define TESTS_FUZZ_FUZZ_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include "devices/bus.h"
#include "devices/guest_request.h"
#include "devices/irq_line.h"
#include "devices/timerq.h"
#include "tests/fuzz/fuzz.h"

#define FUZZ_LINES 8

/* The surroundings of a chip. */
struct fuzz_host {
    void *chip;
    struct timerq timers;
    struct irq_line lines[FUZZ_LINES];
    /* Changes of lines, and calls of other functions of the wiring. */
    uint64_t event_count;
    /* For host_act: it outlives the chip; 0 at first. */
    uint64_t flags;
};

struct fuzz_device {
    /* Size of the chip, whose first member is its struct device. */
    size_t chip_bytes;
    uint64_t length_bytes;
    /*
     * For a device of MSRs their numbers, or else NULL: register n is that of number n % msr_count,
     * of vCPU n / msr_count. Then length_bytes is that of all of them.
     */
    const uint32_t *msrs;
    unsigned msr_count;
    void (*init)(void *chip, struct fuzz_host *host, uint64_t now_ns);
    /* Something that the host does to the chip, chosen by a number; may be NULL. */
    void (*host_act)(void *chip, struct fuzz_host *host, uint64_t now_ns, uint64_t choice);
    /* At most this many events in one access or one run of the timers. */
    unsigned max_events;
    /* Beside one for each operation, timers fire at most this often. */
    struct rate max_fire_rate;
};

/* The chip of this program. */
extern const struct fuzz_device fuzz_device;

/* For wirings: ctx is the struct fuzz_host. */
void fuzz_on_request(void *ctx, enum guest_request request, uint32_t value);

#endif
