/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver beside a virtio device: a small memory with one queue in it, and what the device did.
 * Queue 0 has RIG_QUEUE_SIZE entries at fixed addresses; buffers are from RIG_BUFFERS_GPA on.
 */
#ifndef TESTS_UNIT_VIRTIO_RIG_H
#define TESTS_UNIT_VIRTIO_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/virtio/virtio.h"

#define RIG_MEMORY_BYTES 0x10000
#define RIG_QUEUE_SIZE   8
#define RIG_DESC_GPA     0x1000
#define RIG_AVAIL_GPA    0x2000
#define RIG_USED_GPA     0x3000
#define RIG_TABLE_GPA    0x4000
#define RIG_BUFFERS_GPA  0x8000

#define RIG_NEXT     1
#define RIG_WRITE    2
#define RIG_INDIRECT 4

struct virtio_rig {
    _Alignas(4096) uint8_t memory[RIG_MEMORY_BYTES];
    /* A byte for each of memory: the device has marked it as written. */
    uint8_t written[RIG_MEMORY_BYTES];
    struct irq_line irq;
    unsigned irq_changes;
    unsigned broken;
    const char *why;
    uint16_t next_head;
};

/* Zeros; the wiring is of this rig. */
struct virtio_wiring virtio_rig_init(struct virtio_rig *rig);

void rig_put(struct virtio_rig *rig, uint64_t gpa, const void *bytes, size_t size_bytes);
uint16_t rig_half(const struct virtio_rig *rig, uint64_t gpa);
uint32_t rig_word(const struct virtio_rig *rig, uint64_t gpa);
void rig_put_half(struct virtio_rig *rig, uint64_t gpa, uint16_t value);

/* Descriptor `index` of the table at table_gpa. */
void rig_desc(struct virtio_rig *rig, uint64_t table_gpa, unsigned index, uint64_t gpa,
              uint32_t size_bytes, uint16_t flags, uint16_t next);

/* The chain that begins at `head` is available. */
void rig_make_available(struct virtio_rig *rig, uint16_t head);
uint16_t rig_used_idx(const struct virtio_rig *rig);

/* What a driver does up to DRIVER_OK, with these features and queue 0. */
void rig_start(struct device *dev, uint64_t features);

uint32_t rig_read(struct device *dev, uint32_t reg);
void rig_write(struct device *dev, uint32_t reg, uint32_t value);

#endif
