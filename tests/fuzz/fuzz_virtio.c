/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The queues of a virtio device, with the guest's memory as input. The first bytes are writes of
 * registers, and the others are what is in memory; one queue is set up in it, so that an input gets
 * to its chains. The device takes every chain, reads and writes all of it, and pushes it back some
 * time later. Whatever is in memory: nothing outside of it is touched, the work is bounded, what is
 * under way is never more than the queue has entries, and the state is one that load takes once
 * nothing is under way.
 */
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "devices/virtio/virtio.h"
#include "tests/fuzz/virtio_guest.h"

#define OPERATIONS 24

struct fuzzed {
    struct virtio virtio;
    struct virtio_guest guest;
    uint16_t heads[VIRTQ_MAX_SIZE];
    unsigned held;
    uint8_t sum;
};

static void push_all(struct fuzzed *fuzzed)
{
    struct virtq queue = virtio_queue(&fuzzed->virtio, 0);
    bool interrupts = false;

    for (unsigned i = 0; i < fuzzed->held; i++)
        if (virtq_push(&queue, fuzzed->heads[i], 1, &interrupts) != VIRTQ_NO_FAULT)
            fuzz_fail("a queue that was in memory is not there any more");
    fuzzed->held = 0;
    if (interrupts)
        virtio_interrupt(&fuzzed->virtio);
}

static void use(struct fuzzed *fuzzed, const struct virtq *queue, const struct virtq_chain *chain)
{
    static uint8_t bytes[VIRTIO_GUEST_BYTES];
    uint32_t readable = (uint32_t)chain->readable_bytes;
    uint32_t size_bytes = readable < sizeof bytes ? readable : sizeof bytes;

    if (chain->count == 0 || chain->count > VIRTQ_MAX_CHAIN)
        fuzz_fail("a chain has %u segments", chain->count);
    if (virtq_chain_read(chain, 0, bytes, sizeof bytes) != size_bytes)
        fuzz_fail("not all of a chain was read");
    fuzzed->sum ^= bytes[size_bytes / 2];
    virtq_chain_write(queue, chain, 1, &fuzzed->sum, 1);
}

static void on_notify(struct virtio *virtio, unsigned index)
{
    static struct virtq_chain chain;
    struct fuzzed *fuzzed = (struct fuzzed *)virtio;
    struct virtq queue = virtio_queue(virtio, index);
    enum virtq_fault fault;

    while (virtq_pop(&queue, &chain, &fault)) {
        if (fuzzed->held >= virtio->state.queues[0].size)
            fuzz_fail("more is under way than the queue has entries");
        use(fuzzed, &queue, &chain);
        fuzzed->heads[fuzzed->held++] = chain.head;
    }
    if (fault != VIRTQ_NO_FAULT)
        virtio_break(virtio, virtq_fault_text(fault));
    if (fuzzed->sum % 2 == 0)
        push_all(fuzzed);
}

static void on_stop(struct virtio *virtio)
{
    ((struct fuzzed *)virtio)->held = 0;
}

static const struct virtio_type type = {
    .device_id = 4,
    .queue_count = 1,
    .queue_max = VIRTQ_MAX_SIZE,
    .config_bytes = 8,
    .notify = on_notify,
    .stop = on_stop,
};
static const struct device_ops ops = VIRTIO_DEVICE_OPS("fuzzed");

static void write_register(struct fuzzed *fuzzed, uint32_t reg, uint32_t value)
{
    ops.write(&fuzzed->virtio.dev, 0, reg, 4, value);
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
    ops.read(&fuzzed->virtio.dev, 0, reg % VIRTIO_LENGTH_BYTES, 4);
    if (value % 4 == 0)
        push_all(fuzzed);
}

static void check_state(struct fuzzed *fuzzed)
{
    struct virtio_state state;

    push_all(fuzzed);
    if (virtio_in_flight(&fuzzed->virtio) != 0)
        fuzz_fail("something is under way that nobody has");
    device_save(&fuzzed->virtio.dev, &state);
    if (device_load(&fuzzed->virtio.dev, 0, &state) != 0)
        fuzz_fail("load refuses what save gave");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    static struct fuzzed fuzzed;
    struct fuzz_input input = {bytes, size_bytes};
    uint32_t features = (uint32_t)fuzz_take(&input, 4);
    uint64_t programs = OPERATIONS * UINT64_C(5);
    const uint8_t *memory = bytes + (size_bytes < 4 + programs ? size_bytes : 4 + programs);
    const struct virtio_wiring wiring = virtio_guest_wiring(&fuzzed.guest);

    fuzzed = (struct fuzzed){.held = 0};
    if (!virtio_guest_begin(&fuzzed.guest, memory, size_bytes - (size_t)(memory - bytes)))
        return 0;
    virtio_init(&fuzzed.virtio, &ops, &type, &wiring, 0, "12345678");
    virtio_guest_start(&fuzzed.virtio.dev, features & (3U << 28));
    for (unsigned i = 0; i < OPERATIONS; i++) {
        fuzz_count();
        operate(&fuzzed, &input);
    }
    check_state(&fuzzed);
    virtio_guest_end(&fuzzed.guest);
    return 0;
}
