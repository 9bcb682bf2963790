/* SPDX-License-Identifier: BSD-2-Clause */
/* See device.h. */
#include "devices/device.h"

#include <errno.h>
#include <string.h>

void device_save(const struct device *dev, void *state)
{
    memcpy(state, (const uint8_t *)dev + dev->ops->state_offset, dev->ops->state_size_bytes);
}

int device_load(struct device *dev, uint64_t now_ns, const void *state)
{
    if (now_ns >= DEVICE_END_NS || !dev->ops->state_is_valid(dev, now_ns, state))
        return -EINVAL;
    memcpy((uint8_t *)dev + dev->ops->state_offset, state, dev->ops->state_size_bytes);
    if (dev->ops->rearm != NULL)
        dev->ops->rearm(dev, now_ns);
    return 0;
}
