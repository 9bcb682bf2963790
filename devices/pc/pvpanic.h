/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvpanic: a port by which a guest says that its kernel has panicked.
 *
 * Source: QEMU, docs/specs/pvpanic. One register of one byte:
 *   0 (port 505h)  reads the events that are known; a write says which have happened:
 *                  0 the guest panicked, 1 it panicked and its crash kernel goes on
 *
 * What has happened stays until a reset; each event is passed on when it happens first. Bits that
 * are not known are ignored. A guest finds the port by ACPI's QEMU0001, or knows it.
 *
 * Every call is under the machine's lock, on any thread.
 */
#ifndef DEVICES_PC_PVPANIC_H
#define DEVICES_PC_PVPANIC_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/device.h"
#include "devices/guest_request.h"

#define PVPANIC_LENGTH_BYTES 1

#define PVPANIC_PANICKED     0x01
#define PVPANIC_CRASH_LOADED 0x02

struct pvpanic_state {
    /* The events that have happened. */
    uint8_t events;
    /* 1 if the guest has read the port, as a driver does when it starts. */
    uint8_t was_read;
    uint8_t pad[6];
};
static_assert(sizeof(struct pvpanic_state) == 8, "the state is the snapshot");

struct pvpanic_wiring {
    struct guest_request_sink requests;
};

struct pvpanic {
    struct device dev;
    struct pvpanic_state state;
    struct pvpanic_wiring wiring;
};

/* A port after power-on. Copies the wiring; guest time does not matter. */
void pvpanic_init(struct pvpanic *pvpanic, const struct pvpanic_wiring *wiring, uint64_t now_ns);

/* The events that have happened since. */
static inline unsigned pvpanic_events(const struct pvpanic *pvpanic)
{
    return pvpanic->state.events;
}

/* Whether the guest uses it, so that it tells of every panic: its driver has asked what is known.
 */
static inline bool pvpanic_has_driver(const struct pvpanic *pvpanic)
{
    return pvpanic->state.was_read != 0;
}

#endif
