/* SPDX-License-Identifier: BSD-2-Clause */
/* See trace_file.h. */
#include "tests/unit/trace_file.h"

#include <string.h>

void trace_file_begin(struct trace_file *file, const char *json)
{
    file->size_bytes = trace_head_encode(json, strlen(json), file->bytes);
}

size_t trace_file_add(struct trace_file *file, unsigned thread, const struct trace_record *records,
                      unsigned slots, uint64_t dropped)
{
    const struct trace_block_head head = {
        .thread = (uint16_t)thread, .slots = (uint16_t)slots, .dropped = dropped, .tsc = 1};
    size_t at = file->size_bytes;

    if (slots > 0)
        memcpy(file->bytes + at + TRACE_RECORD_BYTES, records, slots * sizeof *records);
    file->size_bytes += trace_block_encode(file->bytes + at, &head);
    return at;
}

void trace_file_end(struct trace_file *file)
{
    trace_file_add(file, TRACE_THREAD_END, NULL, 0, 0);
}

static size_t read_file(void *ctx, void *bytes, size_t size_bytes)
{
    struct trace_file *file = ctx;
    size_t left = file->size_bytes - file->at;

    if (size_bytes > left)
        size_bytes = left;
    memcpy(bytes, file->bytes + file->at, size_bytes);
    file->at += size_bytes;
    return size_bytes;
}

struct trace_input trace_file_input(struct trace_file *file)
{
    file->at = 0;
    return (struct trace_input){read_file, file};
}
