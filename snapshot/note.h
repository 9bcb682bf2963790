/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ELF notes, as they stand one behind the other in a segment PT_NOTE: source: System V ABI, chapter
 * 5, "Note Section", with the 4-byte alignment that Linux's cores have.
 *
 *   offset  size
 *        0     4  size of the name with its NUL
 *        4     4  size of the contents
 *        8     4  type; what it means is for the owner of the name to say
 *       12        name, then contents, each with zeros up to a multiple of 4
 *
 * The writer appends to a buffer of its caller's and never writes past its end. The reader takes
 * any bytes and never reads outside of them. Numbers are little endian, as the host is.
 *
 * Pure; each struct is for one thread.
 */
#ifndef SNAPSHOT_NOTE_H
#define SNAPSHOT_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct note_writer {
    uint8_t *bytes;
    size_t capacity_bytes;
    /*
     * Of all notes so far, also of those that did not fit: more than the capacity says that some
     * did not, and how large a buffer has to be.
     */
    size_t length_bytes;
};

/* Begins in an empty buffer; with a capacity of 0 bytes may be NULL, and notes are counted only. */
void note_writer_init(struct note_writer *writer, void *bytes, size_t capacity_bytes);

bool note_writer_is_full(const struct note_writer *writer);

/*
 * Appends a note with contents of size_bytes, which are zeros until the caller fills them in.
 * Returns where they are, a multiple of 4 from the beginning of the buffer; NULL if they do not
 * fit.
 */
uint8_t *note_add(struct note_writer *writer, const char *name, uint32_t type, uint32_t size_bytes);

/* Appends whole notes, as another writer made them. */
void note_add_notes(struct note_writer *writer, const void *notes, size_t size_bytes);

/* A note; the pointers are into the bytes of the reader, and aligned as those happen to be. */
struct note {
    uint32_t type;
    uint32_t name_bytes;
    uint32_t size_bytes;
    const uint8_t *name;
    const uint8_t *bytes;
};

struct note_reader {
    const uint8_t *bytes;
    size_t size_bytes;
    /* Of the next note. */
    size_t offset_bytes;
};

void note_reader_init(struct note_reader *reader, const void *bytes, size_t size_bytes);

/*
 * The next note. False at the end, and where the rest is no whole note; note_reader_is_at_end tells
 * them apart. The last note may lack the zeros behind its contents.
 */
bool note_next(struct note_reader *reader, struct note *note);

bool note_reader_is_at_end(const struct note_reader *reader);

bool note_has_name(const struct note *note, const char *name);

#endif
