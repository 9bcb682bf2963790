/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtq.h. */
#include "devices/virtio/virtq.h"

#include <string.h>

#define DESC_BYTES 16
#define DESC_ALIGN 16

#define DESC_F_NEXT     1
#define DESC_F_WRITE    2
#define DESC_F_INDIRECT 4

#define AVAIL_ALIGN          2
#define AVAIL_IDX            2
#define AVAIL_RING           4
#define AVAIL_F_NO_INTERRUPT 1

#define USED_ALIGN       4
#define USED_IDX         2
#define USED_RING        4
#define USED_ENTRY_BYTES 8

struct desc {
    uint64_t gpa;
    uint32_t size_bytes;
    uint16_t flags;
    uint16_t next;
};
static_assert(sizeof(struct desc) == DESC_BYTES, "as it is in memory");

/* Descriptors that link to each other. */
struct table {
    const uint8_t *host;
    unsigned count;
    bool is_indirect;
};

static uint64_t avail_bytes(uint16_t size)
{
    return AVAIL_RING + 2 * (uint64_t)size + 2;
}

static uint64_t used_bytes(uint16_t size)
{
    return USED_RING + USED_ENTRY_BYTES * (uint64_t)size + 2;
}

static void *memory_at(const struct virtq *queue, uint64_t gpa, uint64_t size_bytes)
{
    return queue->memory->at(queue->memory->ctx, gpa, size_bytes);
}

static void mark_written(const struct virtq *queue, uint64_t gpa, uint64_t size_bytes)
{
    queue->memory->written(queue->memory->ctx, gpa, size_bytes);
}

static uint8_t *avail_ring(const struct virtq *queue)
{
    return memory_at(queue, queue->state->avail_gpa, avail_bytes(queue->state->size));
}

static uint8_t *used_ring(const struct virtq *queue)
{
    return memory_at(queue, queue->state->used_gpa, used_bytes(queue->state->size));
}

/* Once: what was checked is what is used. The rings are aligned, see virtq_check. */
static uint16_t load_half(const uint8_t *at, int order)
{
    return __atomic_load_n((const uint16_t *)(const void *)at, order);
}

static void store_half(uint8_t *at, uint16_t value, int order)
{
    __atomic_store_n((uint16_t *)(void *)at, value, order);
}

/* Tables of indirect descriptors need not be aligned. */
static struct desc load_desc(const struct table *table, unsigned index)
{
    struct desc desc;

    memcpy(&desc, table->host + (uint64_t)index * DESC_BYTES, sizeof desc);
    /* The compiler is not to read memory again in place of the copy. */
    __asm__ volatile("" ::: "memory");
    return desc;
}

const char *virtq_fault_text(enum virtq_fault fault)
{
    static const char *const texts[VIRTQ_FAULTS] = {
        [VIRTQ_NO_FAULT] = "nothing",
        [VIRTQ_BAD_SIZE] = "the size of a queue is no power of two, or too large",
        [VIRTQ_BAD_ALIGNMENT] = "a part of a queue is not aligned",
        [VIRTQ_NOT_IN_MEMORY] = "a part of a queue is not in memory",
        [VIRTQ_BAD_AVAIL_IDX] = "more chains are available than the queue has entries",
        [VIRTQ_BAD_HEAD] = "a chain begins outside its table",
        [VIRTQ_BAD_NEXT] = "a descriptor links outside its table",
        [VIRTQ_CHAIN_TOO_LONG] = "a chain is a loop, or too long",
        [VIRTQ_BAD_INDIRECT] = "an indirect descriptor is where none may be, or its table is bad",
        [VIRTQ_BAD_ORDER] = "a buffer to read comes after one to write",
        [VIRTQ_BAD_BUFFER] = "a buffer is empty or not in memory",
    };

    return texts[fault];
}

enum virtq_fault virtq_check(const struct virtq *queue)
{
    const struct virtq_state *state = queue->state;

    if (state->size == 0 || state->size > VIRTQ_MAX_SIZE || (state->size & (state->size - 1)) != 0)
        return VIRTQ_BAD_SIZE;
    if (state->desc_gpa % DESC_ALIGN != 0 || state->avail_gpa % AVAIL_ALIGN != 0 ||
        state->used_gpa % USED_ALIGN != 0)
        return VIRTQ_BAD_ALIGNMENT;
    if (memory_at(queue, state->desc_gpa, (uint64_t)state->size * DESC_BYTES) == NULL ||
        avail_ring(queue) == NULL || used_ring(queue) == NULL)
        return VIRTQ_NOT_IN_MEMORY;
    return VIRTQ_NO_FAULT;
}

static enum virtq_fault add_segment(const struct virtq *queue, struct virtq_chain *chain,
                                    const struct desc *desc)
{
    struct virtq_segment *segment = &chain->segments[chain->count];
    bool is_writable = (desc->flags & DESC_F_WRITE) != 0;
    uint64_t *bytes = is_writable ? &chain->writable_bytes : &chain->readable_bytes;

    if (!is_writable && chain->readable_count != chain->count)
        return VIRTQ_BAD_ORDER;
    *segment = (struct virtq_segment){memory_at(queue, desc->gpa, desc->size_bytes), desc->gpa,
                                      desc->size_bytes};
    if (desc->size_bytes == 0 || segment->host == NULL)
        return VIRTQ_BAD_BUFFER;
    *bytes += desc->size_bytes;
    if (*bytes > UINT32_MAX)
        return VIRTQ_CHAIN_TOO_LONG;
    chain->count++;
    chain->readable_count += !is_writable;
    return VIRTQ_NO_FAULT;
}

/* The flag of writing says nothing here. */
static enum virtq_fault enter_indirect(const struct virtq *queue, const struct desc *desc,
                                       struct table *table)
{
    if ((queue->features & VIRTIO_F_INDIRECT_DESC) == 0 || table->is_indirect ||
        (desc->flags & DESC_F_NEXT) != 0 || desc->size_bytes == 0 ||
        desc->size_bytes % DESC_BYTES != 0)
        return VIRTQ_BAD_INDIRECT;
    *table = (struct table){memory_at(queue, desc->gpa, desc->size_bytes),
                            desc->size_bytes / DESC_BYTES, true};
    return table->host != NULL ? VIRTQ_NO_FAULT : VIRTQ_BAD_INDIRECT;
}

/* Each turn adds a segment, of which there are not too many, or enters a table, once. */
static enum virtq_fault walk(const struct virtq *queue, struct virtq_chain *chain)
{
    struct table table = {
        memory_at(queue, queue->state->desc_gpa, (uint64_t)queue->state->size * DESC_BYTES),
        queue->state->size, false};
    unsigned left = queue->state->size;
    unsigned index = chain->head;
    enum virtq_fault fault;
    struct desc desc;

    for (;;) {
        if (index >= table.count)
            return VIRTQ_BAD_NEXT;
        desc = load_desc(&table, index);
        if ((desc.flags & DESC_F_INDIRECT) != 0) {
            fault = enter_indirect(queue, &desc, &table);
            left = VIRTQ_MAX_CHAIN - chain->count;
            index = 0;
        } else if (left-- == 0) {
            fault = VIRTQ_CHAIN_TOO_LONG;
        } else {
            fault = add_segment(queue, chain, &desc);
            index = desc.next;
        }
        if (fault != VIRTQ_NO_FAULT)
            return fault;
        if ((desc.flags & (DESC_F_NEXT | DESC_F_INDIRECT)) == 0)
            return VIRTQ_NO_FAULT;
    }
}

/* avail_event: the driver notifies of the chain behind those that were taken. */
static void ask_for_notice(const struct virtq *queue, uint8_t *used)
{
    const struct virtq_state *state = queue->state;
    uint64_t event = USED_RING + USED_ENTRY_BYTES * (uint64_t)state->size;

    if ((queue->features & VIRTIO_F_EVENT_IDX) == 0)
        return;
    store_half(used + event, state->next_avail, __ATOMIC_RELAXED);
    mark_written(queue, state->used_gpa + event, 2);
}

/* The driver reads avail_event after it has written idx, and the device the other way round. */
static uint16_t count_available(const struct virtq *queue, const uint8_t *avail, uint8_t *used)
{
    const struct virtq_state *state = queue->state;
    uint16_t idx = load_half(avail + AVAIL_IDX, __ATOMIC_ACQUIRE);

    if (idx == state->next_avail) {
        ask_for_notice(queue, used);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        idx = load_half(avail + AVAIL_IDX, __ATOMIC_ACQUIRE);
    }
    return (uint16_t)(idx - state->next_avail);
}

bool virtq_pop(struct virtq *queue, struct virtq_chain *chain, enum virtq_fault *fault)
{
    struct virtq_state *state = queue->state;
    uint8_t *avail = avail_ring(queue);
    uint8_t *used = used_ring(queue);
    uint16_t available;

    *fault = virtq_check(queue);
    if (*fault != VIRTQ_NO_FAULT)
        return false;
    available = count_available(queue, avail, used);
    if (available == 0)
        return false;
    if ((uint32_t)available + virtq_in_flight(state) > state->size) {
        *fault = VIRTQ_BAD_AVAIL_IDX;
        return false;
    }
    chain->head = load_half(avail + AVAIL_RING + 2UL * (state->next_avail & (state->size - 1U)),
                            __ATOMIC_RELAXED);
    chain->count = chain->readable_count = 0;
    chain->readable_bytes = chain->writable_bytes = 0;
    *fault = chain->head < state->size ? walk(queue, chain) : VIRTQ_BAD_HEAD;
    if (*fault != VIRTQ_NO_FAULT)
        return false;
    state->next_avail++;
    return true;
}

/* After the used ring's idx has become next_used. */
static bool wants_interrupt(const struct virtq *queue, const uint8_t *avail)
{
    const struct virtq_state *state = queue->state;
    uint16_t event;

    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if ((queue->features & VIRTIO_F_EVENT_IDX) == 0)
        return (load_half(avail, __ATOMIC_RELAXED) & AVAIL_F_NO_INTERRUPT) == 0;
    event = load_half(avail + AVAIL_RING + 2 * (uint64_t)state->size, __ATOMIC_RELAXED);
    return event == (uint16_t)(state->next_used - 1);
}

enum virtq_fault virtq_push(struct virtq *queue, uint16_t head, uint32_t written_bytes,
                            bool *interrupts)
{
    struct virtq_state *state = queue->state;
    const uint32_t entry[2] = {head, written_bytes};
    uint64_t offset = USED_RING + sizeof entry * (state->next_used & (state->size - 1U));
    uint8_t *avail = avail_ring(queue);
    uint8_t *used = used_ring(queue);

    assert(virtq_in_flight(state) != 0);
    if (avail == NULL || used == NULL)
        return VIRTQ_NOT_IN_MEMORY;
    memcpy(used + offset, entry, sizeof entry);
    mark_written(queue, state->used_gpa + offset, sizeof entry);
    state->next_used++;
    store_half(used + USED_IDX, state->next_used, __ATOMIC_RELEASE);
    mark_written(queue, state->used_gpa + USED_IDX, 2);
    *interrupts |= wants_interrupt(queue, avail);
    return VIRTQ_NO_FAULT;
}

/* The part of a segment that begins at *offset, which then is where the next one begins. */
static uint32_t part_of(const struct virtq_segment *segment, uint64_t *offset, uint32_t left)
{
    uint64_t room;

    if (*offset >= segment->size_bytes) {
        *offset -= segment->size_bytes;
        return 0;
    }
    room = segment->size_bytes - *offset;
    return room < left ? (uint32_t)room : left;
}

uint32_t virtq_chain_read(const struct virtq_chain *chain, uint64_t offset, void *to,
                          uint32_t size_bytes)
{
    uint32_t done = 0;

    for (unsigned i = 0; i < chain->readable_count && done < size_bytes; i++) {
        const struct virtq_segment *segment = &chain->segments[i];
        uint32_t part = part_of(segment, &offset, size_bytes - done);

        if (part == 0)
            continue;
        memcpy((uint8_t *)to + done, segment->host + offset, part);
        done += part;
        offset = 0;
    }
    return done;
}

uint32_t virtq_chain_write(const struct virtq *queue, const struct virtq_chain *chain,
                           uint64_t offset, const void *from, uint32_t size_bytes)
{
    uint32_t done = 0;

    for (unsigned i = chain->readable_count; i < chain->count && done < size_bytes; i++) {
        const struct virtq_segment *segment = &chain->segments[i];
        uint32_t part = part_of(segment, &offset, size_bytes - done);

        if (part == 0)
            continue;
        memcpy(segment->host + offset, (const uint8_t *)from + done, part);
        mark_written(queue, segment->gpa + offset, part);
        done += part;
        offset = 0;
    }
    return done;
}
