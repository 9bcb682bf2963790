/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of a trace, read with what is in it: its head and its events. It may be a stranger's.
 * What is wrong is said in one line each.
 */
#ifndef VMM_CMD_TRACE_SOURCE_H
#define VMM_CMD_TRACE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "timelab/trace_codec.h"
#include "timelab/trace_head.h"

#define TRACE_SOURCE_BUFFER_BYTES 262144

struct trace_source {
    const char *path;
    int fd;
    /* Of what is in the file: the end of what was read into the buffer. */
    uint64_t offset;
    uint8_t buffer[TRACE_SOURCE_BUFFER_BYTES];
    size_t next;
    size_t end;
    /* -errno; said once. */
    int error;
    /* For the reader: the events that are still to come, and what holds for all. */
    struct trace_decoder decoder;
    struct trace_head head;
};

/* The path stays the caller's. False after an error line. */
bool trace_source_open(struct trace_source *source, const char *path);
void trace_source_close(struct trace_source *source);

/* Reads the head, and is at the first event then; so often as one likes. False after an error
 * line. */
bool trace_source_begin(struct trace_source *source);

/* After the last event. EXIT_STATUS_OK; or EXIT_STATUS_HOST_ERROR after a line that says what is
 * missing of the file. */
int trace_source_status(struct trace_source *source);

#endif
