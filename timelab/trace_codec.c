/* SPDX-License-Identifier: BSD-2-Clause */
/* See trace_codec.h. */
#include "timelab/trace_codec.h"

#include <string.h>

#include "base/checksum.h"

static const uint8_t head_magic[4] = {'M', 'V', 'T', 'R'};
static const uint8_t block_magic[4] = {'M', 'V', 'T', 'B'};

struct head_fixed {
    uint8_t magic[4];
    uint32_t version;
    uint32_t json_bytes;
    uint32_t zero;
};
static_assert(sizeof(struct head_fixed) == TRACE_HEAD_FIXED_BYTES, "it is in the file");

static size_t padded(size_t bytes)
{
    return (bytes + TRACE_RECORD_BYTES - 1) / TRACE_RECORD_BYTES * TRACE_RECORD_BYTES;
}

size_t trace_head_encode(const char *json, size_t json_bytes, uint8_t *bytes)
{
    struct head_fixed fixed = {.version = TRACE_VERSION, .json_bytes = (uint32_t)json_bytes};
    size_t all;

    if (json_bytes >= TRACE_HEAD_MAX_BYTES - TRACE_HEAD_FIXED_BYTES)
        return 0;
    all = padded(TRACE_HEAD_FIXED_BYTES + json_bytes);
    memcpy(fixed.magic, head_magic, sizeof head_magic);
    memcpy(bytes, &fixed, sizeof fixed);
    memcpy(bytes + sizeof fixed, json, json_bytes);
    memset(bytes + sizeof fixed + json_bytes, ' ', all - sizeof fixed - json_bytes);
    return all;
}

size_t trace_block_encode(uint8_t *block, const struct trace_block_head *head)
{
    struct trace_block_head filled = *head;
    size_t bytes = (1 + (size_t)head->slots) * TRACE_RECORD_BYTES;

    memcpy(filled.magic, block_magic, sizeof block_magic);
    filled.checksum = 0;
    memcpy(block, &filled, sizeof filled);
    filled.checksum = checksum_of(block, bytes);
    memcpy(block, &filled, sizeof filled);
    return bytes;
}

static size_t read_some(struct trace_decoder *decoder, void *bytes, size_t size_bytes)
{
    size_t got = decoder->input.read(decoder->input.ctx, bytes, size_bytes);

    decoder->offset += got;
    return got;
}

/* What is behind the fixed part, up to the first block. */
static bool read_json(struct trace_decoder *decoder, const struct head_fixed *fixed)
{
    size_t bytes = padded(sizeof *fixed + fixed->json_bytes) - sizeof *fixed;

    if (bytes > sizeof decoder->json || read_some(decoder, decoder->json, bytes) != bytes)
        return false;
    decoder->json[fixed->json_bytes] = '\0';
    return true;
}

bool trace_decoder_open(struct trace_decoder *decoder, const struct trace_input *input,
                        struct text *error)
{
    struct head_fixed fixed = {.zero = 0};

    *decoder = (struct trace_decoder){.input = *input};
    if (read_some(decoder, &fixed, sizeof fixed) != sizeof fixed ||
        memcmp(fixed.magic, head_magic, sizeof head_magic) != 0)
        text_add(error, "is no trace of minivmm");
    else if (fixed.version != TRACE_VERSION)
        text_add(error, "is a trace of version %u; this minivmm reads version %u", fixed.version,
                 TRACE_VERSION);
    else if (fixed.json_bytes >= TRACE_HEAD_MAX_BYTES - sizeof fixed || !read_json(decoder, &fixed))
        text_add(error, "is a trace whose head is damaged or cut off");
    return error->length_bytes == 0;
}

static void note_damage(struct trace_decoder *decoder, uint64_t offset)
{
    if (decoder->damages++ == 0)
        decoder->first_damage_offset = offset;
}

static bool is_block_head(const struct trace_block_head *head)
{
    return memcmp(head->magic, block_magic, sizeof block_magic) == 0 &&
           head->slots <= TRACE_BLOCK_MAX_RECORDS &&
           (head->thread < TRACE_THREADS_MAX ||
            (head->thread == TRACE_THREAD_END && head->slots == 0));
}

static bool checksum_fits(struct trace_decoder *decoder)
{
    struct trace_block_head head = decoder->head;

    head.checksum = 0;
    memcpy(decoder->block, &head, sizeof head);
    return checksum_of(decoder->block, (1 + (size_t)head.slots) * TRACE_RECORD_BYTES) ==
           decoder->head.checksum;
}

/* The records of the head that was read. False: the block gives none. */
static bool read_records(struct trace_decoder *decoder, uint64_t offset)
{
    size_t wanted = (size_t)decoder->head.slots * TRACE_RECORD_BYTES;
    size_t got = read_some(decoder, decoder->block + TRACE_RECORD_BYTES, wanted);

    if (got < wanted) {
        decoder->is_cut = true;
        return false;
    }
    if (!checksum_fits(decoder)) {
        note_damage(decoder, offset);
        return false;
    }
    if (decoder->head.thread == TRACE_THREAD_END) {
        decoder->has_end = true;
        return false;
    }
    decoder->next = 0;
    decoder->end = decoder->head.slots;
    decoder->dropped = decoder->head.dropped;
    return true;
}

/* The next block; what is none is passed over, and counts as one damage. False: there is none. */
static bool read_block(struct trace_decoder *decoder)
{
    while (!decoder->has_end && !decoder->is_cut) {
        uint64_t offset = decoder->offset;
        size_t got = read_some(decoder, &decoder->head, sizeof decoder->head);

        if (got < sizeof decoder->head) {
            decoder->is_cut = got > 0;
            return false;
        }
        if (!is_block_head(&decoder->head)) {
            if (!decoder->is_searching)
                note_damage(decoder, offset);
            decoder->is_searching = true;
            continue;
        }
        decoder->is_searching = false;
        if (read_records(decoder, offset))
            return true;
    }
    return false;
}

static const uint8_t *slot(const struct trace_decoder *decoder, unsigned index)
{
    return decoder->block + (1 + (size_t)index) * TRACE_RECORD_BYTES;
}

static void take_text(struct trace_event *event, const uint8_t *bytes)
{
    for (unsigned i = 0; i < event->record.arg; i++)
        event->text[i] = bytes[i] >= ' ' && bytes[i] < 0x7f ? (char)bytes[i] : '?';
    event->text[event->record.arg] = '\0';
}

/* False: what is in the next slots is nothing that this version knows. */
static bool take_record(struct trace_decoder *decoder, struct trace_event *event)
{
    struct trace_record *record = &event->record;
    unsigned text_slots;

    memcpy(record, slot(decoder, decoder->next), sizeof *record);
    text_slots = trace_record_text_slots(record);
    if (text_slots > TRACE_TEXT_MAX_SLOTS || decoder->next + 1 + text_slots > decoder->end) {
        note_damage(decoder, decoder->offset);
        decoder->next = decoder->end;
        return false;
    }
    event->text[0] = '\0';
    if (record->kind >= TRACE_FIRST_TEXT)
        take_text(event, slot(decoder, decoder->next + 1));
    decoder->next += 1 + text_slots;
    event->thread = decoder->head.thread;
    return trace_kind_name(record->kind) != NULL;
}

static void take_gap(struct trace_decoder *decoder, struct trace_event *event)
{
    const struct trace_record *last = &decoder->last[decoder->head.thread];

    event->thread = decoder->head.thread;
    event->text[0] = '\0';
    event->record = (struct trace_record){.tsc = last->tsc != 0 ? last->tsc : decoder->head.tsc,
                                          .g_ns = last->g_ns,
                                          .value = decoder->dropped,
                                          .kind = TRACE_GAP,
                                          .vcpu = TRACE_NO_VCPU};
    decoder->dropped = 0;
}

bool trace_decoder_next(struct trace_decoder *decoder, struct trace_event *event)
{
    do {
        if (decoder->dropped > 0) {
            take_gap(decoder, event);
            return true;
        }
        while (decoder->next < decoder->end)
            if (take_record(decoder, event)) {
                decoder->last[event->thread] = event->record;
                return true;
            }
    } while (read_block(decoder));
    return false;
}

bool trace_decoder_is_whole(const struct trace_decoder *decoder, struct text *problem)
{
    if (decoder->damages > 0)
        text_add(problem, "%llu of its parts are damaged and left out, the first one at byte %llu",
                 (unsigned long long)decoder->damages,
                 (unsigned long long)decoder->first_damage_offset);
    if (decoder->is_cut)
        text_add(problem, "%sit is cut off at byte %llu", problem->length_bytes > 0 ? "; " : "",
                 (unsigned long long)decoder->offset);
    else if (!decoder->has_end)
        text_add(problem, "%sit has no end: its run was killed, or goes on",
                 problem->length_bytes > 0 ? "; " : "");
    return problem->length_bytes == 0;
}
