/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See byte_ring.h.
 *
 * Each side stores its own count and then loads the other's, in sequentially consistent order. So
 * of a put and a drop that happen at once at least one sees the other: either the reader sees the
 * new byte, or the writer sees that the ring was empty. With weaker orders both could miss it, and
 * the byte would wait for the next wake-up.
 */
#include "vmm/host/byte_ring.h"

#include <assert.h>

void byte_ring_init(struct byte_ring *ring, uint8_t *bytes, uint32_t size)
{
    assert(size != 0 && (size & (size - 1)) == 0);
    ring->bytes = bytes;
    ring->size = size;
    atomic_init(&ring->put_count, 0);
    atomic_init(&ring->got_count, 0);
}

enum byte_ring_put byte_ring_put(struct byte_ring *ring, uint8_t byte)
{
    uint32_t put_count = atomic_load_explicit(&ring->put_count, memory_order_relaxed);
    uint32_t used_before;

    if (put_count - atomic_load(&ring->got_count) == ring->size)
        return BYTE_RING_FULL;
    ring->bytes[put_count & (ring->size - 1)] = byte;
    atomic_store(&ring->put_count, put_count + 1);
    used_before = put_count - atomic_load(&ring->got_count);
    if (used_before == 0)
        return BYTE_RING_PUT_FIRST;
    return used_before + 1 == ring->size / 2 ? BYTE_RING_PUT_HALF : BYTE_RING_PUT;
}

uint32_t byte_ring_used(const struct byte_ring *ring)
{
    /* got first: put is never behind it, and bytes that come in between count or do not. */
    uint32_t got_count = atomic_load(&ring->got_count);

    return atomic_load(&ring->put_count) - got_count;
}

uint32_t byte_ring_room(const struct byte_ring *ring)
{
    /* put first, for the same reason. */
    uint32_t put_count = atomic_load(&ring->put_count);

    return ring->size - (put_count - atomic_load(&ring->got_count));
}

uint32_t byte_ring_put_count(const struct byte_ring *ring)
{
    return atomic_load_explicit(&ring->put_count, memory_order_relaxed);
}

uint32_t byte_ring_got_count(const struct byte_ring *ring)
{
    return atomic_load_explicit(&ring->got_count, memory_order_relaxed);
}

uint32_t byte_ring_peek(const struct byte_ring *ring, const uint8_t **bytes)
{
    uint32_t got_count = atomic_load_explicit(&ring->got_count, memory_order_relaxed);
    uint32_t first = got_count & (ring->size - 1);
    uint32_t used = byte_ring_used(ring);

    *bytes = ring->bytes + first;
    return used < ring->size - first ? used : ring->size - first;
}

bool byte_ring_drop(struct byte_ring *ring, uint32_t count)
{
    uint32_t got_count = atomic_load_explicit(&ring->got_count, memory_order_relaxed);

    assert(count <= byte_ring_used(ring));
    atomic_store(&ring->got_count, got_count + count);
    return atomic_load(&ring->put_count) - got_count == ring->size;
}
