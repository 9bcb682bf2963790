/* SPDX-License-Identifier: BSD-2-Clause */
/* See i8042.h. */
#include "devices/pc/i8042.h"

#include <stddef.h>

#include "devices/state_check.h"

static struct i8042 *i8042_of(struct device *dev)
{
    return (struct i8042 *)dev;
}

static uint64_t i8042_read(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes)
{
    struct i8042_state *state = &i8042_of(dev)->state;

    (void)now_ns;
    (void)size_bytes;
    if (reg == I8042_REG_STATUS)
        return state->output_bytes > 0 ? I8042_STATUS_OUTPUT_FULL : 0;
    if (reg == I8042_REG_DATA && state->output_bytes > 0)
        state->output_bytes--;
    return UINT64_MAX;
}

static void write_data(struct i8042 *i8042, uint8_t value)
{
    if (i8042->state.output_port_next == 0)
        return;
    i8042->state.output_port_next = 0;
    if ((value & I8042_OUTPUT_PORT_RESET_N) == 0)
        guest_request_send(&i8042->wiring.requests, GUEST_RESET, 0);
}

static void write_command(struct i8042 *i8042, uint8_t command)
{
    i8042->state.output_port_next = command == I8042_CMD_WRITE_OUTPUT_PORT;
    if (command == I8042_CMD_PULSE_RESET)
        guest_request_send(&i8042->wiring.requests, GUEST_RESET, 0);
}

/* The chip is 8 bits wide: of a wider access it sees the low byte. */
static void i8042_write(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes,
                        uint64_t value)
{
    (void)now_ns;
    (void)size_bytes;
    i8042_of(dev)->state.output_bytes = I8042_OUTPUT_BYTES;
    switch (reg) {
    case I8042_REG_DATA:
        write_data(i8042_of(dev), (uint8_t)value);
        break;
    case I8042_REG_STATUS:
        write_command(i8042_of(dev), (uint8_t)value);
        break;
    }
}

static void i8042_reset(struct device *dev, uint64_t now_ns)
{
    (void)now_ns;
    i8042_of(dev)->state = (struct i8042_state){.output_bytes = I8042_OUTPUT_BYTES};
}

static bool i8042_state_is_valid(const struct device *dev, uint64_t now_ns, const void *saved)
{
    const struct i8042_state *state = saved;

    (void)dev;
    (void)now_ns;
    return is_flag(state->output_port_next);
}

static const struct device_ops i8042_ops = {
    .name = "i8042",
    .read = i8042_read,
    .write = i8042_write,
    .reset = i8042_reset,
    .state_version = 2,
    .state_offset = offsetof(struct i8042, state),
    .state_size_bytes = sizeof(struct i8042_state),
    .state_is_valid = i8042_state_is_valid,
};

void i8042_init(struct i8042 *i8042, const struct i8042_wiring *wiring, uint64_t now_ns)
{
    *i8042 = (struct i8042){.dev = {&i8042_ops}, .wiring = *wiring};
    i8042_reset(&i8042->dev, now_ns);
}
