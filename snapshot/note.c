/* SPDX-License-Identifier: BSD-2-Clause */
/* See note.h. */
#include "snapshot/note.h"

#include <string.h>

#define ALIGNMENT 4u

struct header {
    uint32_t name_bytes;
    uint32_t size_bytes;
    uint32_t type;
};

static uint64_t aligned(uint64_t size_bytes)
{
    return (size_bytes + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
}

void note_writer_init(struct note_writer *writer, void *bytes, size_t capacity_bytes)
{
    *writer = (struct note_writer){.bytes = bytes, .capacity_bytes = capacity_bytes};
}

bool note_writer_is_full(const struct note_writer *writer)
{
    return writer->length_bytes > writer->capacity_bytes;
}

uint8_t *note_add(struct note_writer *writer, const char *name, uint32_t type, uint32_t size_bytes)
{
    const struct header header = {(uint32_t)strlen(name) + 1, size_bytes, type};
    uint64_t name_bytes = aligned(header.name_bytes);
    uint64_t note_bytes = sizeof header + name_bytes + aligned(size_bytes);
    uint8_t *at;

    /* What is full stays full: a smaller note would be in the wrong place. */
    if (note_writer_is_full(writer) || note_bytes > writer->capacity_bytes - writer->length_bytes) {
        writer->length_bytes += note_bytes;
        return NULL;
    }
    at = writer->bytes + writer->length_bytes;
    memset(at, 0, note_bytes);
    memcpy(at, &header, sizeof header);
    memcpy(at + sizeof header, name, header.name_bytes);
    writer->length_bytes += note_bytes;
    return at + sizeof header + name_bytes;
}

void note_add_notes(struct note_writer *writer, const void *notes, size_t size_bytes)
{
    if (!note_writer_is_full(writer) &&
        size_bytes <= writer->capacity_bytes - writer->length_bytes && size_bytes > 0)
        memcpy(writer->bytes + writer->length_bytes, notes, size_bytes);
    writer->length_bytes += size_bytes;
}

void note_reader_init(struct note_reader *reader, const void *bytes, size_t size_bytes)
{
    *reader = (struct note_reader){.bytes = bytes, .size_bytes = size_bytes};
}

bool note_reader_is_at_end(const struct note_reader *reader)
{
    return reader->offset_bytes == reader->size_bytes;
}

bool note_next(struct note_reader *reader, struct note *note)
{
    uint64_t left_bytes = reader->size_bytes - reader->offset_bytes;
    uint64_t contents_offset, end_offset;
    struct header header;
    const uint8_t *at;

    if (left_bytes < sizeof header)
        return false;
    at = reader->bytes + reader->offset_bytes;
    memcpy(&header, at, sizeof header);
    contents_offset = sizeof header + aligned(header.name_bytes);
    if (contents_offset + header.size_bytes > left_bytes)
        return false;
    *note = (struct note){
        .type = header.type,
        .name_bytes = header.name_bytes,
        .size_bytes = header.size_bytes,
        .name = at + sizeof header,
        .bytes = at + contents_offset,
    };
    end_offset = contents_offset + aligned(header.size_bytes);
    reader->offset_bytes += end_offset < left_bytes ? end_offset : left_bytes;
    return true;
}

bool note_has_name(const struct note *note, const char *name)
{
    return note->name_bytes == strlen(name) + 1 && memcmp(note->name, name, note->name_bytes) == 0;
}
