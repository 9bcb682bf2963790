/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio disk of 1 MiB that is all zeros at first, and one that is read only: what is written is
 * read back; requests that are wrong get their status; chains that no driver may make break the
 * device until a reset; a reset while requests are under way leaves memory alone afterwards.
 */
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pic.h"
#include "guest-images/payloads/lib/text.h"
#include "guest-images/payloads/lib/virtio.h"

#define SLOT        1
#define SLOT_RO     2
#define BLK_ID      2
#define VECTOR      0x3a
#define SECTORS     2048
#define F_FLUSH     (1u << 9)
#define F_RO        (1u << 5)
#define F_ERASE     (3u << 13)
#define F_INDIRECT  (1u << 28)
#define F_EVENT_IDX (1u << 29)
#define FEATURES    (F_FLUSH | F_ERASE | F_INDIRECT)
#define BYTES       4096
#define NO_STATUS   0xee

enum { T_IN, T_OUT, T_FLUSH = 4, T_GET_ID = 8, T_DISCARD = 11, T_WRITE_ZEROES = 13 };
enum { S_OK, S_IOERR, S_UNSUPP };

struct request {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
    volatile uint8_t status;
};

static struct virtio_queue queue;
static struct request request;
static uint8_t bytes[BYTES];
static uint8_t large[0x4000];
static volatile uint32_t interrupts;

static void on_interrupt(void)
{
    virtio_write(SLOT, REG_INTERRUPT_ACK, virtio_read(SLOT, REG_INTERRUPT_STATUS));
    interrupts++;
    apic_acknowledge();
}

static struct virtio_desc part(const volatile void *at, uint32_t size_bytes, uint16_t flags,
                               uint16_t next)
{
    return (struct virtio_desc){(uintptr_t)at, size_bytes, flags, next};
}

/* Header, data and status in three descriptors. Returns the status. */
static uint8_t ask(unsigned slot, uint32_t type, uint64_t sector, void *data, uint32_t size_bytes)
{
    uint16_t direction = type == T_IN || type == T_GET_ID ? DESC_WRITE : 0;

    request = (struct request){.type = type, .sector = sector, .status = NO_STATUS};
    queue.desc[0] = part(&request, 16, DESC_NEXT, size_bytes > 0 ? 1 : 2);
    queue.desc[1] = part(data, size_bytes, direction | DESC_NEXT, 2);
    queue.desc[2] = part(&request.status, 1, DESC_WRITE, 0);
    virtio_submit(slot, &queue, 0);
    return virtio_wait(&queue, queue.avail.idx) ? request.status : NO_STATUS;
}

static bool are_all(uint8_t byte, unsigned size_bytes)
{
    for (unsigned i = 0; i < size_bytes; i++)
        if (bytes[i] != byte)
            return false;
    return true;
}

static void check_identity(void)
{
    check_equal("a disk", virtio_read(SLOT, REG_DEVICE_ID), BLK_ID);
    check_equal("its capacity", virtio_read(SLOT, REG_CONFIG), SECTORS);
    virtio_start(SLOT, &queue, FEATURES);
    check_equal("it takes its driver", virtio_read(SLOT, REG_STATUS), STATUS_RUNNING);
    check_equal("it tells its name", ask(SLOT, T_GET_ID, 0, bytes, 20), S_OK);
    check_text("which is disk0", (const char *)bytes, "disk0");
}

static void check_data(void)
{
    memset(bytes, 0xff, BYTES);
    check_equal("it reads", ask(SLOT, T_IN, 8, bytes, BYTES), S_OK);
    check("zeros", are_all(0, BYTES));
    check_equal("of so many bytes", queue.used.ring[(queue.used.idx - 1) % 8].size_bytes,
                BYTES + 1);
    memset(bytes, 0x5a, BYTES);
    check_equal("it writes", ask(SLOT, T_OUT, SECTORS - 8, bytes, BYTES), S_OK);
    memset(bytes, 0, BYTES);
    check_equal("and reads", ask(SLOT, T_IN, SECTORS - 8, bytes, BYTES), S_OK);
    check("what was written", are_all(0x5a, BYTES));
    check_equal("it flushes", ask(SLOT, T_FLUSH, 0, bytes, 0), S_OK);
}

static void check_erasure(void)
{
    struct {
        uint64_t sector;
        uint32_t count;
        uint32_t flags;
    } range = {SECTORS - 4, 4, 1};

    check_equal("it fills with zeroes", ask(SLOT, T_WRITE_ZEROES, 0, &range, sizeof range), S_OK);
    check_equal("what is read then", ask(SLOT, T_IN, SECTORS - 4, bytes, 2048), S_OK);
    check("is zeros", are_all(0, 2048));
    check_equal("and what is before", ask(SLOT, T_IN, SECTORS - 8, bytes, 2048), S_OK);
    check("is as it was", are_all(0x5a, 2048));
    check_equal("a discard knows no flag", ask(SLOT, T_DISCARD, 0, &range, sizeof range), S_UNSUPP);
    range.flags = 0;
    check_equal("it discards", ask(SLOT, T_DISCARD, 0, &range, sizeof range), S_OK);
    range.count = 5;
    check_equal("not beyond its end", ask(SLOT, T_DISCARD, 0, &range, sizeof range), S_IOERR);
}

static void check_errors(void)
{
    check_equal("a read beyond the end", ask(SLOT, T_IN, SECTORS - 7, bytes, BYTES), S_IOERR);
    check_equal("a write far beyond it", ask(SLOT, T_OUT, UINT64_MAX, bytes, 512), S_IOERR);
    check_equal("a part of a sector", ask(SLOT, T_IN, 0, bytes, 511), S_IOERR);
    check_equal("what it does not know", ask(SLOT, 99, 0, bytes, 512), S_UNSUPP);
}

static void check_indirect(void)
{
    request = (struct request){.type = T_IN, .sector = SECTORS - 8, .status = NO_STATUS};
    memset(bytes, 0, BYTES);
    queue.desc[0] = part(queue.table, 5 * 16, DESC_INDIRECT, 0);
    queue.table[0] = part(&request, 10, DESC_NEXT, 1);
    queue.table[1] = part((uint8_t *)&request + 10, 6, DESC_NEXT, 2);
    queue.table[2] = part(bytes, 100, DESC_NEXT | DESC_WRITE, 3);
    queue.table[3] = part(bytes + 100, 924, DESC_NEXT | DESC_WRITE, 4);
    queue.table[4] = part(&request.status, 1, DESC_WRITE, 0);
    virtio_submit(SLOT, &queue, 0);
    check("an indirect one with odd parts is done", virtio_wait(&queue, queue.avail.idx));
    check_equal("and well", request.status, S_OK);
    check("all of it", are_all(0x5a, 1024));
}

static void check_breaks(const char *name)
{
    virtio_submit(SLOT, &queue, 0);
    check_equal(name, virtio_read(SLOT, REG_STATUS), STATUS_RUNNING | STATUS_NEEDS_RESET);
    virtio_start(SLOT, &queue, FEATURES);
}

static void check_abuse(void)
{
    queue.desc[0] = part(&request, 16, DESC_NEXT, 0);
    check_breaks("a loop needs a reset");
    queue.desc[0] = part(&request, 16, 0, 0);
    check_breaks("a request without a status needs a reset");
    queue.desc[0] = part(&request, 15, DESC_NEXT, 1);
    queue.desc[1] = part(&request.status, 1, DESC_WRITE, 0);
    check_breaks("a short header needs a reset");
    queue.desc[0] = part((void *)0xd0000000u, 16, DESC_NEXT, 1);
    check_breaks("an address beyond memory needs a reset");
    queue.desc[0] = part(queue.table, 16, DESC_INDIRECT, 0);
    queue.table[0] = part(queue.table, 16, DESC_INDIRECT, 0);
    check_breaks("an indirect descriptor in a table needs a reset");
    check_equal("and it works again", ask(SLOT, T_IN, 0, bytes, 512), S_OK);
}

/* Once the status is 0 the memory is the driver's: what it writes there stays. */
static void check_reset_at_work(void)
{
    unsigned others = 0;

    for (unsigned round = 0; round < 4; round++) {
        request = (struct request){.type = T_IN, .status = NO_STATUS};
        queue.desc[0] = part(&request, 16, DESC_NEXT, 1);
        queue.desc[1] = part(large, sizeof large, DESC_NEXT | DESC_WRITE, 2);
        queue.desc[2] = part(&request.status, 1, DESC_WRITE, 0);
        virtio_submit(SLOT, &queue, 0);
        virtio_write(SLOT, REG_STATUS, 0);
        memset(large, 0xa5, sizeof large);
        virtio_start(SLOT, &queue, FEATURES);
        ask(SLOT, T_FLUSH, 0, bytes, 0);
        for (unsigned i = 0; i < sizeof large; i++)
            others += large[i] != 0xa5;
    }
    check_equal("after a reset nothing is written to memory", others, 0);
}

static void check_interrupt(void)
{
    virtio_start(SLOT, &queue, FEATURES | F_EVENT_IDX);
    ioapic_enable(VIRTIO_PIN(SLOT), true, VECTOR, on_interrupt);
    interrupts = 0;
    check_equal("with event index it works", ask(SLOT, T_IN, 0, bytes, 512), S_OK);
    check("and interrupts", wait_for_count(&interrupts, 1, 20 * NS_PER_SEC));
}

static void check_read_only(void)
{
    virtio_start(SLOT_RO, &queue, F_RO | F_FLUSH);
    check_equal("the other disk is read only", virtio_read(SLOT_RO, REG_STATUS), STATUS_RUNNING);
    check_equal("it reads", ask(SLOT_RO, T_IN, 0, bytes, 512), S_OK);
    check_equal("and does not write", ask(SLOT_RO, T_OUT, 0, bytes, 512), S_IOERR);
    virtio_start(SLOT_RO, &queue, F_RO | F_ERASE);
    check_equal("nor erase", virtio_read(SLOT_RO, REG_STATUS), 3);
}

void payload_main(const uint8_t *zero_page)
{
    (void)zero_page;
    pic_init();
    apic_enable();
    check_identity();
    check_data();
    check_erasure();
    check_errors();
    check_indirect();
    check_abuse();
    check_reset_at_work();
    check_interrupt();
    check_read_only();
    check_done();
}
