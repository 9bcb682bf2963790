/* SPDX-License-Identifier: BSD-2-Clause */
/* See pvpanic.h. */
#include "devices/pc/pvpanic.h"

#include <stddef.h>

#include "devices/state_check.h"

#define KNOWN_EVENTS (PVPANIC_PANICKED | PVPANIC_CRASH_LOADED)

static struct pvpanic *pvpanic_of(struct device *dev)
{
    return (struct pvpanic *)dev;
}

static uint64_t pvpanic_read(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes)
{
    (void)now_ns;
    (void)reg;
    (void)size_bytes;
    pvpanic_of(dev)->state.was_read = 1;
    return ~UINT64_C(0xff) | KNOWN_EVENTS;
}

static void pvpanic_write(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes,
                          uint64_t value)
{
    struct pvpanic *pvpanic = pvpanic_of(dev);
    unsigned news = (unsigned)value & KNOWN_EVENTS & ~(unsigned)pvpanic->state.events;

    (void)now_ns;
    (void)reg;
    (void)size_bytes;
    pvpanic->state.events |= (uint8_t)news;
    if ((news & PVPANIC_PANICKED) != 0)
        guest_request_send(&pvpanic->wiring.requests, GUEST_PANICKED, 0);
    if ((news & PVPANIC_CRASH_LOADED) != 0)
        guest_request_send(&pvpanic->wiring.requests, GUEST_CRASH_LOADED, 0);
}

static void pvpanic_reset(struct device *dev, uint64_t now_ns)
{
    (void)now_ns;
    pvpanic_of(dev)->state = (struct pvpanic_state){0};
}

static bool pvpanic_state_is_valid(const struct device *dev, uint64_t now_ns, const void *saved)
{
    const struct pvpanic_state *state = saved;

    (void)dev;
    (void)now_ns;
    return has_only(state->events, KNOWN_EVENTS) && state->was_read <= 1 &&
           is_zero(state->pad, sizeof(state->pad));
}

static const struct device_ops pvpanic_ops = {
    .name = "pvpanic",
    .read = pvpanic_read,
    .write = pvpanic_write,
    .reset = pvpanic_reset,
    .state_version = 2,
    .state_offset = offsetof(struct pvpanic, state),
    .state_size_bytes = sizeof(struct pvpanic_state),
    .state_is_valid = pvpanic_state_is_valid,
};

void pvpanic_init(struct pvpanic *pvpanic, const struct pvpanic_wiring *wiring, uint64_t now_ns)
{
    *pvpanic = (struct pvpanic){.dev = {&pvpanic_ops}, .wiring = *wiring};
    pvpanic_reset(&pvpanic->dev, now_ns);
}
