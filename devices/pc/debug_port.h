/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Debug ports: the POST code display at port 80h, and the exit port of test programs.
 *
 * Registers, attached as two ranges:
 *   0     POST code (port 80h): keeps the last byte written, which reads back; 0 at first
 *   1..4  debug exit (port f4h): a write of 1, 2 or 4 bytes ends the machine; its low byte is the
 *         value v of the exit status (v << 1) | 1, as with QEMU's isa-debug-exit
 *
 * Every call is under the machine's lock, on any thread.
 */
#ifndef DEVICES_PC_DEBUG_PORT_H
#define DEVICES_PC_DEBUG_PORT_H

#include <assert.h>
#include <stdint.h>

#include "devices/device.h"
#include "devices/guest_request.h"

#define DEBUG_PORT_REG_POST          0
#define DEBUG_PORT_POST_LENGTH_BYTES 1
#define DEBUG_PORT_REG_EXIT          1
#define DEBUG_PORT_EXIT_LENGTH_BYTES 4

struct debug_port_state {
    uint8_t post_last;
    uint8_t pad[7];
};
static_assert(sizeof(struct debug_port_state) == 8, "the state is the snapshot");

struct debug_port_wiring {
    struct guest_request_sink requests;
};

struct debug_port {
    struct device dev;
    struct debug_port_state state;
    struct debug_port_wiring wiring;
};

/* Debug ports after power-on. Copies the wiring; guest time does not matter. */
void debug_port_init(struct debug_port *port, const struct debug_port_wiring *wiring,
                     uint64_t now_ns);

#endif
