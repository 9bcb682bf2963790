/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio entropy device: it fills the buffers of its one queue with random bytes of the host.
 *
 * Source: virtio 1.2, section 5.4. A buffer gets at most VIRTIO_RNG_MAX_BYTES of what it has room
 * for, as the specification allows, and the queue has few entries: so one notice costs no more than
 * 8 KiB of random bytes, whatever the guest does.
 *
 * Every call is under the machine's lock, on any thread. Nothing is under way after a call.
 */
#ifndef DEVICES_VIRTIO_VIRTIO_RNG_H
#define DEVICES_VIRTIO_VIRTIO_RNG_H

#include "devices/virtio/virtio.h"

#define VIRTIO_RNG_ID        4
#define VIRTIO_RNG_QUEUE_MAX 8
#define VIRTIO_RNG_MAX_BYTES 1024

struct virtio_rng {
    struct virtio virtio;
    /* Fills a buffer with random bytes; up to VIRTIO_RNG_MAX_BYTES. */
    void (*fill)(void *ctx, void *bytes, uint32_t size_bytes);
    void *ctx;
};

/* A device after power-on. */
void virtio_rng_init(struct virtio_rng *rng, const struct virtio_wiring *wiring,
                     void (*fill)(void *ctx, void *bytes, uint32_t size_bytes), void *ctx);

#endif
