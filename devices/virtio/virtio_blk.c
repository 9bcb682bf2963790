/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtio_blk.h. */
#include "devices/virtio/virtio_blk.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define HEADER_BYTES 16
#define RANGE_BYTES  16

#define RANGE_F_UNMAP 1

struct header {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
};
static_assert(sizeof(struct header) == HEADER_BYTES, "as it is in memory");

/* Of DISCARD and WRITE_ZEROES. */
struct range {
    uint64_t sector;
    uint32_t count;
    uint32_t flags;
};
static_assert(sizeof(struct range) == RANGE_BYTES, "as it is in memory");

/* struct virtio_blk_config, up to what DISCARD and WRITE_ZEROES need. */
struct config {
    uint64_t capacity;
    uint32_t size_max;
    uint32_t seg_max;
    uint32_t geometry;
    uint32_t blk_size;
    uint8_t topology[8];
    uint8_t wce;
    uint8_t unused;
    uint16_t num_queues;
    uint32_t max_discard_sectors;
    uint32_t max_discard_seg;
    uint32_t discard_sector_alignment;
    uint32_t max_write_zeroes_sectors;
    uint32_t max_write_zeroes_seg;
    uint8_t write_zeroes_may_unmap;
    uint8_t unused_too[3];
};
static_assert(offsetof(struct config, max_discard_sectors) == 36 && sizeof(struct config) == 64,
              "as Linux has it, with padding at the end");
#define CONFIG_BYTES 60

static struct virtio_blk *blk_of(struct virtio *virtio)
{
    return (struct virtio_blk *)virtio;
}

static bool has(const struct virtio_blk *blk, uint64_t feature)
{
    return (blk->virtio.state.accepted & feature) != 0;
}

/* There are as many as the queue has entries, and none is taken while some are stale. */
static struct blk_request *free_request(const struct virtio_blk *blk)
{
    struct blk_request *request = blk->wiring.requests;

    while (request->is_used)
        request++;
    assert(request < blk->wiring.requests + VIRTQ_MAX_SIZE);
    return request;
}

/* The status is the last byte that can be written. */
static struct virtq_segment status_of(const struct virtq_chain *chain)
{
    struct virtq_segment last = chain->segments[chain->count - 1];

    return (struct virtq_segment){last.host + last.size_bytes - 1, last.gpa + last.size_bytes - 1,
                                  1};
}

/* What lies behind the header, or before the status. */
static void take_data(struct blk_request *request, const struct virtq_chain *chain, bool is_read)
{
    unsigned end = is_read ? chain->count : chain->readable_count;
    uint64_t skip = is_read ? 0 : HEADER_BYTES;
    uint64_t left = request->size_bytes;

    request->count = 0;
    for (unsigned i = is_read ? chain->readable_count : 0; i < end && left > 0; i++) {
        struct virtq_segment segment = chain->segments[i];
        uint64_t before = skip < segment.size_bytes ? skip : segment.size_bytes;

        segment.host += before;
        segment.gpa += before;
        segment.size_bytes -= (uint32_t)before;
        skip -= before;
        if (segment.size_bytes > left)
            segment.size_bytes = (uint32_t)left;
        left -= segment.size_bytes;
        if (segment.size_bytes > 0)
            request->segments[request->count++] = segment;
    }
}

static bool is_on_disk(const struct virtio_blk *blk, uint64_t sector, uint64_t size_bytes)
{
    uint64_t sectors = size_bytes / VIRTIO_BLK_SECTOR_BYTES;

    return size_bytes % VIRTIO_BLK_SECTOR_BYTES == 0 && sector <= blk->wiring.capacity_sectors &&
           sectors <= blk->wiring.capacity_sectors - sector;
}

static enum virtio_blk_status set_range(const struct virtio_blk *blk, struct blk_request *request,
                                        uint64_t sector, uint64_t size_bytes)
{
    if (!is_on_disk(blk, sector, size_bytes))
        return VIRTIO_BLK_S_IOERR;
    request->offset_bytes = sector * VIRTIO_BLK_SECTOR_BYTES;
    request->size_bytes = size_bytes;
    return VIRTIO_BLK_S_OK;
}

static enum virtio_blk_status make_read(const struct virtio_blk *blk, struct blk_request *request,
                                        const struct virtq_chain *chain, uint64_t sector)
{
    enum virtio_blk_status status = set_range(blk, request, sector, chain->writable_bytes - 1);

    request->operation = BLK_READ;
    if (status == VIRTIO_BLK_S_OK)
        take_data(request, chain, true);
    return status;
}

static enum virtio_blk_status make_write(const struct virtio_blk *blk, struct blk_request *request,
                                         const struct virtq_chain *chain, uint64_t sector)
{
    enum virtio_blk_status status =
        set_range(blk, request, sector, chain->readable_bytes - HEADER_BYTES);

    request->operation = BLK_WRITE;
    request->is_synchronous = !has(blk, VIRTIO_BLK_F_FLUSH);
    if (blk->wiring.is_read_only)
        return VIRTIO_BLK_S_IOERR;
    if (status == VIRTIO_BLK_S_OK)
        take_data(request, chain, false);
    return status;
}

/* DISCARD knows no flag, and WRITE_ZEROES one. */
static enum virtio_blk_status make_erasure(const struct virtio_blk *blk,
                                           struct blk_request *request,
                                           const struct virtq_chain *chain, bool zeroes)
{
    uint32_t max = zeroes ? VIRTIO_BLK_MAX_ZEROES_SECTORS : VIRTIO_BLK_MAX_DISCARD_SECTORS;
    struct range range;

    if (!has(blk, zeroes ? VIRTIO_BLK_F_WRITE_ZEROES : VIRTIO_BLK_F_DISCARD))
        return VIRTIO_BLK_S_UNSUPP;
    if (chain->readable_bytes != HEADER_BYTES + RANGE_BYTES)
        return VIRTIO_BLK_S_IOERR;
    virtq_chain_read(chain, HEADER_BYTES, &range, sizeof range);
    if ((range.flags & ~(zeroes ? RANGE_F_UNMAP : 0U)) != 0)
        return VIRTIO_BLK_S_UNSUPP;
    if (range.count > max)
        return VIRTIO_BLK_S_IOERR;
    request->operation = zeroes ? BLK_WRITE_ZEROES : BLK_DISCARD;
    request->may_unmap = (range.flags & RANGE_F_UNMAP) != 0;
    request->is_synchronous = !has(blk, VIRTIO_BLK_F_FLUSH);
    return set_range(blk, request, range.sector, range.count * UINT64_C(512));
}

/* What the chain asks for, as a request that is to be submitted; or why not. */
static enum virtio_blk_status make_request(const struct virtio_blk *blk,
                                           struct blk_request *request,
                                           const struct virtq_chain *chain,
                                           const struct header *header)
{
    switch (header->type) {
    case VIRTIO_BLK_T_IN:
        return make_read(blk, request, chain, header->sector);
    case VIRTIO_BLK_T_OUT:
        return make_write(blk, request, chain, header->sector);
    case VIRTIO_BLK_T_FLUSH:
        request->operation = BLK_FLUSH;
        return has(blk, VIRTIO_BLK_F_FLUSH) ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_UNSUPP;
    case VIRTIO_BLK_T_DISCARD:
        return make_erasure(blk, request, chain, false);
    case VIRTIO_BLK_T_WRITE_ZEROES:
        return make_erasure(blk, request, chain, true);
    default:
        return VIRTIO_BLK_S_UNSUPP;
    }
}

/* Chains that are answered at once. */
struct answers {
    unsigned count;
    struct answer {
        uint16_t head;
        enum virtio_blk_status value;
        /* Of data, before the status. */
        uint32_t written_bytes;
        struct virtq_segment status;
    } of[VIRTQ_MAX_SIZE];
};

/* Returns whether the driver wants an interrupt. */
static bool give(struct virtio_blk *blk, const struct answer *answer)
{
    struct virtq queue = virtio_queue(&blk->virtio, 0);
    bool interrupts = false;

    *answer->status.host = (uint8_t)answer->value;
    queue.memory->written(queue.memory->ctx, answer->status.gpa, 1);
    virtq_push(&queue, answer->head, answer->written_bytes + 1, &interrupts);
    return interrupts;
}

static void give_all(struct virtio_blk *blk, const struct answers *answers)
{
    bool interrupts = false;

    for (unsigned i = 0; i < answers->count; i++)
        interrupts |= give(blk, &answers->of[i]);
    if (interrupts)
        virtio_interrupt(&blk->virtio);
}

/* Room for the status is left. Returns how many bytes. */
static uint32_t write_id(struct virtio_blk *blk, const struct virtq_chain *chain)
{
    const struct virtq queue = virtio_queue(&blk->virtio, 0);
    uint64_t room = chain->writable_bytes - 1;
    uint32_t size_bytes = room < VIRTIO_BLK_ID_BYTES ? (uint32_t)room : VIRTIO_BLK_ID_BYTES;

    return virtq_chain_write(&queue, chain, 0, blk->wiring.id, size_bytes);
}

static void submit(struct virtio_blk *blk, struct blk_request *request)
{
    request->is_used = true;
    blk->under_way++;
    blk->wiring.submit(blk->wiring.ctx, request);
}

static void take(struct virtio_blk *blk, const struct virtq_chain *chain, struct answers *answers)
{
    struct blk_request *request = free_request(blk);
    struct answer answer = {chain->head, VIRTIO_BLK_S_OK, 0, status_of(chain)};
    struct header header;

    virtq_chain_read(chain, 0, &header, sizeof header);
    if (header.type == VIRTIO_BLK_T_GET_ID) {
        answer.written_bytes = write_id(blk, chain);
        answers->of[answers->count++] = answer;
        return;
    }
    request->is_synchronous = request->may_unmap = request->has_failed = request->is_stale = false;
    request->offset_bytes = request->size_bytes = request->count = 0;
    request->head = chain->head;
    request->status = answer.status;
    answer.value = make_request(blk, request, chain, &header);
    if (answer.value == VIRTIO_BLK_S_OK)
        submit(blk, request);
    else
        answers->of[answers->count++] = answer;
}

/*
 * No chain is pushed back before all are taken, so there are not more of them than the queue has
 * entries. What the driver adds later it notifies of.
 */
static void take_all(struct virtio_blk *blk, struct virtq queue)
{
    const char *wrong = NULL;
    struct answers answers;
    struct virtq_chain chain;
    enum virtq_fault fault;

    answers.count = 0;
    while (wrong == NULL && virtq_pop(&queue, &chain, &fault)) {
        if (chain.readable_bytes >= HEADER_BYTES && chain.writable_bytes > 0)
            take(blk, &chain, &answers);
        else
            wrong = "a request has no header or no status";
    }
    /* That one is as if it had not been taken. */
    if (wrong != NULL)
        queue.state->next_avail--;
    give_all(blk, &answers);
    if (wrong == NULL && fault != VIRTQ_NO_FAULT)
        wrong = virtq_fault_text(fault);
    if (wrong != NULL)
        virtio_break(&blk->virtio, wrong);
}

static void notify(struct virtio *virtio, unsigned index)
{
    struct virtio_blk *blk = blk_of(virtio);

    if (blk->under_way != virtio_in_flight(virtio))
        virtio_break(virtio, "a queue is used before requests of the last one are back");
    else
        take_all(blk, virtio_queue(virtio, index));
}

static void stop(struct virtio *virtio)
{
    struct virtio_blk *blk = blk_of(virtio);

    for (unsigned i = 0; i < VIRTQ_MAX_SIZE; i++)
        blk->wiring.requests[i].is_stale |= blk->wiring.requests[i].is_used;
    if (blk->under_way > 0)
        blk->wiring.stop(blk->wiring.ctx);
}

static void mark_data(struct virtio_blk *blk, const struct blk_request *request)
{
    const struct virtq_memory *memory = &blk->virtio.wiring.memory;

    for (unsigned i = 0; i < request->count; i++)
        memory->written(memory->ctx, request->segments[i].gpa, request->segments[i].size_bytes);
}

void virtio_blk_done(struct virtio_blk *blk, struct blk_request *request)
{
    bool is_read = request->operation == BLK_READ;
    const struct answer answer = {
        .head = request->head,
        .value = request->has_failed ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK,
        .written_bytes = is_read && !request->has_failed ? (uint32_t)request->size_bytes : 0,
        .status = request->status,
    };

    if (is_read)
        mark_data(blk, request);
    blk->failed_count += request->has_failed;
    blk->under_way--;
    request->is_used = false;
    if (!request->is_stale && give(blk, &answer))
        virtio_interrupt(&blk->virtio);
}

const char *virtio_blk_find_difference(const struct virtio_blk *blk, const void *saved)
{
    const struct virtio_state *state = saved;
    bool was_read_only = (state->offered & VIRTIO_BLK_F_RO) != 0;
    uint64_t capacity_sectors;

    memcpy(&capacity_sectors, state->config, sizeof capacity_sectors);
    if (capacity_sectors != blk->wiring.capacity_sectors)
        return "had another size";
    if (was_read_only != blk->wiring.is_read_only)
        return was_read_only ? "had ,ro" : "had no ,ro";
    return NULL;
}

static const struct virtio_type type = {
    .device_id = VIRTIO_BLK_ID,
    .queue_count = 1,
    .queue_max = VIRTQ_MAX_SIZE,
    .config_bytes = CONFIG_BYTES,
    .notify = notify,
    .stop = stop,
};
static const struct device_ops ops = VIRTIO_DEVICE_OPS("virtio-blk");

void virtio_blk_init(struct virtio_blk *blk, const struct virtio_wiring *virtio,
                     const struct virtio_blk_wiring *wiring)
{
    const struct config config = {
        .capacity = wiring->capacity_sectors,
        .seg_max = VIRTIO_BLK_SEG_MAX,
        .blk_size = VIRTIO_BLK_SECTOR_BYTES,
        .max_discard_sectors = VIRTIO_BLK_MAX_DISCARD_SECTORS,
        .max_discard_seg = 1,
        .discard_sector_alignment = 1,
        .max_write_zeroes_sectors = VIRTIO_BLK_MAX_ZEROES_SECTORS,
        .max_write_zeroes_seg = 1,
        .write_zeroes_may_unmap = 1,
    };
    uint64_t features = VIRTIO_BLK_F_SEG_MAX | VIRTIO_BLK_F_BLK_SIZE | VIRTIO_BLK_F_FLUSH;

    features |=
        wiring->is_read_only ? VIRTIO_BLK_F_RO : VIRTIO_BLK_F_DISCARD | VIRTIO_BLK_F_WRITE_ZEROES;
    blk->wiring = *wiring;
    blk->under_way = 0;
    blk->failed_count = 0;
    virtio_init(&blk->virtio, &ops, &type, virtio, features, &config);
}
