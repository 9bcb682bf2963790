/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * i8042 keyboard controller: only its reset line. There is no keyboard and no mouse.
 *
 * Source: IBM PC AT Technical Reference, keyboard controller. Registers:
 *   0 (port 60h)  data
 *   4 (port 64h)  status (read), command (write)
 *
 * Commands: feh pulses the reset line; d1h makes the next data byte the output port, whose bit 0
 * is the reset line, active low. All others are ignored.
 *
 * The status is constant: output buffer full, input buffer empty. The reasons:
 * - A driver that first empties the output buffer gives up after a few bytes and reports that there
 *   is no controller (Linux: 17 reads, 1 ms). With an empty buffer it would send commands and wait
 *   500 ms for each answer.
 * - A reboot that waits until the input buffer is empty does not wait.
 *
 * Every call is under the machine's lock, on any thread.
 */
#ifndef DEVICES_PC_I8042_H
#define DEVICES_PC_I8042_H

#include <assert.h>
#include <stdint.h>

#include "devices/device.h"
#include "devices/guest_request.h"

#define I8042_REG_DATA   0
#define I8042_REG_STATUS 4

#define I8042_STATUS_OUTPUT_FULL 0x01
#define I8042_STATUS_INPUT_FULL  0x02

#define I8042_CMD_WRITE_OUTPUT_PORT 0xd1
#define I8042_CMD_PULSE_RESET       0xfe

#define I8042_OUTPUT_PORT_RESET_N 0x01

struct i8042_state {
    /* 1 if the next data byte is the output port. */
    uint8_t output_port_next;
};
static_assert(sizeof(struct i8042_state) == 1, "the state is the snapshot");

struct i8042_wiring {
    struct guest_request_sink requests;
};

struct i8042 {
    struct device dev;
    struct i8042_state state;
    struct i8042_wiring wiring;
};

/* A controller after power-on. Copies the wiring; guest time does not matter. */
void i8042_init(struct i8042 *i8042, const struct i8042_wiring *wiring, uint64_t now_ns);

#endif
