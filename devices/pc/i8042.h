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
 * Input buffer: always empty, so that a reboot that waits for that does not wait.
 *
 * Output buffer: after power-on, a reset and each write it holds 255 bytes, all ffh. Once they are
 * read it is empty. The reasons:
 * - A driver that first empties the buffer gives up after a few bytes and reports that there is no
 *   controller (Linux: 17 reads of the status, 1 ms). With an empty buffer it would send commands
 *   and wait 500 ms for each answer. Linux writes nothing and reads 16 bytes, so each kernel that
 *   kexec starts finds the buffer full, too, up to the 15th.
 * - A program that reads until the buffer is empty comes to an end.
 * - One that waits for the answer to a command gets one, which is not what a keyboard answers.
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

/* What the output buffer holds after a write. */
#define I8042_OUTPUT_BYTES 255

struct i8042_state {
    /* How many bytes the output buffer still holds. */
    uint8_t output_bytes;
    /* 1 if the next data byte is the output port. */
    uint8_t output_port_next;
};
static_assert(sizeof(struct i8042_state) == 2, "the state is the snapshot");

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
