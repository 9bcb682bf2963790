/* SPDX-License-Identifier: BSD-2-Clause */
/* See migration_message.h. */
#include "snapshot/migration_message.h"

#include <assert.h>
#include <string.h>

#include "base/checksum.h"
#include "snapshot/record.h"

#define MAGIC          0x676d564d
#define CHECKSUM_BYTES 16

static const struct {
    const char *name;
    uint32_t max_bytes;
} types[MIGRATION_TYPES] = {
    [MIGRATION_HELLO] = {"the greeting", 1 << 20},
    [MIGRATION_ACCEPT] = {"the acceptance", 0},
    [MIGRATION_PAGES] = {"memory", (uint32_t)sizeof(struct migration_range) +
                                       (uint32_t)MIGRATION_MAX_PAGES *MIGRATION_PAGE_BYTES},
    [MIGRATION_ZEROS] = {"memory of zeros", sizeof(struct migration_range)},
    [MIGRATION_STATE] = {"the state", RECORD_STREAM_MAX_BYTES},
    [MIGRATION_READY] = {"that all is there", 0},
    [MIGRATION_GO] = {"the word to go", 0},
    [MIGRATION_RUNNING] = {"that the guest runs", sizeof(struct migration_running)},
    [MIGRATION_REFUSE] = {"a refusal", MIGRATION_REASON_BYTES},
};

/* As it is in the stream; the host is little endian. */
struct wire {
    uint32_t magic;
    uint16_t version;
    uint16_t type;
    uint32_t number;
    uint32_t size_bytes;
    uint64_t checksum;
};
static_assert(sizeof(struct wire) == MIGRATION_HEAD_BYTES, "no padding");

const char *migration_type_name(unsigned type)
{
    return type < MIGRATION_TYPES ? types[type].name : NULL;
}

uint32_t migration_max_bytes(enum migration_type type)
{
    return types[type].max_bytes;
}

static uint64_t checksum_of_message(const struct wire *wire, const void *payload)
{
    return checksum_of(wire, CHECKSUM_BYTES) + checksum_of(payload, wire->size_bytes);
}

static struct wire wire_of(const struct migration_head *head)
{
    return (struct wire){
        .magic = MAGIC,
        .version = MIGRATION_VERSION,
        .type = (uint16_t)head->type,
        .number = head->number,
        .size_bytes = head->size_bytes,
        .checksum = head->checksum,
    };
}

void migration_head_encode(struct migration_head *head, const void *payload,
                           uint8_t bytes[MIGRATION_HEAD_BYTES])
{
    struct wire wire = wire_of(head);

    wire.checksum = head->checksum = checksum_of_message(&wire, payload);
    memcpy(bytes, &wire, sizeof wire);
}

bool migration_head_decode(const uint8_t bytes[MIGRATION_HEAD_BYTES], uint32_t number,
                           struct migration_head *head, struct text *error)
{
    struct wire wire;

    memcpy(&wire, bytes, sizeof wire);
    if (wire.magic != MAGIC)
        text_add(error, "what comes is no migration of minivmm");
    else if (wire.version != MIGRATION_VERSION)
        text_add(error, "the other side speaks version %u of the protocol, and this minivmm %u",
                 wire.version, MIGRATION_VERSION);
    else if (migration_type_name(wire.type) == NULL)
        text_add(error, "damaged: a message of the unknown type %u", wire.type);
    else if (wire.number != number)
        text_add(error, "damaged: message %u comes where %u should", wire.number, number);
    else if (wire.size_bytes > migration_max_bytes((enum migration_type)wire.type))
        text_add(error, "damaged: %s has %u bytes, and can have %u", types[wire.type].name,
                 wire.size_bytes, types[wire.type].max_bytes);
    else {
        *head = (struct migration_head){(enum migration_type)wire.type, wire.number,
                                        wire.size_bytes, wire.checksum};
        return true;
    }
    return false;
}

bool migration_payload_check(const struct migration_head *head, const void *payload,
                             struct text *error)
{
    struct wire wire = wire_of(head);

    if (checksum_of_message(&wire, payload) == head->checksum)
        return true;
    text_add(error, "damaged: %s has another checksum than when it was sent",
             types[head->type].name);
    return false;
}

bool migration_page_is_zeros(const uint8_t *page)
{
    return page[0] == 0 && memcmp(page, page + 1, MIGRATION_PAGE_BYTES - 1) == 0;
}

static bool is_range(const struct migration_range *range)
{
    return range->gpa % MIGRATION_PAGE_BYTES == 0 && range->page_count > 0 &&
           range->page_count <= MIGRATION_MAX_PAGES;
}

/* A page that is zeros already is not written to, and takes no memory of the host. */
static void clear_pages(uint8_t *to, uint64_t size_bytes)
{
    for (uint64_t at = 0; at < size_bytes; at += MIGRATION_PAGE_BYTES)
        if (!migration_page_is_zeros(to + at))
            memset(to + at, 0, MIGRATION_PAGE_BYTES);
}

bool migration_apply_pages(const struct migration_head *head, const void *payload,
                           const struct guest_mem *memory, struct text *error)
{
    bool are_zeros = head->type == MIGRATION_ZEROS;
    struct migration_range range = {0};
    uint64_t size_bytes;
    void *to = NULL;

    if (head->size_bytes >= sizeof range)
        memcpy(&range, payload, sizeof range);
    size_bytes = range.page_count * MIGRATION_PAGE_BYTES;
    if (is_range(&range) && head->size_bytes == sizeof range + (are_zeros ? 0 : size_bytes))
        to = guest_mem_at(memory, range.gpa, size_bytes);
    if (to == NULL) {
        text_add(error, "damaged: memory that the guest does not have");
        return false;
    }
    if (are_zeros)
        clear_pages(to, size_bytes);
    else
        memcpy(to, (const uint8_t *)payload + sizeof range, size_bytes);
    return true;
}
