/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block device, with the guest's memory as input: as fuzz_virtio.c, but its chains are
 * requests. They come back at once, later, in another order, or failed. Whatever is in memory: what
 * is submitted is on the disk and in memory, no request is submitted twice, all come back once, and
 * then the state is one that load takes.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "devices/virtio/virtio_blk.h"
#include "tests/fuzz/virtio_guest.h"

#define OPERATIONS 24
#define SECTORS    64

struct fuzzed {
    struct virtio_blk blk;
    struct virtio_guest guest;
    struct blk_request requests[VIRTQ_MAX_SIZE];
    struct blk_request *held[VIRTQ_MAX_SIZE];
    unsigned held_count;
};

static uint64_t check_segments(struct fuzzed *fuzzed, const struct blk_request *request)
{
    uint64_t size_bytes = 0;

    for (unsigned i = 0; i < request->count; i++) {
        const struct virtq_segment *segment = &request->segments[i];

        if (virtio_guest_at(&fuzzed->guest, segment->gpa, segment->size_bytes) != segment->host)
            fuzz_fail("a segment is not where it says");
        if (request->operation == BLK_READ)
            memset(segment->host, 0x5a, segment->size_bytes);
        size_bytes += segment->size_bytes;
    }
    return size_bytes;
}

static void on_submit(void *ctx, struct blk_request *request)
{
    struct fuzzed *fuzzed = ctx;
    uint64_t end_bytes = SECTORS * UINT64_C(512);

    if (request->offset_bytes > end_bytes ||
        request->size_bytes > end_bytes - request->offset_bytes)
        fuzz_fail("a request is not on the disk");
    if (request->operation <= BLK_WRITE && check_segments(fuzzed, request) != request->size_bytes)
        fuzz_fail("a request has another size than its segments");
    for (unsigned i = 0; i < fuzzed->held_count; i++)
        if (fuzzed->held[i] == request)
            fuzz_fail("a request is submitted that is not back");
    fuzzed->held[fuzzed->held_count++] = request;
}

static void bring_back(struct fuzzed *fuzzed, unsigned which, bool has_failed)
{
    struct blk_request *request = fuzzed->held[which];

    fuzzed->held[which] = fuzzed->held[--fuzzed->held_count];
    request->has_failed = has_failed;
    virtio_blk_done(&fuzzed->blk, request);
}

/* As the machine does it: the guest does not run until all are back. */
static void on_stop(void *ctx)
{
    (void)ctx;
}

static void bring_all_back(struct fuzzed *fuzzed)
{
    while (fuzzed->held_count > 0)
        bring_back(fuzzed, 0, false);
}

static void write_register(struct fuzzed *fuzzed, uint32_t reg, uint32_t value)
{
    struct device *dev = &fuzzed->blk.virtio.dev;
    bool is_stop = reg == VIRTIO_STATUS || reg == VIRTIO_QUEUE_READY;

    dev->ops->write(dev, 0, reg, 4, value);
    if (is_stop)
        bring_all_back(fuzzed);
}

/* Mostly notices, or the queue would hardly be looked at. */
static void operate(struct fuzzed *fuzzed, struct fuzz_input *input)
{
    uint32_t reg = (uint32_t)fuzz_take(input, 1) * 4;
    uint32_t value = (uint32_t)fuzz_take(input, 4);

    if (reg >= VIRTIO_LENGTH_BYTES)
        write_register(fuzzed, VIRTIO_QUEUE_NOTIFY, 0);
    else
        write_register(fuzzed, reg, value);
    if (value % 2 == 0 && fuzzed->held_count > 0)
        bring_back(fuzzed, value / 4 % fuzzed->held_count, value / 2 % 2 != 0);
}

static void check_state(struct fuzzed *fuzzed)
{
    struct device *dev = &fuzzed->blk.virtio.dev;
    struct virtio_state state;

    bring_all_back(fuzzed);
    if (fuzzed->blk.under_way != 0 || virtio_in_flight(&fuzzed->blk.virtio) != 0)
        fuzz_fail("something is under way that nobody has");
    device_save(dev, &state);
    if (device_load(dev, 0, &state) != 0)
        fuzz_fail("load refuses what save gave");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    static struct fuzzed fuzzed;
    struct fuzz_input input = {bytes, size_bytes};
    uint32_t features = (uint32_t)fuzz_take(&input, 4);
    size_t program_bytes = 4 + OPERATIONS * 5;
    size_t skipped = size_bytes < program_bytes ? size_bytes : program_bytes;
    const struct virtio_wiring virtio = virtio_guest_wiring(&fuzzed.guest);
    const struct virtio_blk_wiring wiring = {.capacity_sectors = SECTORS,
                                             .is_read_only = features % 4 == 0,
                                             .requests = fuzzed.requests,
                                             .submit = on_submit,
                                             .stop = on_stop,
                                             .ctx = &fuzzed};

    memset(&fuzzed, 0, sizeof fuzzed);
    if (!virtio_guest_begin(&fuzzed.guest, bytes + skipped, size_bytes - skipped))
        return 0;
    virtio_blk_init(&fuzzed.blk, &virtio, &wiring);
    virtio_guest_start(&fuzzed.blk.virtio.dev, features & (uint32_t)fuzzed.blk.virtio.features);
    for (unsigned i = 0; i < OPERATIONS; i++) {
        fuzz_count();
        operate(&fuzzed, &input);
    }
    check_state(&fuzzed);
    virtio_guest_end(&fuzzed.guest);
    return 0;
}
