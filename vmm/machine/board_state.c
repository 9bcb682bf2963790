/* SPDX-License-Identifier: BSD-2-Clause */
/* See board_state.h. */
#include "vmm/machine/board_state.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "vmm/machine/machine_record.h"

/* More than the largest state has. */
#define STATE_MAX_BYTES 8192

void board_save(const struct board *board, struct note_writer *writer)
{
    for (uint32_t i = 0; i < BOARD_DEVICES; i++) {
        const struct device *dev = board->devices[i];
        struct device_record head = {0};
        uint8_t *at;

        if (dev == NULL)
            continue;
        head.state_version = dev->ops->state_version;
        at = record_add_empty(writer, RECORD_DEVICE, RECORD_MUST_UNDERSTAND, i,
                              (uint32_t)sizeof head + dev->ops->state_size_bytes);
        if (at == NULL)
            continue;
        memcpy(at, &head, sizeof head);
        device_save(dev, at + sizeof head);
    }
}

static int load_device(struct device *dev, uint64_t now_ns, const struct record *record,
                       struct text *error)
{
    _Alignas(8) uint8_t state[STATE_MAX_BYTES];
    struct device_record head;
    uint32_t size_bytes = dev->ops->state_size_bytes;

    assert(size_bytes <= sizeof state);
    if (record->size_bytes < sizeof head) {
        text_add(error, "device %s: its state is cut off", dev->ops->name);
        return -EINVAL;
    }
    memcpy(&head, record->bytes, sizeof head);
    if (head.state_version != dev->ops->state_version ||
        record->size_bytes - sizeof head != size_bytes) {
        text_add(error, "device %s: its state has version %u and %zu bytes; known are %u and %u",
                 dev->ops->name, head.state_version, record->size_bytes - sizeof head,
                 dev->ops->state_version, size_bytes);
        return -EINVAL;
    }
    memcpy(state, record->bytes + sizeof head, size_bytes);
    if (device_load(dev, now_ns, state) == 0)
        return 0;
    text_add(error, "device %s: no such device can be in its state", dev->ops->name);
    return -EINVAL;
}

int board_load(struct board *board, uint64_t now_ns, const void *records, size_t size_bytes,
               struct text *error)
{
    int result = 0;

    for (uint32_t i = 0; result == 0 && i < BOARD_DEVICES; i++) {
        struct device *dev = board->devices[i];
        struct record record;
        bool found = record_find(records, size_bytes, RECORD_DEVICE, i, &record);

        if (dev != NULL && found) {
            result = load_device(dev, now_ns, &record, error);
        } else if (dev != NULL) {
            text_add(error, "device %s has no state", dev->ops->name);
            result = -EINVAL;
        } else if (found) {
            text_add(error, "device %u has a state, and by its configuration there is none", i);
            result = -EINVAL;
        }
    }
    return result;
}
