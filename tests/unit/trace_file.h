/* SPDX-License-Identifier: BSD-2-Clause */
/* A trace in memory: a test writes it block by block, and reads it with the decoder. */
#ifndef TESTS_UNIT_TRACE_FILE_H
#define TESTS_UNIT_TRACE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "timelab/trace_codec.h"

struct trace_file {
    uint8_t bytes[4 * TRACE_BLOCK_MAX_BYTES];
    size_t size_bytes;
    /* Of the reader. */
    size_t at;
};

/* A file with this head and nothing behind it. */
void trace_file_begin(struct trace_file *file, const char *json);

/* A block of a thread. Returns where it stands in the file. */
size_t trace_file_add(struct trace_file *file, unsigned thread, const struct trace_record *records,
                      unsigned slots, uint64_t dropped);

void trace_file_end(struct trace_file *file);

/* From the beginning of the file. */
struct trace_input trace_file_input(struct trace_file *file);

#endif
