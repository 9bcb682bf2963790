/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtio_rig.h. */
#include "tests/unit/unit.h"

#include "tests/unit/virtio_rig.h"

#include <string.h>

static void *rig_at(void *ctx, uint64_t gpa, uint64_t size_bytes)
{
    struct virtio_rig *rig = ctx;

    return gpa < RIG_MEMORY_BYTES && size_bytes <= RIG_MEMORY_BYTES - gpa ? rig->memory + gpa
                                                                          : NULL;
}

static void rig_written(void *ctx, uint64_t gpa, uint64_t size_bytes)
{
    struct virtio_rig *rig = ctx;

    assert_non_null(rig_at(rig, gpa, size_bytes));
    memset(rig->written + gpa, 1, size_bytes);
}

static void rig_broken(void *ctx, const char *device, const char *what)
{
    struct virtio_rig *rig = ctx;

    assert_non_null(device);
    rig->broken++;
    rig->why = what;
}

static enum irq_arrival rig_drive(void *ctx, unsigned gsi, bool level)
{
    struct virtio_rig *rig = ctx;

    (void)gsi;
    (void)level;
    rig->irq_changes++;
    return IRQ_ARRIVED;
}

struct virtio_wiring virtio_rig_init(struct virtio_rig *rig)
{
    memset(rig, 0, sizeof *rig);
    rig->irq = (struct irq_line){.drive = rig_drive, .ctx = rig};
    return (struct virtio_wiring){
        .irq = &rig->irq,
        .memory = {rig_at, rig_written, rig},
        .broken = rig_broken,
        .ctx = rig,
    };
}

void rig_put(struct virtio_rig *rig, uint64_t gpa, const void *bytes, size_t size_bytes)
{
    memcpy(rig->memory + gpa, bytes, size_bytes);
}

uint16_t rig_half(const struct virtio_rig *rig, uint64_t gpa)
{
    uint16_t value;

    memcpy(&value, rig->memory + gpa, sizeof value);
    return value;
}

uint32_t rig_word(const struct virtio_rig *rig, uint64_t gpa)
{
    uint32_t value;

    memcpy(&value, rig->memory + gpa, sizeof value);
    return value;
}

void rig_put_half(struct virtio_rig *rig, uint64_t gpa, uint16_t value)
{
    rig_put(rig, gpa, &value, sizeof value);
}

void rig_desc(struct virtio_rig *rig, uint64_t table_gpa, unsigned index, uint64_t gpa,
              uint32_t size_bytes, uint16_t flags, uint16_t next)
{
    uint64_t at = table_gpa + 16 * (uint64_t)index;

    rig_put(rig, at, &gpa, sizeof gpa);
    rig_put(rig, at + 8, &size_bytes, sizeof size_bytes);
    rig_put_half(rig, at + 12, flags);
    rig_put_half(rig, at + 14, next);
}

void rig_make_available(struct virtio_rig *rig, uint16_t head)
{
    rig_put_half(rig, RIG_AVAIL_GPA + 4 + 2 * (rig->next_head % RIG_QUEUE_SIZE), head);
    rig_put_half(rig, RIG_AVAIL_GPA + 2, ++rig->next_head);
}

uint16_t rig_used_idx(const struct virtio_rig *rig)
{
    return rig_half(rig, RIG_USED_GPA + 2);
}

uint32_t rig_read(struct device *dev, uint32_t reg)
{
    return (uint32_t)dev->ops->read(dev, 0, reg, 4);
}

void rig_write(struct device *dev, uint32_t reg, uint32_t value)
{
    dev->ops->write(dev, 0, reg, 4, value);
}

void rig_start(struct device *dev, uint64_t features)
{
    rig_write(dev, VIRTIO_STATUS, 0);
    rig_write(dev, VIRTIO_STATUS, VIRTIO_ACKNOWLEDGE);
    rig_write(dev, VIRTIO_STATUS, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
    for (uint32_t half = 0; half < 2; half++) {
        rig_write(dev, VIRTIO_DRIVER_FEATURES_SEL, half);
        rig_write(dev, VIRTIO_DRIVER_FEATURES, (uint32_t)(features >> (32 * half)));
    }
    rig_write(dev, VIRTIO_STATUS, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK);
    rig_write(dev, VIRTIO_QUEUE_SEL, 0);
    rig_write(dev, VIRTIO_QUEUE_NUM, RIG_QUEUE_SIZE);
    rig_write(dev, VIRTIO_QUEUE_DESC_LOW, RIG_DESC_GPA);
    rig_write(dev, VIRTIO_QUEUE_AVAIL_LOW, RIG_AVAIL_GPA);
    rig_write(dev, VIRTIO_QUEUE_USED_LOW, RIG_USED_GPA);
    rig_write(dev, VIRTIO_QUEUE_READY, 1);
    rig_write(dev, VIRTIO_STATUS,
              VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK | VIRTIO_DRIVER_OK);
}
