/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bus: which device answers at which address. The machine has three: ports, memory and MSRs.
 *
 * Before a register access the bus runs the timers that are due, so a register shows what has
 * happened up to now_ns however late the host's timer thread is; but not before one that has
 * nothing to do with time (bus_access_timeless).
 */
#ifndef DEVICES_BUS_H
#define DEVICES_BUS_H

#include <stdint.h>

#include "devices/access.h"
#include "devices/device.h"
#include "devices/timerq.h"

#define BUS_MAX_RANGES 32

struct bus_range {
    uint64_t base;
    uint64_t length_bytes;
    /* NULL, for MSRs only: nobody's, as of numbers that are captured to be refused. */
    struct device *dev;
    /* Ports and memory: the device's register offset at base: a chip with scattered ports has one
     * range for each. */
    uint32_t first_reg;
};

struct bus {
    struct timerq *timers;
    /* In the order of their addresses. */
    struct bus_range ranges[BUS_MAX_RANGES];
    unsigned range_count;
    /* Index of the range that was found last; of an empty one at first. */
    unsigned recent;
    /* Accesses in no range: reads gave all ones, writes nothing, and MSRs #GP. */
    uint64_t unclaimed_count;
    uint64_t unclaimed_last_addr;
};

void bus_init(struct bus *bus, struct timerq *timers);

/* The ranges of one device are another's from now on. */
void bus_replace(struct bus *bus, const struct device *from, struct device *to);

/*
 * Adds a range. False, and nothing is added, if it is empty, goes beyond the end of all addresses,
 * shares an address with another range, or finds BUS_MAX_RANGES of them there.
 */
bool bus_attach(struct bus *bus, struct bus_range range);

/* Read of size_bytes (1, 2, 4 or 8) at addr. An access belongs to a range if its first byte does.
 */
uint64_t bus_read(struct bus *bus, uint64_t now_ns, uint64_t addr, unsigned size_bytes);

/* Write of the low size_bytes bytes of value at addr. */
void bus_write(struct bus *bus, uint64_t now_ns, uint64_t addr, unsigned size_bytes,
               uint64_t value);

/*
 * An access of any kind; one that reads gets its value. False, for an MSR only, if the guest is to
 * get #GP.
 */
bool bus_access(struct bus *bus, uint64_t now_ns, struct access *access);

/*
 * Makes an access to a port or to memory that has nothing to do with time: nobody answers it, or
 * the device says so (is_timeless). No timer is run; latest_ns is a time that the devices were
 * given before. False: nothing was done, and it is to be made with the time.
 */
bool bus_access_timeless(struct bus *bus, uint64_t latest_ns, struct access *access);

/* Resets every device, each once, in the order of their first addresses. */
void bus_reset(struct bus *bus, uint64_t now_ns);

#endif
