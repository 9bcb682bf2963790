/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A split virtqueue, as the device sees it: chains of buffers that the driver has made available,
 * and the list of those that were used.
 *
 * Source: virtio 1.2, sections 2.6 to 2.8. Three areas of guest memory:
 *   descriptor table   16 bytes each: address, length, flags, next
 *   available ring     flags, idx, a head for each entry, used_event
 *   used ring          flags, idx, (head, length) for each entry, avail_event
 *
 * The driver may write anything there, at any time. So each value is read once, and then checked:
 * heads and links are within their table; a chain has no more descriptors than the queue, or than
 * VIRTQ_MAX_CHAIN in a table of its own; what the device reads comes before what it writes; an
 * indirect descriptor is the last of the chain, and none is in its table; each buffer has a length,
 * and lies in memory. A driver that breaks a rule gets enum virtq_fault, and the owner of the queue
 * is to stop (virtio.h).
 *
 * More is accepted than the specification allows in one place: a table of indirect descriptors may
 * be longer than the queue, as Linux makes it for a small queue.
 *
 * Pure. Every call is under the machine's lock.
 */
#ifndef DEVICES_VIRTIO_VIRTQ_H
#define DEVICES_VIRTIO_VIRTQ_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

/* Entries of the largest queue, and descriptors of the longest chain. */
#define VIRTQ_MAX_SIZE  128
#define VIRTQ_MAX_CHAIN 128

/* The guest's memory. */
struct virtq_memory {
    /* The host pointer to size_bytes bytes at gpa; NULL unless all of them are memory. */
    void *(*at)(void *ctx, uint64_t gpa, uint64_t size_bytes);
    /* These bytes, which are memory, were just written by the device: a migration sends them again.
     */
    void (*written)(void *ctx, uint64_t gpa, uint64_t size_bytes);
    void *ctx;
};

struct virtq_state {
    uint64_t desc_gpa;
    uint64_t avail_gpa;
    uint64_t used_gpa;
    /* A power of two, up to VIRTQ_MAX_SIZE, once the queue is ready. */
    uint16_t size;
    /* Idx of the available ring up to which chains were taken, and of the used ring. */
    uint16_t next_avail;
    uint16_t next_used;
    /* Flag. */
    uint8_t ready;
    uint8_t pad;
};
static_assert(sizeof(struct virtq_state) == 32, "the state is the snapshot");

/* What drivers and devices agree on. */
#define VIRTIO_F_INDIRECT_DESC (UINT64_C(1) << 28)
#define VIRTIO_F_EVENT_IDX     (UINT64_C(1) << 29)

struct virtq {
    struct virtq_state *state;
    const struct virtq_memory *memory;
    /* Bits of the above. */
    uint64_t features;
};

/* A buffer; its bytes may change under the reader's eyes. */
struct virtq_segment {
    uint8_t *host;
    uint64_t gpa;
    uint32_t size_bytes;
};

struct virtq_chain {
    uint16_t head;
    /* The device reads the first readable_count segments, and writes the others. */
    unsigned readable_count;
    unsigned count;
    /* Each fits in 32 bits. */
    uint64_t readable_bytes;
    uint64_t writable_bytes;
    struct virtq_segment segments[VIRTQ_MAX_CHAIN];
};

/* What a driver does wrong. */
enum virtq_fault {
    VIRTQ_NO_FAULT,
    VIRTQ_BAD_SIZE,
    VIRTQ_BAD_ALIGNMENT,
    VIRTQ_NOT_IN_MEMORY,
    VIRTQ_BAD_AVAIL_IDX,
    VIRTQ_BAD_HEAD,
    VIRTQ_BAD_NEXT,
    VIRTQ_CHAIN_TOO_LONG,
    VIRTQ_BAD_INDIRECT,
    VIRTQ_BAD_ORDER,
    VIRTQ_BAD_BUFFER,
    VIRTQ_FAULTS,
};

/* In words, for a log. */
const char *virtq_fault_text(enum virtq_fault fault);

/* Whether a queue can be where the driver has put it. */
enum virtq_fault virtq_check(const struct virtq *queue);

/*
 * The next available chain, of a queue that is ready; true: there is one. False: there is none, and
 * the driver will notify of the next one; or *fault says what is wrong. At most as many chains as
 * the queue has entries can be taken before one is pushed back.
 */
bool virtq_pop(struct virtq *queue, struct virtq_chain *chain, enum virtq_fault *fault);

/*
 * Tells the driver that the chain was used, with written_bytes bytes from the beginning of what is
 * writable. *interrupts is set if the driver wants an interrupt, and left otherwise.
 */
enum virtq_fault virtq_push(struct virtq *queue, uint16_t head, uint32_t written_bytes,
                            bool *interrupts);

/* Chains that were taken and not pushed back. */
static inline uint16_t virtq_in_flight(const struct virtq_state *state)
{
    return (uint16_t)(state->next_avail - state->next_used);
}

/*
 * Copies bytes of the chain from an offset into what is readable, or to an offset into what is
 * writable, which is then marked as written. Returns how many there were room or bytes for.
 */
uint32_t virtq_chain_read(const struct virtq_chain *chain, uint64_t offset, void *to,
                          uint32_t size_bytes);
uint32_t virtq_chain_write(const struct virtq *queue, const struct virtq_chain *chain,
                           uint64_t offset, const void *from, uint32_t size_bytes);

#endif
