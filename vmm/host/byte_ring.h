/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A byte queue between two threads: one puts, one gets, neither waits and there is no lock.
 *
 * Each side learns from its call when the other may have gone to sleep over an empty or a full
 * ring, so that a wake-up is sent only then. A reader that lets bytes collect can be woken while
 * there is still room. Several threads may put if a lock of theirs keeps them
 * apart; the same holds for get.
 */
#ifndef VMM_HOST_BYTE_RING_H
#define VMM_HOST_BYTE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct byte_ring {
    uint8_t *bytes;
    /* A power of two. */
    uint32_t size;
    /* Bytes ever put and ever got; their difference is what is in the ring. */
    _Atomic uint32_t put_count;
    _Atomic uint32_t got_count;
};

/* An empty ring of size bytes, a power of two. */
void byte_ring_init(struct byte_ring *ring, uint8_t *bytes, uint32_t size);

enum byte_ring_put {
    BYTE_RING_FULL,      /* nothing was put */
    BYTE_RING_PUT,       /* the byte is in the ring */
    BYTE_RING_PUT_FIRST, /* and the ring was empty: wake the reader */
    BYTE_RING_PUT_HALF,  /* and the ring is half full now: wake a reader that lets bytes collect */
};

enum byte_ring_put byte_ring_put(struct byte_ring *ring, uint8_t byte);

/* Bytes that can be got, and bytes that can be put. */
uint32_t byte_ring_used(const struct byte_ring *ring);
uint32_t byte_ring_room(const struct byte_ring *ring);

/* Bytes ever put, for the side that puts, and ever got, for the side that gets. Both wrap. */
uint32_t byte_ring_put_count(const struct byte_ring *ring);
uint32_t byte_ring_got_count(const struct byte_ring *ring);

/*
 * The longest run of the oldest bytes that is in one piece: *bytes points to it, and its length is
 * returned, 0 for an empty ring. The bytes stay in the ring until byte_ring_drop.
 */
uint32_t byte_ring_peek(const struct byte_ring *ring, const uint8_t **bytes);

/* Takes the oldest count bytes out. Returns whether the ring was full: wake the writer. */
bool byte_ring_drop(struct byte_ring *ring, uint32_t count);

#endif
