/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtio_rng.h. */
#include "devices/virtio/virtio_rng.h"

#include <stddef.h>

/* Buffers that were filled. */
struct filled {
    unsigned count;
    uint16_t heads[VIRTIO_RNG_QUEUE_MAX];
    uint32_t sizes_bytes[VIRTIO_RNG_QUEUE_MAX];
};

/* The first part of the chain that can be written. */
static uint32_t fill_chain(struct virtio_rng *rng, const struct virtq *queue,
                           const struct virtq_chain *chain)
{
    uint8_t bytes[VIRTIO_RNG_MAX_BYTES];
    uint32_t size_bytes =
        chain->writable_bytes < sizeof bytes ? (uint32_t)chain->writable_bytes : sizeof bytes;

    rng->fill(rng->ctx, bytes, size_bytes);
    return virtq_chain_write(queue, chain, 0, bytes, size_bytes);
}

/*
 * All chains are taken before the first is pushed back, so there are not more of them than the
 * queue has entries. What the driver adds later it notifies of.
 */
static void notify(struct virtio *virtio, unsigned index)
{
    struct virtio_rng *rng = (struct virtio_rng *)virtio;
    struct virtq queue = virtio_queue(virtio, index);
    struct filled filled = {.count = 0};
    struct virtq_chain chain;
    enum virtq_fault fault;
    bool interrupts = false;

    while (virtq_pop(&queue, &chain, &fault)) {
        filled.heads[filled.count] = chain.head;
        filled.sizes_bytes[filled.count++] = fill_chain(rng, &queue, &chain);
    }
    for (unsigned i = 0; i < filled.count; i++)
        virtq_push(&queue, filled.heads[i], filled.sizes_bytes[i], &interrupts);
    if (fault != VIRTQ_NO_FAULT)
        virtio_break(virtio, virtq_fault_text(fault));
    if (interrupts)
        virtio_interrupt(virtio);
}

static const struct virtio_type type = {
    .device_id = VIRTIO_RNG_ID,
    .queue_count = 1,
    .queue_max = VIRTIO_RNG_QUEUE_MAX,
    .notify = notify,
};
static const struct device_ops ops = VIRTIO_DEVICE_OPS("virtio-rng");

void virtio_rng_init(struct virtio_rng *rng, const struct virtio_wiring *wiring,
                     void (*fill)(void *ctx, void *bytes, uint32_t size_bytes), void *ctx)
{
    rng->fill = fill;
    rng->ctx = ctx;
    virtio_init(&rng->virtio, &ops, &type, wiring, 0, NULL);
}
