/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request of a virtio block device, as it goes to whoever does it (vmm/host/disk.h) and comes
 * back. In between it belongs to that one alone, and so do the bytes that its segments point to;
 * the device does not look at it.
 */
#ifndef DEVICES_VIRTIO_BLK_REQUEST_H
#define DEVICES_VIRTIO_BLK_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/virtio/virtq.h"

enum blk_operation { BLK_READ, BLK_WRITE, BLK_FLUSH, BLK_DISCARD, BLK_WRITE_ZEROES };

struct blk_request {
    enum blk_operation operation;
    /* In the disk; within its capacity, and multiples of 512. */
    uint64_t offset_bytes;
    uint64_t size_bytes;
    /* A write is to be on the host's disk before it comes back. */
    bool is_synchronous;
    /* Of BLK_WRITE_ZEROES: the room may be given back to the host's file system. */
    bool may_unmap;
    /* Of BLK_READ and BLK_WRITE: size_bytes in all. */
    unsigned count;
    struct virtq_segment segments[VIRTQ_MAX_CHAIN];

    /* The answer. */
    bool has_failed;

    /* Of whoever has it. */
    struct blk_request *next;

    /* Of the device. Stale: the driver has reset the device since. */
    bool is_used;
    bool is_stale;
    uint16_t head;
    struct virtq_segment status;
};

#endif
