/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a target reads of a migration: the input as messages, one after the
 * other, and as changes to right ones that then get a right checksum, since few
 * inputs find one by themselves.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "snapshot/migration_message.h"
#include "snapshot/record.h"

#define PAGES 8

static uint8_t low[PAGES * MIGRATION_PAGE_BYTES], high[PAGES * MIGRATION_PAGE_BYTES];
static const struct guest_mem memory = {
    .regions = {{.base_gpa = 0, .size_bytes = sizeof low, .host = low},
                {.base_gpa = GUEST_MEM_HIGH_GPA, .size_bytes = sizeof high, .host = high}},
    .region_count = 2,
};

/* A payload in a block without a byte behind it: as far as it is read before
 * KVM is asked. */
static void read_payload(const struct migration_head *head, const uint8_t *bytes)
{
    uint8_t *payload = malloc(head->size_bytes > 0 ? head->size_bytes : 1);
    char said[256];
    struct text error;

    memcpy(payload, bytes, head->size_bytes);
    text_init(&error, said, sizeof said);
    if (head->type == MIGRATION_PAGES || head->type == MIGRATION_ZEROS)
        migration_apply_pages(head, payload, &memory, &error);
    if (head->type == MIGRATION_HELLO || head->type == MIGRATION_STATE)
        record_stream_validate(payload, head->size_bytes, &error);
    free(payload);
}

/* As they come, each checked as a target does. */
static void read_stream(const uint8_t *bytes, size_t size_bytes)
{
    struct migration_head head;
    char said[256];
    struct text error;

    text_init(&error, said, sizeof said);
    for (uint32_t number = 0; size_bytes >= MIGRATION_HEAD_BYTES; number++) {
        bool is_right = migration_head_decode(bytes, number, &head, &error);

        if (is_right != (said[0] == '\0'))
            fuzz_fail("taken, and '%s' is said", said);
        if (!is_right)
            return;
        if (head.size_bytes > migration_max_bytes(head.type))
            fuzz_fail("%u bytes are more than there may be", head.size_bytes);
        bytes += MIGRATION_HEAD_BYTES;
        size_bytes -= MIGRATION_HEAD_BYTES;
        if (head.size_bytes > size_bytes || !migration_payload_check(&head, bytes, &error))
            return;
        read_payload(&head, bytes);
        bytes += head.size_bytes;
        size_bytes -= head.size_bytes;
    }
}

/* A message of any type whose checksum is right: at first a range that may be
 * one. */
static void read_right_one(struct fuzz_input *input)
{
    struct migration_range range;
    struct migration_head head = {
        .type = (enum migration_type)(1 + fuzz_take(input, 1) % (MIGRATION_TYPES - 1))};
    size_t stream_bytes;
    uint8_t *stream;

    range.gpa = fuzz_take(input, 1) % 4 == 0 ? fuzz_take(input, 8)
                                             : fuzz_take(input, 1) * MIGRATION_PAGE_BYTES +
                                                   (fuzz_take(input, 1) % 2) * GUEST_MEM_HIGH_GPA;
    range.page_count = fuzz_take(input, 1) % 4 == 0 ? fuzz_take(input, 8) : fuzz_take(input, 1);
    head.size_bytes = (uint32_t)fuzz_take(input, 2);
    if (fuzz_take(input, 1) % 2 == 0)
        head.size_bytes = (uint32_t)(sizeof range + range.page_count % 80 * MIGRATION_PAGE_BYTES);
    if (head.size_bytes > migration_max_bytes(head.type))
        head.size_bytes = migration_max_bytes(head.type);
    stream_bytes = MIGRATION_HEAD_BYTES + (size_t)head.size_bytes;
    stream = calloc(1, stream_bytes + sizeof range);
    memcpy(stream + MIGRATION_HEAD_BYTES, &range, sizeof range);
    if (head.type == MIGRATION_HELLO || head.type == MIGRATION_STATE)
        memcpy(stream + MIGRATION_HEAD_BYTES, input->bytes,
               input->left < head.size_bytes ? input->left : head.size_bytes);
    migration_head_encode(&head, stream + MIGRATION_HEAD_BYTES, stream);
    read_stream(stream, stream_bytes);
    free(stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    struct fuzz_input input = {bytes, size_bytes};

    fuzz_count();
    read_stream(bytes, size_bytes);
    read_right_one(&input);
    return 0;
}
