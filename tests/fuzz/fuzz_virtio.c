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
#include <stdlib.h>
#include <string.h>

#include "devices/virtio/virtio.h"

#define MEMORY_BYTES 0x800
#define QUEUE_SIZE   16
#define DESC_GPA     0x000
#define AVAIL_GPA    0x100
#define USED_GPA     0x140
#define OPERATIONS   24

struct fuzzed {
    struct virtio virtio;
    struct irq_line irq;
    uint8_t *memory;
    uint16_t heads[VIRTQ_MAX_SIZE];
    unsigned held;
    uint8_t sum;
};

static void *memory_at(void *ctx, uint64_t gpa, uint64_t size_bytes)
{
    struct fuzzed *fuzzed = ctx;

    return gpa < MEMORY_BYTES && size_bytes <= MEMORY_BYTES - gpa ? fuzzed->memory + gpa : NULL;
}

static void on_written(void *ctx, uint64_t gpa, uint64_t size_bytes)
{
    if (memory_at(ctx, gpa, size_bytes) == NULL)
        fuzz_fail("what is outside of memory is marked as written");
}

static void on_broken(void *ctx, const char *device, const char *what)
{
    (void)ctx;
    if (device == NULL || what == NULL || *what == '\0')
        fuzz_fail("a device breaks without a word");
}

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
    static uint8_t bytes[MEMORY_BYTES];
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

static void start(struct fuzzed *fuzzed, uint32_t features)
{
    write_register(fuzzed, VIRTIO_DRIVER_FEATURES, features & (3U << 28));
    write_register(fuzzed, VIRTIO_DRIVER_FEATURES_SEL, 1);
    write_register(fuzzed, VIRTIO_DRIVER_FEATURES, 1);
    write_register(fuzzed, VIRTIO_QUEUE_NUM, QUEUE_SIZE);
    write_register(fuzzed, VIRTIO_QUEUE_DESC_LOW, DESC_GPA);
    write_register(fuzzed, VIRTIO_QUEUE_AVAIL_LOW, AVAIL_GPA);
    write_register(fuzzed, VIRTIO_QUEUE_USED_LOW, USED_GPA);
    write_register(fuzzed, VIRTIO_STATUS, 11);
    write_register(fuzzed, VIRTIO_QUEUE_READY, 1);
    write_register(fuzzed, VIRTIO_STATUS, 15);
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
    const struct virtio_wiring wiring = {
        &fuzzed.irq, {memory_at, on_written, &fuzzed}, on_broken, &fuzzed};

    fuzzed = (struct fuzzed){.memory = calloc(1, MEMORY_BYTES)};
    if (fuzzed.memory == NULL)
        return 0;
    size_bytes -= (size_t)(memory - bytes);
    memcpy(fuzzed.memory, memory, size_bytes < MEMORY_BYTES ? size_bytes : MEMORY_BYTES);
    virtio_init(&fuzzed.virtio, &ops, &type, &wiring, 0, "12345678");
    start(&fuzzed, features);
    for (unsigned i = 0; i < OPERATIONS; i++) {
        fuzz_count();
        operate(&fuzzed, &input);
    }
    check_state(&fuzzed);
    free(fuzzed.memory);
    return 0;
}
