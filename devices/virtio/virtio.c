/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtio.h. */
#include "devices/virtio/virtio.h"

#include <stddef.h>
#include <string.h>

#include "devices/state_check.h"

#define MMIO_VERSION 2

/* Those that a driver sets. */
#define DRIVER_BITS                                                                                \
    (VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_DRIVER_OK | VIRTIO_FEATURES_OK | VIRTIO_FAILED)
#define INTERRUPT_BITS (VIRTIO_INT_USED | VIRTIO_INT_CONFIG)

static struct virtio *virtio_of(struct device *dev)
{
    return (struct virtio *)dev;
}

static const struct virtio *const_virtio_of(const struct device *dev)
{
    return (const struct virtio *)dev;
}

static void drive(const struct virtio *virtio)
{
    irq_line_set(virtio->wiring.irq, virtio->state.interrupt_status != 0);
}

/* The queue that the driver has selected; NULL: there is none. */
static struct virtq_state *selected(struct virtio *virtio)
{
    uint32_t index = virtio->state.queue_sel;

    return index < virtio->type->queue_count ? &virtio->state.queues[index] : NULL;
}

bool virtio_is_running(const struct virtio *virtio)
{
    return (virtio->state.status & (VIRTIO_DRIVER_OK | VIRTIO_NEEDS_RESET)) == VIRTIO_DRIVER_OK;
}

struct virtq virtio_queue(struct virtio *virtio, unsigned index)
{
    return (struct virtq){&virtio->state.queues[index], &virtio->wiring.memory,
                          virtio->state.accepted};
}

unsigned virtio_in_flight(const struct virtio *virtio)
{
    unsigned count = 0;

    for (unsigned i = 0; i < virtio->type->queue_count; i++)
        count += virtq_in_flight(&virtio->state.queues[i]);
    return count;
}

void virtio_interrupt(struct virtio *virtio)
{
    virtio->state.interrupt_status |= VIRTIO_INT_USED;
    drive(virtio);
}

void virtio_break(struct virtio *virtio, const char *what)
{
    virtio->broken_count++;
    virtio->state.status |= VIRTIO_NEEDS_RESET;
    if ((virtio->state.status & VIRTIO_DRIVER_OK) != 0) {
        virtio->state.interrupt_status |= VIRTIO_INT_CONFIG;
        drive(virtio);
    }
    virtio->wiring.broken(virtio->wiring.ctx, virtio->dev.ops->name, what);
}

static uint32_t half_of(uint64_t value, uint32_t which)
{
    return which == 0 ? (uint32_t)value : which == 1 ? (uint32_t)(value >> 32) : 0;
}

static uint32_t read_queue(struct virtio *virtio, uint32_t reg)
{
    const struct virtq_state *queue = selected(virtio);

    if (queue == NULL)
        return 0;
    return reg == VIRTIO_QUEUE_NUM_MAX ? virtio->type->queue_max : queue->ready;
}

static uint32_t read_register(struct virtio *virtio, uint32_t reg)
{
    const struct virtio_state *state = &virtio->state;

    switch (reg) {
    case VIRTIO_MAGIC_VALUE:
        return VIRTIO_MAGIC;
    case VIRTIO_VERSION:
        return MMIO_VERSION;
    case VIRTIO_DEVICE_ID:
        return virtio->type->device_id;
    case VIRTIO_VENDOR_ID:
        return VIRTIO_VENDOR;
    case VIRTIO_DEVICE_FEATURES:
        return half_of(state->offered, state->device_features_sel);
    case VIRTIO_QUEUE_NUM_MAX:
    case VIRTIO_QUEUE_READY:
        return read_queue(virtio, reg);
    case VIRTIO_INTERRUPT_STATUS:
        return state->interrupt_status;
    case VIRTIO_STATUS:
        return state->status;
    case VIRTIO_CONFIG_GENERATION:
        return state->config_generation;
    default:
        return UINT32_MAX;
    }
}

uint64_t virtio_read(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes)
{
    struct virtio *virtio = virtio_of(dev);
    uint32_t offset = reg - VIRTIO_CONFIG;
    uint64_t value = UINT64_MAX;

    (void)now_ns;
    if (reg < VIRTIO_CONFIG)
        return size_bytes == 4 ? read_register(virtio, reg) : UINT64_MAX;
    if (size_bytes <= sizeof value && offset + size_bytes <= virtio->type->config_bytes)
        memcpy(&value, virtio->state.config + offset, size_bytes);
    return value;
}

static void accept_features(struct virtio_state *state, uint32_t value)
{
    unsigned shift = state->driver_features_sel * 32;

    if ((state->status & VIRTIO_FEATURES_OK) != 0 || state->driver_features_sel > 1)
        return;
    state->accepted &= ~(UINT64_C(0xffffffff) << shift);
    state->accepted |= (uint64_t)value << shift;
}

static bool features_are_fine(const struct virtio_state *state)
{
    return (state->accepted & VIRTIO_F_VERSION_1) != 0 && has_only(state->accepted, state->offered);
}

static void stop(struct virtio *virtio)
{
    if (virtio->type->stop != NULL && virtio_in_flight(virtio) != 0)
        virtio->type->stop(virtio);
}

static void write_status(struct virtio *virtio, uint32_t value)
{
    struct virtio_state *state = &virtio->state;
    uint32_t status = state->status | (value & DRIVER_BITS);

    if (value == 0) {
        virtio_reset(&virtio->dev, 0);
        return;
    }
    if (!features_are_fine(state) && (state->status & VIRTIO_FEATURES_OK) == 0)
        status &= ~(uint32_t)VIRTIO_FEATURES_OK;
    if ((status & VIRTIO_FEATURES_OK) == 0)
        status &= ~(uint32_t)VIRTIO_DRIVER_OK;
    state->status = status;
}

static void set_ready(struct virtio *virtio, struct virtq_state *state, bool ready)
{
    struct virtq queue = {state, &virtio->wiring.memory, virtio->state.accepted};
    enum virtq_fault fault;

    if (!ready) {
        stop(virtio);
        *state = (struct virtq_state){0};
        return;
    }
    fault = virtq_check(&queue);
    if (state->size > virtio->type->queue_max)
        fault = VIRTQ_BAD_SIZE;
    if (fault != VIRTQ_NO_FAULT)
        virtio_break(virtio, virtq_fault_text(fault));
    else
        state->ready = 1;
}

static void set_half(uint64_t *whole, uint32_t value, bool is_high)
{
    *whole = is_high ? (*whole & UINT32_MAX) | (uint64_t)value << 32
                     : (*whole & ~(uint64_t)UINT32_MAX) | value;
}

/* Where a queue is does not change while it is ready. */
static void place_queue(struct virtq_state *queue, uint32_t reg, uint32_t value)
{
    bool is_high = (reg & 4) != 0;

    switch (reg & ~4U) {
    case VIRTIO_QUEUE_DESC_LOW:
        set_half(&queue->desc_gpa, value, is_high);
        break;
    case VIRTIO_QUEUE_AVAIL_LOW:
        set_half(&queue->avail_gpa, value, is_high);
        break;
    case VIRTIO_QUEUE_USED_LOW:
        set_half(&queue->used_gpa, value, is_high);
        break;
    default:
        break;
    }
}

static void write_queue(struct virtio *virtio, uint32_t reg, uint32_t value)
{
    struct virtq_state *queue = selected(virtio);
    bool ready = value & 1;

    if (queue == NULL || (virtio->state.status & VIRTIO_NEEDS_RESET) != 0)
        return;
    if (reg == VIRTIO_QUEUE_READY) {
        if (ready != (queue->ready != 0))
            set_ready(virtio, queue, ready);
    } else if (!queue->ready) {
        if (reg == VIRTIO_QUEUE_NUM)
            queue->size = (uint16_t)(value <= UINT16_MAX ? value : UINT16_MAX);
        else
            place_queue(queue, reg, value);
    }
}

static void notify(struct virtio *virtio, uint32_t queue)
{
    if (virtio_is_running(virtio) && queue < virtio->type->queue_count &&
        virtio->state.queues[queue].ready)
        virtio->type->notify(virtio, queue);
}

static void write_register(struct virtio *virtio, uint32_t reg, uint32_t value)
{
    struct virtio_state *state = &virtio->state;

    switch (reg) {
    case VIRTIO_DEVICE_FEATURES_SEL:
        state->device_features_sel = value;
        break;
    case VIRTIO_DRIVER_FEATURES:
        accept_features(state, value);
        break;
    case VIRTIO_DRIVER_FEATURES_SEL:
        state->driver_features_sel = value;
        break;
    case VIRTIO_QUEUE_SEL:
        state->queue_sel = value;
        break;
    case VIRTIO_QUEUE_NOTIFY:
        notify(virtio, value);
        break;
    case VIRTIO_INTERRUPT_ACK:
        state->interrupt_status &= ~value;
        drive(virtio);
        break;
    case VIRTIO_STATUS:
        write_status(virtio, value);
        break;
    default:
        write_queue(virtio, reg, value);
    }
}

void virtio_write(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes,
                  uint64_t value)
{
    (void)now_ns;
    if (size_bytes == 4 && reg < VIRTIO_CONFIG)
        write_register(virtio_of(dev), reg, (uint32_t)value);
}

bool virtio_is_timeless(const struct device *dev, bool is_write, uint32_t reg, unsigned size_bytes)
{
    (void)dev;
    (void)reg;
    (void)size_bytes;
    return !is_write;
}

void virtio_reset(struct device *dev, uint64_t now_ns)
{
    struct virtio *virtio = virtio_of(dev);

    (void)now_ns;
    stop(virtio);
    virtio->state = (struct virtio_state){.offered = virtio->features};
    memcpy(virtio->state.config, virtio->config, sizeof virtio->config);
    drive(virtio);
}

static bool queue_is_valid(const struct virtio *virtio, const struct virtq_state *state,
                           uint64_t features)
{
    struct virtq_state copy = *state;
    struct virtq queue = {&copy, &virtio->wiring.memory, features};

    if (!is_flag(state->ready) || state->pad != 0 || virtq_in_flight(state) != 0)
        return false;
    if (!state->ready)
        return state->next_used == 0;
    return virtq_check(&queue) == VIRTQ_NO_FAULT && state->size <= virtio->type->queue_max;
}

static bool status_is_valid(const struct virtio_state *state)
{
    bool features_ok = (state->status & VIRTIO_FEATURES_OK) != 0;

    return has_only(state->status, DRIVER_BITS | VIRTIO_NEEDS_RESET) &&
           has_only(state->interrupt_status, INTERRUPT_BITS) &&
           (!features_ok || features_are_fine(state)) &&
           (features_ok || (state->status & VIRTIO_DRIVER_OK) == 0);
}

bool virtio_state_is_valid(const struct device *dev, uint64_t now_ns, const void *saved)
{
    const struct virtio *virtio = const_virtio_of(dev);
    const struct virtio_state *state = saved;

    (void)now_ns;
    if (!has_only(state->offered, virtio->features) || (state->offered & VIRTIO_F_VERSION_1) == 0 ||
        !status_is_valid(state) || state->config_generation != 0 ||
        memcmp(state->config, virtio->config, sizeof state->config) != 0)
        return false;
    for (unsigned i = 0; i < virtio->type->queue_count; i++)
        if (!queue_is_valid(virtio, &state->queues[i], state->accepted))
            return false;
    return is_zero(&state->queues[virtio->type->queue_count],
                   (VIRTIO_MAX_QUEUES - virtio->type->queue_count) * sizeof state->queues[0]);
}

void virtio_rearm(struct device *dev, uint64_t now_ns)
{
    (void)now_ns;
    drive(virtio_of(dev));
}

void virtio_init(struct virtio *virtio, const struct device_ops *ops,
                 const struct virtio_type *type, const struct virtio_wiring *wiring,
                 uint64_t features, const void *config)
{
    *virtio = (struct virtio){
        .dev = {ops},
        .wiring = *wiring,
        .type = type,
        .features = features | VIRTIO_COMMON_FEATURES,
    };
    if (config != NULL)
        memcpy(virtio->config, config, type->config_bytes);
    virtio_reset(&virtio->dev, 0);
}
