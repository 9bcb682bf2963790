/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver's side of virtio over MMIO: one queue of a device, which the payload may also fill
 * with what no driver may write.
 *
 * Source: virtio 1.2, sections 2.7 and 4.2.
 */
#ifndef GUEST_IMAGES_PAYLOADS_LIB_VIRTIO_H
#define GUEST_IMAGES_PAYLOADS_LIB_VIRTIO_H

#include <stdbool.h>
#include <stdint.h>

#define VIRTIO_GPA(slot)  (0xfeb00000u + 0x1000u * (slot))
#define VIRTIO_PIN(slot)  (17 + (slot) % 3)
#define VIRTIO_QUEUE_SIZE 8

#define REG_MAGIC            0x000
#define REG_VERSION          0x004
#define REG_DEVICE_ID        0x008
#define REG_DEVICE_FEATURES  0x010
#define REG_INTERRUPT_STATUS 0x060
#define REG_INTERRUPT_ACK    0x064
#define REG_STATUS           0x070
#define REG_CONFIG           0x100

#define STATUS_RUNNING     0x0f
#define STATUS_NEEDS_RESET 0x40

#define DESC_NEXT     1
#define DESC_WRITE    2
#define DESC_INDIRECT 4

struct virtio_desc {
    uint64_t gpa;
    uint32_t size_bytes;
    uint16_t flags;
    uint16_t next;
};

struct virtio_avail {
    uint16_t flags;
    uint16_t idx;
    uint16_t ring[VIRTIO_QUEUE_SIZE];
    uint16_t used_event;
};

struct virtio_used {
    uint16_t flags;
    uint16_t idx;
    struct {
        uint32_t head;
        uint32_t size_bytes;
    } ring[VIRTIO_QUEUE_SIZE];
    uint16_t avail_event;
};

/* In memory, where the device finds it. */
struct virtio_queue {
    _Alignas(16) struct virtio_desc desc[VIRTIO_QUEUE_SIZE];
    struct virtio_desc table[VIRTIO_QUEUE_SIZE];
    struct virtio_avail avail;
    _Alignas(4) volatile struct virtio_used used;
};

uint32_t virtio_read(unsigned slot, uint32_t reg);
void virtio_write(unsigned slot, uint32_t reg, uint32_t value);

/* Resets the device, and sets it up with an empty queue 0; features are the low 32. */
void virtio_start(unsigned slot, struct virtio_queue *queue, uint32_t features);

/* Makes the chain at head available, and notifies. */
void virtio_submit(unsigned slot, struct virtio_queue *queue, uint16_t head);

/* Waits until the used ring has come to idx; false after 20 s. */
bool virtio_wait(const struct virtio_queue *queue, uint16_t idx);

#endif
