/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of a trace. Pure; a file may come from a stranger.
 *
 *   head
 *     "MVTR", version, length of the JSON, 0: each of 4 bytes, little endian. Then the JSON, and
 *     blanks up to a multiple of 32 bytes.
 *   blocks
 *     Each of one thread: 32 bytes of struct trace_block_head, then its records, in the order in
 *     which they were made. The blocks of several threads are about in order, not quite.
 *   end
 *     A block head with the thread TRACE_THREAD_END and no records. Without it the run was killed,
 *     or goes on.
 *
 * A reader takes what it can get. A damaged block is left out and the next one is looked for. So is
 * a block that the end of the file cuts off: its checksum, which says that it is one, is of all of
 * it. Kinds that it does not know are passed over: a record says in its kind whether a text
 * follows.
 */
#ifndef TIMELAB_TRACE_CODEC_H
#define TIMELAB_TRACE_CODEC_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "timelab/trace_record.h"

#define TRACE_VERSION           1
#define TRACE_HEAD_FIXED_BYTES  16
#define TRACE_HEAD_MAX_BYTES    65536
#define TRACE_BLOCK_MAX_RECORDS 4096
#define TRACE_BLOCK_MAX_BYTES   ((1 + TRACE_BLOCK_MAX_RECORDS) * TRACE_RECORD_BYTES)
#define TRACE_THREAD_END        0xffff
#define TRACE_THREADS_MAX       512
#define TRACE_ERROR_BYTES       256

/* As it stands in the file. */
struct trace_block_head {
    /* "MVTB" */
    uint8_t magic[4];
    uint16_t thread;
    /* Records and the space of their texts, 32 bytes each. */
    uint16_t slots;
    /* Records of this thread that were dropped since its last block. */
    uint64_t dropped;
    /* The host's TSC when it was written. */
    uint64_t tsc;
    /* Of the block, with 0 here: base/checksum.h. */
    uint64_t checksum;
};
static_assert(sizeof(struct trace_block_head) == TRACE_RECORD_BYTES, "as long as a record");

/*
 * The head of a file with this JSON. Returns its length; 0: the JSON does not fit into bytes, of
 * TRACE_HEAD_MAX_BYTES.
 */
size_t trace_head_encode(const char *json, size_t json_bytes, uint8_t *bytes);

/*
 * Finishes a block whose records, head->slots of them, stand at block + 32: puts the head before
 * them. magic and checksum are filled in. Returns the length of the block.
 */
size_t trace_block_encode(uint8_t *block, const struct trace_block_head *head);

/* Where a file comes from: fewer bytes than asked for only at its end. */
struct trace_input {
    size_t (*read)(void *ctx, void *bytes, size_t size_bytes);
    void *ctx;
};

/* Some 200 kB, of fixed size. The members are the decoder's, but the JSON, which has a NUL. */
struct trace_decoder {
    char json[TRACE_HEAD_MAX_BYTES];
    struct trace_input input;
    uint8_t block[TRACE_BLOCK_MAX_BYTES];
    /* Of the block: the slot that is next, and behind the last one. */
    unsigned next;
    unsigned end;
    struct trace_block_head head;
    /* Of the gap before the block. */
    uint64_t dropped;
    /* Of each thread: its last record. */
    struct trace_record last[TRACE_THREADS_MAX];
    /* In the file: of what is read next. */
    uint64_t offset;
    bool has_end;
    bool is_cut;
    bool is_searching;
    uint64_t damages;
    uint64_t first_damage_offset;
};

/* Reads the head. False: error says what is wrong with the file, and nothing of it can be read. */
bool trace_decoder_open(struct trace_decoder *decoder, const struct trace_input *input,
                        struct text *error);

/* The next event; false: there is none, for this time or for good. */
bool trace_decoder_next(struct trace_decoder *decoder, struct trace_event *event);

/* After the last event. False: the problem, an empty text with TRACE_ERROR_BYTES, says in one line
 * what is not whole. */
bool trace_decoder_is_whole(const struct trace_decoder *decoder, struct text *problem);

#endif
