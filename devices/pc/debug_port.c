/* SPDX-License-Identifier: BSD-2-Clause */
/* See debug_port.h. */
#include "devices/pc/debug_port.h"

#include <stddef.h>

#include "devices/state_check.h"

static struct debug_port *debug_port_of(struct device *dev)
{
    return (struct debug_port *)dev;
}

static uint64_t debug_port_read(struct device *dev, uint64_t now_ns, uint32_t reg,
                                unsigned size_bytes)
{
    (void)now_ns;
    if (reg == DEBUG_PORT_REG_POST && size_bytes == 1)
        return debug_port_of(dev)->state.post_last;
    return UINT64_MAX;
}

static void debug_port_write(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes,
                             uint64_t value)
{
    struct debug_port *port = debug_port_of(dev);

    (void)now_ns;
    (void)size_bytes;
    switch (reg) {
    case DEBUG_PORT_REG_POST:
        port->state.post_last = (uint8_t)value;
        break;
    case DEBUG_PORT_REG_EXIT:
        guest_request_send(&port->wiring.requests, GUEST_DEBUG_EXIT, (uint8_t)value);
        break;
    }
}

static bool debug_port_is_timeless(const struct device *dev, bool is_write, uint32_t reg,
                                   unsigned size_bytes)
{
    (void)dev;
    (void)is_write;
    (void)size_bytes;
    return reg == DEBUG_PORT_REG_POST;
}

static void debug_port_reset(struct device *dev, uint64_t now_ns)
{
    (void)now_ns;
    debug_port_of(dev)->state = (struct debug_port_state){0};
}

static bool debug_port_state_is_valid(const struct device *dev, uint64_t now_ns, const void *saved)
{
    const struct debug_port_state *state = saved;

    (void)dev;
    (void)now_ns;
    return is_zero(state->pad, sizeof(state->pad));
}

static const struct device_ops debug_port_ops = {
    .name = "debug-port",
    .read = debug_port_read,
    .write = debug_port_write,
    .is_timeless = debug_port_is_timeless,
    .reset = debug_port_reset,
    .state_version = 2,
    .state_offset = offsetof(struct debug_port, state),
    .state_size_bytes = sizeof(struct debug_port_state),
    .state_is_valid = debug_port_state_is_valid,
};

void debug_port_init(struct debug_port *port, const struct debug_port_wiring *wiring,
                     uint64_t now_ns)
{
    *port = (struct debug_port){.dev = {&debug_port_ops}, .wiring = *wiring};
    debug_port_reset(&port->dev, now_ns);
}
