/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest of a virtio device that is fuzzed: its memory, and one queue that is set up in it. */
#ifndef TESTS_FUZZ_VIRTIO_GUEST_H
#define TESTS_FUZZ_VIRTIO_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/virtio/virtio.h"

#define VIRTIO_GUEST_BYTES 0x800

struct virtio_guest {
    struct irq_line irq;
    uint8_t *memory;
};

/* What is in memory: bytes, and zeros behind them. False: there is no memory. */
bool virtio_guest_begin(struct virtio_guest *guest, const uint8_t *bytes, size_t size_bytes);
void virtio_guest_end(struct virtio_guest *guest);

/* NULL: not all of it is in memory. */
void *virtio_guest_at(const struct virtio_guest *guest, uint64_t gpa, uint64_t size_bytes);

/* For a device of this guest: it marks no other memory as written, and breaks with a word. */
struct virtio_wiring virtio_guest_wiring(struct virtio_guest *guest);

/* The driver sets the device and its queue 0 up, with the low half of the features. */
void virtio_guest_start(struct device *dev, uint32_t features);

#endif
