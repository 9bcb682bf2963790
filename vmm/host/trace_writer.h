/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of a trace while it is made: rings that producers put records into, and a thread that
 * writes them as blocks (timelab/trace_codec.h).
 *
 * What cannot be written, as on a full disk, is dropped and counted in the next block of its ring:
 * one error line says so, and the guest goes on. The file never ends in a part of a block.
 */
#ifndef VMM_HOST_TRACE_WRITER_H
#define VMM_HOST_TRACE_WRITER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "timelab/trace_codec.h"
#include "vmm/host/trace_ring.h"

struct trace_writer {
    const char *path;
    int fd;
    bool is_regular;
    /* In a regular file: the end of what is whole, and how far it may grow. */
    uint64_t offset;
    uint64_t limit_bytes;
    struct trace_ring *rings;
    /* Of each ring: records that could not be written. */
    uint64_t *lost;
    unsigned ring_count;
    bool failed;
    /* With its head. */
    _Alignas(TRACE_RECORD_BYTES) uint8_t block[TRACE_BLOCK_MAX_BYTES];

    pthread_t thread;
    /* An eventfd: the thread is to write what there is, and end. */
    int stop_fd;
};

/*
 * Makes the file, writes its head, and starts the thread; the rings are empty. An old file of that
 * name is lost. A regular file grows to limit_bytes at most. 0, or -errno after an error line with
 * nothing left behind but the file.
 */
int trace_writer_open(struct trace_writer *writer, const char *path, uint64_t limit_bytes,
                      const char *json, unsigned ring_count);

/*
 * Once no producer puts anything any more: the rest is written, and the end. False: records are
 * missing from the file, which an error line has said.
 */
bool trace_writer_close(struct trace_writer *writer);

#endif
