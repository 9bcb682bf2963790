/* SPDX-License-Identifier: BSD-2-Clause */
/* See reset_control.h. */
#include "devices/pc/reset_control.h"

#include <stddef.h>

#include "devices/state_check.h"

#define CF9_KEPT_BITS (RESET_CONTROL_CF9_SYSTEM | RESET_CONTROL_CF9_POWER)

static struct reset_control *reset_control_of(struct device *dev)
{
    return (struct reset_control *)dev;
}

static uint64_t reset_control_read(struct device *dev, uint64_t now_ns, uint32_t reg,
                                   unsigned size_bytes)
{
    const struct reset_control_state *state = &reset_control_of(dev)->state;

    (void)now_ns;
    (void)size_bytes;
    return ~UINT64_C(0xff) | (reg == RESET_CONTROL_REG_CF9 ? state->cf9 : state->port_a);
}

static void reset_control_write(struct device *dev, uint64_t now_ns, uint32_t reg,
                                unsigned size_bytes, uint64_t value)
{
    struct reset_control *control = reset_control_of(dev);
    bool is_cf9 = reg == RESET_CONTROL_REG_CF9;
    unsigned reset_bit = is_cf9 ? RESET_CONTROL_CF9_RESET : RESET_CONTROL_PORT_A_RESET;

    (void)now_ns;
    (void)size_bytes;
    if (is_cf9)
        control->state.cf9 = value & CF9_KEPT_BITS;
    else
        control->state.port_a = (uint8_t)value & (uint8_t)~RESET_CONTROL_PORT_A_RESET;
    if ((value & reset_bit) != 0)
        guest_request_send(&control->wiring.requests, GUEST_RESET, 0);
}

static void reset_control_reset(struct device *dev, uint64_t now_ns)
{
    (void)now_ns;
    reset_control_of(dev)->state = (struct reset_control_state){.port_a = RESET_CONTROL_PORT_A_A20};
}

static bool reset_control_state_is_valid(const struct device *dev, uint64_t now_ns,
                                         const void *saved)
{
    const struct reset_control_state *state = saved;

    (void)dev;
    (void)now_ns;
    return (state->port_a & RESET_CONTROL_PORT_A_RESET) == 0 &&
           has_only(state->cf9, CF9_KEPT_BITS) && is_zero(state->pad, sizeof(state->pad));
}

static const struct device_ops reset_control_ops = {
    .name = "reset-control",
    .read = reset_control_read,
    .write = reset_control_write,
    .reset = reset_control_reset,
    .state_version = 1,
    .state_offset = offsetof(struct reset_control, state),
    .state_size_bytes = sizeof(struct reset_control_state),
    .state_is_valid = reset_control_state_is_valid,
};

void reset_control_init(struct reset_control *control, const struct reset_control_wiring *wiring,
                        uint64_t now_ns)
{
    *control = (struct reset_control){.dev = {&reset_control_ops}, .wiring = *wiring};
    reset_control_reset(&control->dev, now_ns);
}
