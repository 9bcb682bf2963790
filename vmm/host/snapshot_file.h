/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A snapshot's file (snapshot/elf_core.h), to be read: opened, its head verified, and its memory at
 * a place where a machine can map it. snapshot_save.h writes one.
 *
 * The head is read into memory of our own, so what was verified stays what it is. The memory is
 * mapped by whoever makes a machine of it: MAP_PRIVATE of `fd` at the file_offset of each region.
 * Such a mapping shows what somebody writes to the file, and ends the process with SIGBUS where the
 * file has become shorter. minivmm itself never writes to a file that has a name. Others are asked
 * not to by a read lock on the whole file, an open file description lock (fcntl), as long as the
 * snapshot is open; a lease would only keep them waiting for a while.
 *
 * A snapshot may come out of a pipe, such as a shell's <(zstd -dc FILE), if it is no larger than
 * SNAPSHOT_FILE_PIPE_MAX_BYTES.
 *
 * A struct is for one thread.
 */
#ifndef VMM_HOST_SNAPSHOT_FILE_H
#define VMM_HOST_SNAPSHOT_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "snapshot/elf_core.h"

#define SNAPSHOT_FILE_PIPE_MAX_BYTES (UINT64_C(4) << 30)

struct snapshot_file {
    /* The caller's; for messages. */
    const char *path;
    /* Read only, closed at exec. -1: it is not open. */
    int fd;
    struct elf_core core;
    /* elf_core.notes_offset + notes_bytes. */
    uint8_t *head;
    size_t head_bytes;
};

/*
 * Opens and decodes it. Returns 0, or a negative errno after an error line, -EINVAL if the file is
 * no snapshot, damaged, or of a version that cannot be read. Memory is not read.
 */
int snapshot_file_open(struct snapshot_file *file, const char *path);

/* Harmless if it is not open. */
void snapshot_file_close(struct snapshot_file *file);

/* Its notes, for record_find and the like. */
const void *snapshot_file_notes(const struct snapshot_file *file);

/*
 * Reads a chunk of a region, its last one perhaps shorter than ELF_CORE_CHUNK_BYTES, into a buffer
 * of that size. Returns how many bytes it has, 0 behind the last one; or a negative errno after an
 * error line. Holes are not read: *is_hole says that all of it is zeros, and they are not written.
 */
int64_t snapshot_file_read_chunk(const struct snapshot_file *file, unsigned region,
                                 uint64_t chunk_in_region, uint8_t *buffer, bool *is_hole);

/*
 * Compares all memory with the table of checksums. Returns 0; or a negative errno after an error
 * line, -EINVAL if a checksum is wrong, which names where.
 */
int snapshot_file_verify(const struct snapshot_file *file);

#endif
