/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of a trace's records, from one producer to the writer thread (trace_writer.h). The
 * producer is one thread, or whoever holds the machine's lock. It never waits: what finds no room
 * is dropped, counted, and shown by a record of the kind gap in its place.
 *
 * Each record passes a USDT probe first (trace_probe.h), also one that is dropped.
 *
 * A record and its text are in the ring as a whole or not at all: the head moves behind both.
 */
#ifndef VMM_HOST_TRACE_RING_H
#define VMM_HOST_TRACE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "timelab/trace_record.h"
#include "vmm/host/trace_probe.h"

/* A power of two. */
#define TRACE_RING_RECORDS 65536

/* Zeroed is an empty one. Both sides have cache lines of their own. */
struct trace_ring {
    /* Of the producer: slots ever put, what it has seen of `taken`, and the gap that is to be
     * shown, whose value is 0 if there is none. */
    _Alignas(64) _Atomic uint64_t put;
    uint64_t seen_taken;
    struct trace_record gap;
    /* Records that were dropped, ever. */
    uint64_t dropped;
    /* Of the writer: slots ever taken. */
    _Alignas(64) _Atomic uint64_t taken;
    _Alignas(64) struct trace_record slots[TRACE_RING_RECORDS];
};

/* The way of trace_ring_put that is not taken often: the ring is full, or was. */
void trace_ring_put_slowly(struct trace_ring *ring, const struct trace_record *slots,
                           unsigned count);

static inline bool trace_ring_has_room(const struct trace_ring *ring, unsigned count)
{
    uint64_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);

    return put + count - ring->seen_taken <= TRACE_RING_RECORDS;
}

/* The producer, of one that has no text. */
static inline void trace_ring_put(struct trace_ring *ring, const struct trace_record *record)
{
    uint64_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);

    trace_probe(record);
    if (!trace_ring_has_room(ring, 1) || ring->gap.value != 0) {
        trace_ring_put_slowly(ring, record, 1);
        return;
    }
    ring->slots[put % TRACE_RING_RECORDS] = *record;
    atomic_store_explicit(&ring->put, put + 1, memory_order_release);
}

/* The producer, of one with a text, which may be longer than a record has room for. */
void trace_ring_put_text(struct trace_ring *ring, const struct trace_record *record,
                         const char *text);

/*
 * The writer: copies the oldest slots, at most max of them, to slots. Records and texts are whole.
 * *records is how many there are; a gap counts as those that it stands for. Returns the number of
 * slots, which stay in the ring until trace_ring_drop.
 */
unsigned trace_ring_copy(const struct trace_ring *ring, struct trace_record *slots, unsigned max,
                         uint64_t *records);
void trace_ring_drop(struct trace_ring *ring, unsigned slots);

#endif
