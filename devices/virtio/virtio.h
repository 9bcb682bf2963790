/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio over MMIO: the registers by which a driver finds a device, agrees with it on features, and
 * sets up its queues. What kind of device it is, is in struct virtio_type.
 *
 * Source: virtio 1.2, sections 2.1, 2.2, 2.5, 3.1 and 4.2; Linux uapi, linux/virtio_mmio.h. This is
 * version 2 of the registers; the legacy interface (version 1) is not there. A register is 32 bits
 * wide and accessed as such; others read as ones, and writes of them do nothing. From CONFIG on is
 * the device's configuration, in accesses of any width; the devices that there are have nothing to
 * write in it.
 *
 * Status. Bits are set by the driver and cleared by a reset alone. FEATURES_OK stays clear unless
 * the driver took VIRTIO_F_VERSION_1, and nothing that was not offered; DRIVER_OK stays clear
 * without FEATURES_OK. Queues are looked at once DRIVER_OK is set.
 *
 * A driver that breaks a rule of its queues (virtq.h) gets DEVICE_NEEDS_RESET and an interrupt;
 * from then on the device does nothing until it is reset. That is counted, and told to the host
 * each time.
 *
 * A reset, or QueueReady 0, while requests are under way: the device is told by `stop`, and it is
 * to see that the guest does not run before they have ended, as the driver takes the memory back.
 *
 * The interrupt line is level: high while InterruptStatus is not 0.
 *
 * The state is taken while no request is under way. It has what the guest was offered, so that a
 * later minivmm, which offers more, goes on with that.
 */
#ifndef DEVICES_VIRTIO_VIRTIO_H
#define DEVICES_VIRTIO_VIRTIO_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/device.h"
#include "devices/irq_line.h"
#include "devices/virtio/virtq.h"

#define VIRTIO_LENGTH_BYTES 0x200

#define VIRTIO_MAX_QUEUES   2
#define VIRTIO_CONFIG_BYTES 64

#define VIRTIO_F_VERSION_1 (UINT64_C(1) << 32)
/* What every device here offers. */
#define VIRTIO_COMMON_FEATURES (VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX)

enum virtio_register {
    VIRTIO_MAGIC_VALUE = 0x000,
    VIRTIO_VERSION = 0x004,
    VIRTIO_DEVICE_ID = 0x008,
    VIRTIO_VENDOR_ID = 0x00c,
    VIRTIO_DEVICE_FEATURES = 0x010,
    VIRTIO_DEVICE_FEATURES_SEL = 0x014,
    VIRTIO_DRIVER_FEATURES = 0x020,
    VIRTIO_DRIVER_FEATURES_SEL = 0x024,
    VIRTIO_QUEUE_SEL = 0x030,
    VIRTIO_QUEUE_NUM_MAX = 0x034,
    VIRTIO_QUEUE_NUM = 0x038,
    VIRTIO_QUEUE_READY = 0x044,
    VIRTIO_QUEUE_NOTIFY = 0x050,
    VIRTIO_INTERRUPT_STATUS = 0x060,
    VIRTIO_INTERRUPT_ACK = 0x064,
    VIRTIO_STATUS = 0x070,
    VIRTIO_QUEUE_DESC_LOW = 0x080,
    VIRTIO_QUEUE_DESC_HIGH = 0x084,
    VIRTIO_QUEUE_AVAIL_LOW = 0x090,
    VIRTIO_QUEUE_AVAIL_HIGH = 0x094,
    VIRTIO_QUEUE_USED_LOW = 0x0a0,
    VIRTIO_QUEUE_USED_HIGH = 0x0a4,
    VIRTIO_CONFIG_GENERATION = 0x0fc,
    VIRTIO_CONFIG = 0x100,
};

#define VIRTIO_MAGIC 0x74726976
/* "MVMM" */
#define VIRTIO_VENDOR 0x4d4d564d

enum virtio_status_bit {
    VIRTIO_ACKNOWLEDGE = 0x01,
    VIRTIO_DRIVER = 0x02,
    VIRTIO_DRIVER_OK = 0x04,
    VIRTIO_FEATURES_OK = 0x08,
    VIRTIO_NEEDS_RESET = 0x40,
    VIRTIO_FAILED = 0x80,
};

/* InterruptStatus. */
#define VIRTIO_INT_USED   1
#define VIRTIO_INT_CONFIG 2

struct virtio_state {
    uint64_t offered;
    uint64_t accepted;
    uint32_t status;
    uint32_t interrupt_status;
    uint32_t device_features_sel;
    uint32_t driver_features_sel;
    uint32_t queue_sel;
    uint32_t config_generation;
    uint8_t config[VIRTIO_CONFIG_BYTES];
    struct virtq_state queues[VIRTIO_MAX_QUEUES];
};
static_assert(sizeof(struct virtio_state) == 168, "the state is the snapshot");

struct virtio;

struct virtio_type {
    uint32_t device_id;
    unsigned queue_count;
    /* A power of two, up to VIRTQ_MAX_SIZE. */
    uint16_t queue_max;
    uint16_t config_bytes;
    /* The driver says that a queue, which is ready, has something new. */
    void (*notify)(struct virtio *virtio, unsigned queue);
    /* Requests under way are of no interest any more; NULL: there never are any. */
    void (*stop)(struct virtio *virtio);
};

struct virtio_wiring {
    struct irq_line *irq;
    struct virtq_memory memory;
    /* The driver has broken a rule: the device's name, and what it was in words. */
    void (*broken)(void *ctx, const char *device, const char *what);
    void *ctx;
};

struct virtio {
    struct device dev;
    struct virtio_state state;
    struct virtio_wiring wiring;
    const struct virtio_type *type;
    /* What this device can do, and its configuration: a state may have less of the first. */
    uint64_t features;
    uint8_t config[VIRTIO_CONFIG_BYTES];
    /* How often a driver has broken a rule. */
    uint64_t broken_count;
};

/*
 * A device after power-on. ops is that of its kind: VIRTIO_DEVICE_OPS with a name. features has
 * those of its kind; config is type->config_bytes long, or NULL for none.
 */
void virtio_init(struct virtio *virtio, const struct device_ops *ops,
                 const struct virtio_type *type, const struct virtio_wiring *wiring,
                 uint64_t features, const void *config);

/* The functions of a device whose struct begins with a struct virtio. */
uint64_t virtio_read(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes);
void virtio_write(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes,
                  uint64_t value);
bool virtio_is_timeless(const struct device *dev, bool is_write, uint32_t reg, unsigned size_bytes);
void virtio_reset(struct device *dev, uint64_t now_ns);
bool virtio_state_is_valid(const struct device *dev, uint64_t now_ns, const void *state);
void virtio_rearm(struct device *dev, uint64_t now_ns);

#define VIRTIO_STATE_VERSION 1
#define VIRTIO_DEVICE_OPS(name_of_it)                                                              \
    {                                                                                              \
        .name = (name_of_it), .read = virtio_read, .write = virtio_write,                          \
        .is_timeless = virtio_is_timeless, .reset = virtio_reset,                                  \
        .state_version = VIRTIO_STATE_VERSION, .state_offset = offsetof(struct virtio, state),     \
        .state_size_bytes = sizeof(struct virtio_state), .state_is_valid = virtio_state_is_valid,  \
        .rearm = virtio_rearm,                                                                     \
    }

/* Whether the driver works with the device: DRIVER_OK, and nothing is broken. */
bool virtio_is_running(const struct virtio *virtio);

/* A queue, for the calls of virtq.h. */
struct virtq virtio_queue(struct virtio *virtio, unsigned index);

/* Requests that were taken from the queues and have not come back. */
unsigned virtio_in_flight(const struct virtio *virtio);

/* The driver has broken a rule. */
void virtio_break(struct virtio *virtio, const char *what);

/* Chains were used: an interrupt. */
void virtio_interrupt(struct virtio *virtio);

#endif
