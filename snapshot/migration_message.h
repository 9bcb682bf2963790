/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages of a migration: what a machine that runs (the source) and the process that takes it
 * over (the target) say to each other on a stream of bytes. A message is a head and a payload:
 *
 *   offset  size
 *        0     4  magic, "MVmg"
 *        4     2  protocol version, of the first message alone more than a formality
 *        6     2  enum migration_type
 *        8     4  number: 0 for the first message of its sender, then one more each
 *       12     4  size of the payload
 *       16     8  XXH3-64 of the 16 bytes before and that of the payload, added
 *       24        payload
 *
 * Numbers are little endian. A conversation:
 *
 *   source             target
 *   HELLO                        records: configuration and host; the guest runs
 *                      ACCEPT    the target has a machine of this configuration
 *   PAGES, ZEROS ...             memory, by rounds, while the guest runs
 *                                the guest is stopped
 *   PAGES, ZEROS ...             what is left
 *   STATE                        records: all but the memory
 *                      READY     the target has everything
 *   GO                           from here on the source never runs the guest again
 *                      RUNNING   the guest runs at the target
 *
 * In place of ACCEPT, READY or RUNNING the target may say REFUSE, with the reason. If the stream
 * ends before the target has read the whole of GO, the target forgets the guest.
 *
 * Any of it may come from a stranger: no head asks for more than migration_max_bytes of its type,
 * and each payload has a checksum, against damage and no malice.
 *
 * Pure.
 */
#ifndef SNAPSHOT_MIGRATION_MESSAGE_H
#define SNAPSHOT_MIGRATION_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/guest_mem.h"
#include "base/text.h"

#define MIGRATION_VERSION    1
#define MIGRATION_HEAD_BYTES 24
#define MIGRATION_PAGE_BYTES UINT64_C(4096)
/* In one message, of either type. */
#define MIGRATION_MAX_PAGES    64
#define MIGRATION_REASON_BYTES 512

enum migration_type {
    MIGRATION_HELLO = 1,
    MIGRATION_ACCEPT,
    /* struct migration_range, then the pages. */
    MIGRATION_PAGES,
    /* struct migration_range: pages that are zeros now. */
    MIGRATION_ZEROS,
    MIGRATION_STATE,
    MIGRATION_READY,
    MIGRATION_GO,
    /* struct migration_running */
    MIGRATION_RUNNING,
    /* Text without NUL. */
    MIGRATION_REFUSE,
    MIGRATION_TYPES,
};

/* Pages that follow one another. */
struct migration_range {
    uint64_t gpa;
    uint64_t page_count;
};

struct migration_running {
    /* From the cut, at which the guest stood still, to where it goes on. */
    uint64_t downtime_ns;
};

struct migration_head {
    enum migration_type type;
    uint32_t number;
    uint32_t size_bytes;
    uint64_t checksum;
};

/* "its memory"; NULL if the type is not known. */
const char *migration_type_name(unsigned type);

/* The longest payload that a message of this type can have. */
uint32_t migration_max_bytes(enum migration_type type);

/* Fills in the checksum too, and writes the head of a message with this payload. */
void migration_head_encode(struct migration_head *head, const void *payload,
                           uint8_t bytes[MIGRATION_HEAD_BYTES]);

/*
 * The head that is to have this number. False: it is none, of another version, out of order, or too
 * long; error has one line without a newline.
 */
bool migration_head_decode(const uint8_t bytes[MIGRATION_HEAD_BYTES], uint32_t number,
                           struct migration_head *head, struct text *error);

/* Whether the payload is the one that was sent; error as above. */
bool migration_payload_check(const struct migration_head *head, const void *payload,
                             struct text *error);

bool migration_page_is_zeros(const uint8_t *page);

/*
 * Puts the pages of a PAGES or ZEROS message into memory; a page that is zeros, and is to be, is
 * not written to. False: the payload is not as it should be, or names what is not in memory; error
 * as above.
 */
bool migration_apply_pages(const struct migration_head *head, const void *payload,
                           const struct guest_mem *memory, struct text *error);

#endif
