/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entropy device, with and without indirect descriptors; and chains that no driver may make:
 * the device says DEVICE_NEEDS_RESET, the machine goes on, and after a reset the device works.
 */
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pic.h"
#include "guest-images/payloads/lib/text.h"
#include "guest-images/payloads/lib/virtio.h"

#define SLOT       0
#define RNG_ID     4
#define VECTOR     0x3a
#define F_INDIRECT (1u << 28)
#define BYTES      256

/* The hole below 4 GiB has no memory here. */
#define NO_MEMORY_GPA 0xd0000000u

static struct virtio_queue queue;
static uint8_t bytes[BYTES];
static volatile uint32_t interrupts;

static void on_interrupt(void)
{
    virtio_write(SLOT, REG_INTERRUPT_ACK, virtio_read(SLOT, REG_INTERRUPT_STATUS));
    interrupts++;
    apic_acknowledge();
}

static bool has_bytes(void)
{
    unsigned others = 0;

    for (unsigned i = 0; i < BYTES; i++)
        others += bytes[i] != 0;
    return others > BYTES / 2;
}

static struct virtio_desc buffer(uint16_t flags, uint16_t next)
{
    return (struct virtio_desc){(uintptr_t)bytes, BYTES, flags, next};
}

static struct virtio_desc table(unsigned count)
{
    return (struct virtio_desc){(uintptr_t)queue.table, 16 * count, DESC_INDIRECT, 0};
}

static void check_fills(const char *name)
{
    memset(bytes, 0, sizeof bytes);
    virtio_submit(SLOT, &queue, 0);
    check(name, virtio_wait(&queue, queue.avail.idx) && has_bytes());
}

static void check_works(void)
{
    virtio_start(SLOT, &queue, F_INDIRECT);
    check_equal("the device takes its driver", virtio_read(SLOT, REG_STATUS), STATUS_RUNNING);
    queue.desc[0] = buffer(DESC_WRITE, 0);
    check_fills("a buffer is filled with random bytes");
    check_equal("all of it", queue.used.ring[0].size_bytes, BYTES);
    queue.desc[0] = table(1);
    queue.table[0] = buffer(DESC_WRITE, 0);
    check_fills("and one of an indirect descriptor");
}

/* What is in the queue by now is a chain that breaks a rule; then the device is set up again. */
static void check_breaks(const char *name)
{
    virtio_submit(SLOT, &queue, 0);
    check_equal(name, virtio_read(SLOT, REG_STATUS), STATUS_RUNNING | STATUS_NEEDS_RESET);
    virtio_start(SLOT, &queue, F_INDIRECT);
}

static void check_abuse(void)
{
    queue.desc[0] = buffer(DESC_WRITE | DESC_NEXT, 0);
    check_breaks("a loop needs a reset");
    queue.desc[0] = (struct virtio_desc){(uintptr_t)bytes, UINT32_MAX, DESC_WRITE, 0};
    check_breaks("a length over the end of memory needs a reset");
    queue.desc[0] = (struct virtio_desc){NO_MEMORY_GPA, 16, DESC_WRITE, 0};
    check_breaks("an address beyond memory needs a reset");
    queue.desc[0] = (struct virtio_desc){UINT64_MAX - 7, 16, DESC_WRITE, 0};
    check_breaks("an address that wraps needs a reset");
    queue.desc[0] = table(1);
    queue.table[0] = table(1);
    check_breaks("an indirect descriptor in a table needs a reset");
    queue.desc[0] = buffer(DESC_WRITE | DESC_NEXT, VIRTIO_QUEUE_SIZE);
    check_breaks("a link out of the table needs a reset");
    queue.avail.idx = 2 * VIRTIO_QUEUE_SIZE;
    check_breaks("more chains than entries need a reset");
    check_works();
}

static void check_interrupt(void)
{
    ioapic_enable(VIRTIO_PIN(SLOT), true, VECTOR, on_interrupt);
    virtio_write(SLOT, REG_INTERRUPT_ACK, 3);
    interrupts = 0;
    queue.desc[0] = buffer(DESC_WRITE, 0);
    virtio_submit(SLOT, &queue, 0);
    check("an interrupt tells of what was used", wait_for_count(&interrupts, 1, 20 * NS_PER_SEC));
    check_equal("and is acknowledged", virtio_read(SLOT, REG_INTERRUPT_STATUS), 0);
}

void payload_main(const uint8_t *zero_page)
{
    (void)zero_page;
    pic_init();
    apic_enable();
    check_equal("magic", virtio_read(SLOT, REG_MAGIC), 0x74726976);
    check_equal("version", virtio_read(SLOT, REG_VERSION), 2);
    check_equal("an entropy device", virtio_read(SLOT, REG_DEVICE_ID), RNG_ID);
    check_works();
    check_abuse();
    check_interrupt();
    check_done();
}
