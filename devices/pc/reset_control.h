/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reset ports that a PC has beside the keyboard controller's.
 *
 * Registers, attached as two ranges:
 *   0 (port 92h)   system control port A (IBM PS/2 Technical Reference): a 1 in bit 0 resets the
 *                  processor, which always reads 0; bit 1 is the gate of A20, on at first
 *   1 (port CF9h)  reset control (Intel PIIX3, 82371SB data sheet): a 1 in bit 2 resets what bits 1
 *                  and 3 say: processor, system, or power as well
 *
 * Every reset is one of the whole machine. A20 is never masked, though the bit keeps what is
 * written. Of a wider access the low byte counts; one that begins at CF8h is of PCI, not of this.
 *
 * Every call is under the machine's lock, on any thread.
 */
#ifndef DEVICES_PC_RESET_CONTROL_H
#define DEVICES_PC_RESET_CONTROL_H

#include <assert.h>
#include <stdint.h>

#include "devices/device.h"
#include "devices/guest_request.h"

#define RESET_CONTROL_REG_PORT_A 0
#define RESET_CONTROL_REG_CF9    1

#define RESET_CONTROL_PORT_A_RESET 0x01
#define RESET_CONTROL_PORT_A_A20   0x02

#define RESET_CONTROL_CF9_SYSTEM 0x02
#define RESET_CONTROL_CF9_RESET  0x04
#define RESET_CONTROL_CF9_POWER  0x08

struct reset_control_state {
    /* As they read. */
    uint8_t port_a;
    uint8_t cf9;
    uint8_t pad[6];
};
static_assert(sizeof(struct reset_control_state) == 8, "the state is the snapshot");

struct reset_control_wiring {
    struct guest_request_sink requests;
};

struct reset_control {
    struct device dev;
    struct reset_control_state state;
    struct reset_control_wiring wiring;
};

/* Both ports after power-on. Copies the wiring; guest time does not matter. */
void reset_control_init(struct reset_control *control, const struct reset_control_wiring *wiring,
                        uint64_t now_ns);

#endif
