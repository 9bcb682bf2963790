/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtio_guest.h. */
#include "tests/fuzz/virtio_guest.h"

#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define QUEUE_SIZE 16
#define DESC_GPA   0x000
#define AVAIL_GPA  0x100
#define USED_GPA   0x140

bool virtio_guest_begin(struct virtio_guest *guest, const uint8_t *bytes, size_t size_bytes)
{
    *guest = (struct virtio_guest){.memory = calloc(1, VIRTIO_GUEST_BYTES)};
    if (guest->memory == NULL)
        return false;
    memcpy(guest->memory, bytes, size_bytes < VIRTIO_GUEST_BYTES ? size_bytes : VIRTIO_GUEST_BYTES);
    return true;
}

void virtio_guest_end(struct virtio_guest *guest)
{
    free(guest->memory);
}

void *virtio_guest_at(const struct virtio_guest *guest, uint64_t gpa, uint64_t size_bytes)
{
    return gpa < VIRTIO_GUEST_BYTES && size_bytes <= VIRTIO_GUEST_BYTES - gpa ? guest->memory + gpa
                                                                              : NULL;
}

static void *memory_at(void *ctx, uint64_t gpa, uint64_t size_bytes)
{
    return virtio_guest_at(ctx, gpa, size_bytes);
}

static void on_written(void *ctx, uint64_t gpa, uint64_t size_bytes)
{
    if (virtio_guest_at(ctx, gpa, size_bytes) == NULL)
        fuzz_fail("what is outside of memory is marked as written");
}

static void on_broken(void *ctx, const char *device, const char *what)
{
    (void)ctx;
    if (device == NULL || what == NULL || *what == '\0')
        fuzz_fail("a device breaks without a word");
}

struct virtio_wiring virtio_guest_wiring(struct virtio_guest *guest)
{
    return (struct virtio_wiring){&guest->irq, {memory_at, on_written, guest}, on_broken, guest};
}

void virtio_guest_start(struct device *dev, uint32_t features)
{
    const struct {
        uint32_t reg, value;
    } writes[] = {
        {VIRTIO_DRIVER_FEATURES, features},
        {VIRTIO_DRIVER_FEATURES_SEL, 1},
        {VIRTIO_DRIVER_FEATURES, 1},
        {VIRTIO_QUEUE_NUM, QUEUE_SIZE},
        {VIRTIO_QUEUE_DESC_LOW, DESC_GPA},
        {VIRTIO_QUEUE_AVAIL_LOW, AVAIL_GPA},
        {VIRTIO_QUEUE_USED_LOW, USED_GPA},
        {VIRTIO_STATUS, 11},
        {VIRTIO_QUEUE_READY, 1},
        {VIRTIO_STATUS, 15},
    };

    for (unsigned i = 0; i < sizeof writes / sizeof writes[0]; i++)
        dev->ops->write(dev, 0, writes[i].reg, 4, writes[i].value);
}
