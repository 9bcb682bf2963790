/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtio.h. */
#include "guest-images/payloads/lib/virtio.h"

#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/text.h"

#define REG_DRIVER_FEATURES     0x020
#define REG_DRIVER_FEATURES_SEL 0x024
#define REG_QUEUE_SEL           0x030
#define REG_QUEUE_NUM           0x038
#define REG_QUEUE_READY         0x044
#define REG_QUEUE_NOTIFY        0x050
#define REG_QUEUE_DESC          0x080
#define REG_QUEUE_AVAIL         0x090
#define REG_QUEUE_USED          0x0a0

#define LIMIT_NS (20 * NS_PER_SEC)

static volatile uint32_t *at(unsigned slot, uint32_t reg)
{
    return (volatile uint32_t *)(uintptr_t)(VIRTIO_GPA(slot) + reg);
}

uint32_t virtio_read(unsigned slot, uint32_t reg)
{
    return *at(slot, reg);
}

void virtio_write(unsigned slot, uint32_t reg, uint32_t value)
{
    *at(slot, reg) = value;
}

static void place(unsigned slot, uint32_t reg, const volatile void *part)
{
    virtio_write(slot, reg, (uint32_t)(uintptr_t)part);
    virtio_write(slot, reg + 4, 0);
}

void virtio_start(unsigned slot, struct virtio_queue *queue, uint32_t features)
{
    memset(queue, 0, sizeof *queue);
    virtio_write(slot, REG_STATUS, 0);
    virtio_write(slot, REG_STATUS, 1);
    virtio_write(slot, REG_STATUS, 3);
    virtio_write(slot, REG_DRIVER_FEATURES_SEL, 0);
    virtio_write(slot, REG_DRIVER_FEATURES, features);
    virtio_write(slot, REG_DRIVER_FEATURES_SEL, 1);
    virtio_write(slot, REG_DRIVER_FEATURES, 1);
    virtio_write(slot, REG_STATUS, 11);
    virtio_write(slot, REG_QUEUE_SEL, 0);
    virtio_write(slot, REG_QUEUE_NUM, VIRTIO_QUEUE_SIZE);
    place(slot, REG_QUEUE_DESC, queue->desc);
    place(slot, REG_QUEUE_AVAIL, &queue->avail);
    place(slot, REG_QUEUE_USED, &queue->used);
    virtio_write(slot, REG_QUEUE_READY, 1);
    virtio_write(slot, REG_STATUS, STATUS_RUNNING);
}

void virtio_submit(unsigned slot, struct virtio_queue *queue, uint16_t head)
{
    queue->avail.ring[queue->avail.idx % VIRTIO_QUEUE_SIZE] = head;
    __atomic_store_n(&queue->avail.idx, (uint16_t)(queue->avail.idx + 1), __ATOMIC_SEQ_CST);
    virtio_write(slot, REG_QUEUE_NOTIFY, 0);
}

bool virtio_wait(const struct virtio_queue *queue, uint16_t idx)
{
    uint64_t end_ns = guest_ns() + LIMIT_NS;

    while (queue->used.idx != idx)
        if (guest_ns() > end_ns)
            return false;
    return true;
}
